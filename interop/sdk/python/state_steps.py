"""What an application does with a state store."""

import json
import time
from typing import Any, Optional

from dapr.clients import DaprClient
from dapr.clients.grpc._request import TransactionalStateOperation, TransactionOperationType
from dapr.clients.grpc._state import Concurrency, StateItem, StateOptions

from environment import RUN_ID, STATE_STORE
from lines import refused_step, step
from parse import parsed

_FIRST_WRITE = StateOptions(concurrency=Concurrency.first_write)


def state_steps(client: DaprClient) -> None:
    def key_of(name: str) -> str:
        return f"{RUN_ID}-{name}"

    def save(name: str, value: Any, etag: Optional[str] = None, metadata: dict[str, str] = {}) -> None:
        text = value if isinstance(value, str) else json.dumps(value)
        options = _FIRST_WRITE if etag else None
        client.save_state(STATE_STORE, key_of(name), text, etag=etag, options=options, state_metadata=metadata)

    def get(name: str) -> Any:
        return parsed(client.get_state(STATE_STORE, key_of(name)).data)

    def etag_of(name: str) -> str:
        return client.get_state(STATE_STORE, key_of(name)).etag

    def save_and_get(name: str, value: Any, etag: str) -> Any:
        save(name, value, etag)
        return get(name)

    old_etag = ""

    def save_three() -> bool:
        save("text", "Żółć 🎩")
        save("object", {"items": [1, "two", None], "nested": {"ok": True}})
        save("number", 42)
        return True

    def get_three() -> Any:
        nonlocal old_etag
        old_etag = etag_of("object")
        return {"text": get("text"), "object": get("object"), "number": get("number"), "etag": old_etag != ""}

    step("state.save", save_three)
    step("state.get", get_three)
    step("state.get.missing", lambda: get("never"))
    step("state.etag.match", lambda: save_and_get("object", {"version": 2}, old_etag))
    refused_step("state.etag.conflict", lambda: save("object", {"version": 3}, old_etag), lambda: get("object"))

    def save_bulk() -> bool:
        items = [StateItem(key=key_of(f"bulk-{n}"), value=json.dumps({"n": n})) for n in (1, 2, 3)]
        client.save_bulk_state(STATE_STORE, items)
        return True

    def get_bulk() -> Any:
        keys = [key_of(name) for name in ("bulk-1", "bulk-2", "bulk-3", "bulk-missing")]
        items = sorted(client.get_bulk_state(STATE_STORE, keys).items, key=lambda item: item.key)
        return [
            {"key": item.key[len(RUN_ID) + 1 :], "value": parsed(item.data), "etag": item.etag != ""} for item in items
        ]

    def transaction() -> Any:
        operations = [
            *(TransactionalStateOperation(key=key_of(f"tx-{n}"), data=json.dumps({"n": n})) for n in (1, 2)),
            TransactionalStateOperation(operation_type=TransactionOperationType.delete, key=key_of("bulk-3")),
        ]
        client.execute_state_transaction(STATE_STORE, operations)
        return {name: get(name) for name in ("tx-1", "tx-2", "bulk-3")}

    def delete() -> Any:
        client.delete_state(STATE_STORE, key_of("tx-1"))
        return get("tx-1")

    step("state.save.bulk", save_bulk)
    step("state.get.bulk", get_bulk)
    step("state.transaction", transaction)
    step("state.delete", delete)
    refused_step(
        "state.delete.etag.conflict",
        lambda: client.delete_state(STATE_STORE, key_of("object"), etag=old_etag),
        lambda: get("object"),
    )

    def expire() -> Any:
        save("short", {"n": 1}, metadata={"ttlInSeconds": "2"})
        before = after = get("short")
        end = time.monotonic() + 10
        while after != "" and time.monotonic() < end:
            time.sleep(0.1)
            after = get("short")
        return {"before": before, "after": after}

    step("state.ttl", expire)
