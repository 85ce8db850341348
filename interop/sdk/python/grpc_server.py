"""The app over gRPC: the SDK's extension."""

import threading

from cloudevents.sdk.event import v1
from dapr.clients.grpc._response import TopicEventResponse
from dapr.ext.grpc import App, BindingRequest

import environment
from inbox import Inbox
from parse import parsed


def serve(events: Inbox, binding_events: Inbox, ticks: Inbox) -> None:
    """Serves in the background until the process ends."""
    app = App()

    # The SDK shows the topic as the event's subject, and no pub/sub.
    @app.subscribe(pubsub_name=environment.PUBSUB, topic=environment.TOPIC)
    def orders(event: v1.Event) -> TopicEventResponse:
        events.add(
            {
                "id": bool(event.EventID()),
                "type": event.EventType(),
                "source": event.Source(),
                "topic": event.Subject(),
                "datacontenttype": event.ContentType(),
                "data": parsed(event.Data()),
            }
        )
        return TopicEventResponse("success")

    @app.binding(environment.BINDING)
    def binding(request: BindingRequest) -> None:
        binding_events.add({"data": parsed(request.data)})

    @app.binding(environment.CRON)
    def cron(_request: BindingRequest) -> None:
        ticks.add({})

    threading.Thread(target=app.run, args=(environment.APP_PORT, "127.0.0.1"), daemon=True).start()
