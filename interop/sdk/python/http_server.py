"""The app over HTTP: FastAPI with the SDK's extension."""

import threading

import uvicorn
from dapr.ext.fastapi import DaprApp
from fastapi import Body, FastAPI, Request

import environment
from inbox import Inbox
from parse import parsed

_SHOWN = ("type", "source", "topic", "pubsubname", "datacontenttype", "data")


def serve(events: Inbox, binding_events: Inbox, ticks: Inbox) -> None:
    """Serves in the background until the process ends."""
    app = FastAPI()
    dapr_app = DaprApp(app)

    @dapr_app.subscribe(pubsub=environment.PUBSUB, topic=environment.TOPIC, route="/orders")
    def orders(event: dict = Body()) -> dict:
        events.add({"id": bool(event.get("id")), **{name: event[name] for name in _SHOWN if name in event}})
        return {"status": "SUCCESS"}

    @app.post(f"/{environment.BINDING}")
    async def binding(request: Request) -> dict:
        binding_events.add({"data": parsed(await request.body())})
        return {}

    @app.post(f"/{environment.CRON}")
    def cron() -> dict:
        ticks.add({})
        return {}

    config = uvicorn.Config(app, host="127.0.0.1", port=environment.APP_PORT, log_level="warning", access_log=False)
    threading.Thread(target=uvicorn.Server(config).run, daemon=True).start()
