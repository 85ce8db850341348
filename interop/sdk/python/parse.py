import json
from typing import Any


def parsed(data: bytes) -> Any:
    """JSON where it is that, else the text."""
    text = data.decode("utf-8")
    try:
        return json.loads(text)
    except ValueError:
        return text
