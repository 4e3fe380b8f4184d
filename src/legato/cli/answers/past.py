"""Questions about the past: how a moment is named, and what is shown while it is looked for."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager

from rich.console import Console

AT = "As of then: 2026-01-31T12:00Z, or how long ago: 30d."


@contextmanager
def waiting() -> Generator[None]:
    """Say, where somebody watches, that somebody's records are being lived through again."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield
        return
    with console.status("Living through their records again, up to 20,000 of them ..."):
        yield
