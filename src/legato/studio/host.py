"""What every route is handed: the running app, the caller, and bounds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, TypeAlias, cast

from litestar import Request
from litestar.connection import ASGIConnection
from litestar.di import NamedDependency
from litestar.params import QueryParameter, SkipValidation

from legato.app import App
from legato.studio.tokens import Token

PAGE_MAX = 1_000
"""Rows a call: larger answers are read page by page, by `after`."""

Host: TypeAlias = NamedDependency[SkipValidation[App]]
Who: TypeAlias = NamedDependency[SkipValidation[Token]]
Limit: TypeAlias = Annotated[int, QueryParameter(ge=1, le=PAGE_MAX)]


def actor_of(caller: Token) -> str:
    """Name a caller as the audit does."""
    return f"token:{caller.name}"


def route_of(connection: ASGIConnection[Any, Any, Any, Any]) -> str:
    """Name the route of a call without what stands in it, which may be somebody's address."""
    scope = cast("Mapping[str, Any]", connection.scope)
    return f"{scope['method']} {scope['path_template']}"


def caller_of(request: Request[Any, Token, Any]) -> Token:
    """Return the token of a guarded call."""
    return request.auth
