"""What every route is handed: the running app, the caller, and bounds."""

from __future__ import annotations

from typing import Annotated, Any, TypeAlias

from litestar import Request
from litestar.params import Dependency, Parameter

from legato.app import App
from legato.studio.tokens import Token

PAGE_MAX = 1_000
"""Rows a call: larger answers are read page by page, by `after`."""

Host: TypeAlias = Annotated[App, Dependency(skip_validation=True)]
Who: TypeAlias = Annotated[Token, Dependency(skip_validation=True)]
Limit: TypeAlias = Annotated[int, Parameter(ge=1, le=PAGE_MAX)]


def caller_of(request: Request[Any, Token, Any]) -> Token:
    """Return the token of a guarded call."""
    return request.auth
