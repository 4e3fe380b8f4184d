"""One function of the registry."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec


class Function(msgspec.Struct, frozen=True):
    """Pure and total but for values of another type: TypeError or ValueError, never with a value.

    It is not called for a null unless it `takes_null`: nothing in, nothing out.
    """

    call: Callable[..., Any]
    least: int = 1
    most: int = 1
    takes_null: bool = False
    about: int = 0
    """Which value it is about: null for it, null for all."""
    pattern_at: int | None = None
    """Which value is a pattern, which is compiled when the manifest is loaded."""
    kind_at: int | None = None
    """Which value says what kind of personal data is digested."""
