"""What came in, in the order of its coming."""

import threading
from typing import Any, Callable, Optional

_LIMIT_SECONDS = 10


class Inbox:
    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._entries: list[dict[str, Any]] = []

    def add(self, entry: dict[str, Any]) -> None:
        with self._changed:
            self._entries.append(entry)
            self._changed.notify_all()

    def first(self) -> dict[str, Any]:
        """Waits until there is anything."""
        return self._wait("anything", lambda: next(iter(self._entries), None))

    def event(self, data: Any) -> dict[str, Any]:
        """Waits for the entry with this data, and tells how many there are."""
        entry = self._wait(str(data), lambda: next((each for each in self._entries if each["data"] == data), None))
        return {"count": self.count(data), **entry}

    def count(self, data: Any) -> int:
        with self._changed:
            return sum(each["data"] == data for each in self._entries)

    def _wait(self, what: str, look: Callable[[], Optional[dict[str, Any]]]) -> dict[str, Any]:
        with self._changed:
            found = self._changed.wait_for(look, _LIMIT_SECONDS)
            if found is None:
                raise TimeoutError(f"{what} did not come in; there are {self._entries}")
            return found
