"""What is printed of our own failures: of what kind, and where. Never what an exception says.

Its message may quote what it stumbled over, a trait or a payload, and whoever collects what is
printed may not have that. So both processes print places and no messages: from logs, from what ends
a process or a thread, and from what a loop could tell nobody else.
"""

from __future__ import annotations

import asyncio
import logging
import sys
import threading
import traceback
from types import TracebackType
from typing import Any, TypeAlias

_Fault: TypeAlias = tuple[type[BaseException], BaseException, TracebackType | None]
_LOGGER = logging.getLogger(__name__)


def print_places_only() -> None:
    """Let this process print of failures what anybody may read."""
    handler = logging.StreamHandler()
    handler.setFormatter(_Places("%(levelname)s %(name)s: %(message)s"))
    logging.getLogger().addHandler(handler)
    sys.excepthook = lambda _kind, fault, _trace: _print(fault)
    sys.unraisablehook = lambda args: _print(args.exc_value)
    threading.excepthook = lambda args: _print(args.exc_value)


def on_loop_fault(_loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Log what went wrong in a loop; its own handler would print tasks with what they raised."""
    fault: BaseException | None = context.get("exception")
    _LOGGER.error("%s", context["message"], exc_info=fault)


def places_of(fault: BaseException | None) -> str:
    """Return where a failure came from, as Python tells it, without any message."""
    lines: list[str] = []
    while fault is not None:
        lines += [
            f'  File "{frame.filename}", line {frame.lineno}, in {frame.name}'
            for frame in traceback.extract_tb(fault.__traceback__)
        ]
        lines.append(type(fault).__qualname__)
        is_hidden = fault.__suppress_context__
        fault = fault.__cause__ or (None if is_hidden else fault.__context__)
        if fault is not None:
            lines.append("because of")
    return "\n".join(lines)


class _Places(logging.Formatter):
    def formatException(self, ei: _Fault | tuple[None, None, None]) -> str:  # noqa: N802 - as it is called
        return places_of(ei[1])


def _print(fault: BaseException | None) -> None:
    sys.stderr.write(f"{places_of(fault)}\n")
