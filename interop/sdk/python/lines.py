"""The lines that the judge reads. They have standard output for themselves: the SDK prints, too."""

import json
import sys
from typing import Any, Callable, Optional

import grpc

_lines = sys.stdout
sys.stdout = sys.stderr


def step(name: str, run: Callable[[], Any]) -> None:
    """Takes a step and prints its line."""
    try:
        line = {"step": name, "result": run()}
    except Exception as error:
        line = {"step": name, "error": _shown(error)}
    write(line)


def refused_step(name: str, run: Callable[[], Any], after: Optional[Callable[[], Any]] = None) -> None:
    """A step that has to fail. `after` reads what there is then."""
    try:
        run()
        line: dict[str, Any] = {"step": name, "result": "not refused"}
    except Exception as error:
        line = {"step": name, "error": _shown(error)}
    if after is not None:
        line["after"] = after()
    write(line)


def write(line: dict[str, Any]) -> None:
    print(json.dumps(line, ensure_ascii=False), file=_lines, flush=True)


def _shown(error: Exception) -> dict[str, str]:
    # The SDK wraps some errors of gRPC in one of its own, which has the same two methods.
    if isinstance(error, grpc.RpcError):
        return {"code": error.code().name, "message": error.details()}
    return {"code": "", "message": f"{type(error).__name__}: {error}"}
