"""Every 'no' of the API: a status, a stable code, what happened and what to do next."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from litestar import Request, Response
from litestar.exceptions import HTTPException
from litestar.types import ExceptionHandlersMap

from legato.govern.access.denial import Denial, Kind
from legato.model.instant import SECOND
from legato.model.noun import Noun
from legato.model.problem import LegatoError
from legato.ports.intake import Busy

_OF_STATUS = {
    400: ("request.shape", "A parameter or the body has another shape than this route takes."),
    404: ("route.unknown", "There is no such route."),
    405: ("route.method", "This route does not take this method."),
    413: ("request.too_large", "The body is larger than this route takes."),
}
_STATUS_OF: Mapping[Kind, int] = {
    "shape": 400,
    "unknown": 401,
    "forbidden": 403,
    "missing": 404,
    "taken": 409,
    "wait": 429,
}


class Refusal(Noun, frozen=True, kw_only=True):
    """The body of every answer that is no success."""

    code: str
    message: str
    fix: str


class Refused(Exception):  # noqa: N818 - an answer, not a fault
    """Raised by a route to answer with a Refusal."""

    def __init__(
        self, *, status: int, code: str, message: str, fix: str, headers: Mapping[str, str] = {}
    ) -> None:
        super().__init__(message)
        self.status = status
        self.refusal = Refusal(code=code, message=message, fix=fix)
        self.headers = dict(headers)


def not_found(code: str, message: str, *, fix: str) -> Refused:
    """Return the refusal of something that is not there."""
    return Refused(status=404, code=code, message=message, fix=fix)


def refusal_of(denial: Denial) -> Refused:
    """Return how a denial is answered."""
    seconds = -(-denial.wait // SECOND)
    return Refused(
        status=_STATUS_OF[denial.kind],
        code=denial.code,
        message=denial.what,
        fix=denial.fix,
        headers={"retry-after": str(seconds)} if seconds else {},
    )


def refused(_: Request[Any, Any, Any], error: Refused) -> Response[Refusal]:
    """Answer a program."""
    headers = dict(error.headers)
    if error.status == 401:  # noqa: PLR2004 - the status that RFC 9110 asks a challenge for
        headers["www-authenticate"] = "Bearer"
    return Response(error.refusal, status_code=error.status, headers=headers)


def _denied(request: Request[Any, Any, Any], error: Denial) -> Response[Refusal]:
    return refused(request, refusal_of(error))


def _busy(_: Request[Any, Any, Any], error: Busy) -> Response[Refusal]:
    seconds = max(1, -(-error.retry_after // SECOND))
    refusal = Refusal(code="host.busy", message=error.what, fix=f"Try again in {seconds} s.")
    return Response(refusal, status_code=503, headers={"retry-after": str(seconds)})


def failed(_: Request[Any, Any, Any], error: LegatoError) -> Response[Refusal]:
    """Answer a program when the world has failed."""
    refusal = Refusal(code="host.failed", message=error.what, fix=error.fix)
    return Response(refusal, status_code=503 if error.can_retry else 500)


def _http(_: Request[Any, Any, Any], error: HTTPException) -> Response[Refusal]:
    # The framework's own words may repeat what was sent, which may be personal: never pass them on.
    code, message = _OF_STATUS.get(error.status_code, ("request.refused", "The call was refused."))
    refusal = Refusal(code=code, message=message, fix="See /api/openapi.json for what is there.")
    return Response(refusal, status_code=error.status_code)


def _fault(_: Request[Any, Any, Any], error: Exception) -> Response[Refusal]:
    # The type alone: an exception's text may hold what it stumbled over.
    refusal = Refusal(
        code="host.fault",
        message=f"A fault of ours ({type(error).__name__}); nothing was changed by this call.",
        fix="Look at `legato status`, and report it with what you called.",
    )
    return Response(refusal, status_code=500)


HANDLERS: ExceptionHandlersMap = {  # pyright: ignore[reportUnknownVariableType] - the framework leaves its type open
    Refused: refused,
    Denial: _denied,
    Busy: _busy,
    LegatoError: failed,
    HTTPException: _http,
    Exception: _fault,
}
