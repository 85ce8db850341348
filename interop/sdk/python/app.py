from lines import step, write  # First: takes standard output away from everything else.

from dapr.clients import DaprClient

import environment
from inbox import Inbox
from message_steps import message_steps, stream_step
from secret_steps import secret_steps
from state_steps import state_steps

if environment.APP_PROTOCOL == "http":
    from http_server import serve
else:
    from grpc_server import serve

events, binding_events, ticks = Inbox(), Inbox(), Inbox()
serve(events, binding_events, ticks)

# Waits for the daemon.
with DaprClient() as client:

    def set_metadata() -> str:
        client.set_metadata("flavour", "sweet & sour")
        return client.get_metadata().extended_metadata["flavour"]

    def get_metadata() -> dict:
        metadata = client.get_metadata()
        components = sorted(component.name for component in metadata.registered_components)
        return {"id": metadata.application_id, "components": components}

    step("health", lambda: True)
    step("metadata.get", get_metadata)
    step("metadata.set", set_metadata)
    state_steps(client)
    message_steps(client, events, binding_events, ticks)
    secret_steps(client)
    stream_step(client)
    write({"step": "done"})
