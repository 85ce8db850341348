"""What an application does with a broker and with bindings."""

import json
from typing import Any

from dapr.clients import DaprClient

from environment import BINDING, PUBSUB, STREAM_TOPIC, TOPIC
from inbox import Inbox
from lines import refused_step, step

_JSON = {"orderId": "json", "amount": 42}
_TEXT = "plain Żółć"
_METADATA = {"orderId": "metadata"}
_BULK = [{"orderId": f"bulk-{n}"} for n in (1, 2, 3)]


def message_steps(client: DaprClient, events: Inbox, binding_events: Inbox, ticks: Inbox) -> None:
    def publish(data: Any, pubsub: str = PUBSUB, topic: str = TOPIC, metadata: dict[str, str] = {}) -> bool:
        content_type = "text/plain" if isinstance(data, str) else "application/json"
        text = data if isinstance(data, str) else json.dumps(data)
        client.publish_event(pubsub, topic, text, publish_metadata=metadata, data_content_type=content_type)
        return True

    def publish_bulk() -> int:
        texts = [json.dumps(data) for data in _BULK]
        return len(client.publish_events(PUBSUB, TOPIC, texts, data_content_type="application/json").failed_entries)

    def first_of_all() -> Any:
        for data in [_TEXT, _METADATA, *_BULK]:
            events.event(data)
        return events.event(_JSON)

    step("publish", lambda: publish(_JSON))
    step("publish.text", lambda: publish(_TEXT))
    changed = {"cloudevent.type": "order.made", "cloudevent.source": "judge"}
    step("publish.metadata", lambda: publish(_METADATA, metadata=changed))
    step("publish.bulk", publish_bulk)
    step("subscribe", first_of_all)
    step("subscribe.text", lambda: events.event(_TEXT))
    step("subscribe.metadata", lambda: events.event(_METADATA))
    step("subscribe.bulk", lambda: [data for data in _BULK if events.count(data) == 1])
    refused_step("publish.unknown", lambda: publish(_JSON, pubsub="nowhere"))

    def invoke(binding: str) -> bool:
        client.invoke_binding(binding, "create", json.dumps({"orderId": "binding"}))
        return True

    step("binding.invoke", lambda: invoke(BINDING))
    step("binding.receive", lambda: binding_events.first()["data"])
    step("binding.cron", lambda: ticks.first() == {})
    refused_step("binding.unknown", lambda: invoke("nowhere"))


def stream_step(client: DaprClient) -> None:
    def stream() -> Any:
        streamed = Inbox()

        # Not `subscribe_with_handler`: its thread opens the stream anew, and the program never ends, when the stream ends by itself in the
        # moment between the two steps of closing it.
        subscription = client.subscribe(PUBSUB, STREAM_TOPIC)
        try:
            order = {"orderId": "stream"}
            client.publish_event(PUBSUB, STREAM_TOPIC, json.dumps(order), data_content_type="application/json")
            message = next(subscription)
            streamed.add(
                {
                    "id": bool(message.id()),
                    "type": message.type(),
                    "source": message.source(),
                    "topic": message.topic(),
                    "pubsubname": message.pubsub_name(),
                    "datacontenttype": message.data_content_type(),
                    "data": message.data(),
                }
            )
            subscription.respond_success(message)
            return streamed.event(order)
        finally:
            subscription.close()

    step("subscribe.stream", stream)
