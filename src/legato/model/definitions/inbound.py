"""A source of which the provider posts by itself, as its connector's manifest says."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from legato.model.instant import Duration
from legato.model.noun import Noun


class Inbound(Noun, frozen=True, kw_only=True):
    """How calls are proven and read. The manifest is all there is: no code knows the provider."""

    manifest: Mapping[str, Any]
    settings: Mapping[str, Any] = {}
    """Secrets stand here by name: `{secret: NAME}`, or a list of two while one is changed."""
    url: str = ""
    """The URL that is signed, where a proxy shows us another one."""
    address: str = ""
    """The property that holds the address which events are about."""
    channel: str = ""
    """What that address is an address of."""
    purposes: tuple[str, ...] = ()
    """What a withdrawal closes; empty: every promotional purpose."""
    every: Duration = 0
    """How often it is polled; 0: as the manifest says."""
    first: Duration = 0
    """How far back the first time goes; 0: likewise."""
    allow_private: bool = False
    """Private and loopback addresses may be asked."""
