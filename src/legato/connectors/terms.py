"""What a destination adds to a request: its settings and secrets, its mapping, its token."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from legato.connectors.language.value import Read
from legato.model.instant import Duration
from legato.model.noun import Noun


class Terms(Noun, frozen=True, kw_only=True):
    """What a destination adds to a request."""

    settings: Mapping[str, Any]
    """Resolved by settings.resolve: secrets stand here by value. Never stored."""
    timeout: Duration
    allow_private: bool = False
    token: Mapping[str, Any] = {}
    """The answer of the last token request, for OAuth 2: `access_token` and what came with it."""
    inputs: Mapping[str, Read] = {}
    """The customer's own mapping: input -> where it comes from."""

    def __repr__(self) -> str:
        return f"Terms(settings={sorted(self.settings)})"
