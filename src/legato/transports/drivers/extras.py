"""Which transports need a library that is not installed."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.util import find_spec

from legato.connectors.spec import TransportKind

_LIBRARIES: Mapping[TransportKind, str] = {
    "kafka": "aiokafka",
    "postgresql": "asyncpg",
    "redis": "redis",
}
"""Transport, which is the extra's name too -> what it imports."""


def absent() -> Mapping[str, str]:
    """Return the transports that this installation lacks, with the command that adds each."""
    return {
        kind: f"pip install 'legato[{kind}]'"
        for kind, library in _LIBRARIES.items()
        if find_spec(library) is None
    }
