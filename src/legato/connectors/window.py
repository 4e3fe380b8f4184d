"""What answers say is left of a provider's rate: requests are spread so that it lasts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from legato.connectors.classify import parse_after
from legato.connectors.form import only
from legato.connectors.language.compiler import Compiler
from legato.connectors.language.value import MISSING, ExpressionError, Value, as_text
from legato.connectors.spec import Window
from legato.model.instant import Duration, Instant
from legato.model.wire import Response

WINDOW_KEYS = ("left", "reset")


def compile_window(inside: Compiler, given: Mapping[str, Any]) -> Window | None:
    """Compile `left` and `reset` of `limits:`; None: the provider does not say."""
    path = ("limits", "window")
    only(inside, given, WINDOW_KEYS, path)
    if not given:
        return None
    for key in WINDOW_KEYS:
        if key not in given:
            inside.add(path, f"`{key}` is missing", "Give what is `left`, and its `reset`.")
            return None
    left, reset = (inside.expression(given[key], (*path, key)) for key in WINDOW_KEYS)
    return Window(left=left, reset=reset)


def spacing(window: Window, response: Response, now: Instant) -> Duration:
    """Return how far apart requests may leave, so that what is left lasts until it is reset."""
    scope = {"status": response.status, "header": response.headers}
    try:
        left, reset = window.left.read(scope), window.reset.read(scope)
    except ExpressionError:
        return 0
    count = _whole(left)
    wait = None if reset is MISSING else parse_after(as_text(reset), now)
    return 0 if count is None or wait is None else wait // (count + 1)


def _whole(value: Value) -> int | None:
    try:
        return None if value is MISSING else max(0, int(float(as_text(value))))
    except (ValueError, OverflowError):
        return None
