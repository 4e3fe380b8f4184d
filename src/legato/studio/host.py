"""What every route is handed: the running app, the caller, and bounds."""

from __future__ import annotations

from typing import Annotated, Any, TypeAlias

from litestar import Request
from litestar.di import NamedDependency
from litestar.params import QueryParameter, SkipValidation

from legato.app import App
from legato.studio.tokens import Token

PAGE_MAX = 1_000
"""Rows a call: larger answers are read page by page, by `after`."""

Host: TypeAlias = NamedDependency[SkipValidation[App]]
Who: TypeAlias = NamedDependency[SkipValidation[Token]]
Limit: TypeAlias = Annotated[int, QueryParameter(ge=1, le=PAGE_MAX)]


def caller_of(request: Request[Any, Token, Any]) -> Token:
    """Return the token of a guarded call."""
    return request.auth
