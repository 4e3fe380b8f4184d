"""How these pages speak HTTP: whole pages, forms that prove where they come from, refusals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

from litestar import MediaType, Request, Response, Router
from litestar.datastructures import Cookie
from litestar.handlers import HTTPRouteHandler
from litestar.types import ExceptionHandlersMap

from legato.govern.access.denial import Denial
from legato.govern.access.sessions import is_csrf
from legato.markup.html import Html, document, element, text
from legato.markup.style import source_of, style
from legato.model.problem import LegatoError
from legato.studio.access import CSRF_HEADER, session_cookie
from legato.studio.entry import screens
from legato.studio.entry.screens import Screen
from legato.studio.host import method_of
from legato.studio.refusal import Refused, failed, refusal_of, refused
from legato.studio.site import SAFE_METHODS, Connection, Site

FORM_BYTES_MAX = 16 * 1024
CSRF_FIELD = "csrf"

_SHEET = (
    style("", "", "")
    + """
.field{display:block;margin:0 0 1.25rem}
.field span{display:block;margin:0 0 .3rem}
.field input{font:inherit;width:100%;min-height:3rem;padding:.6rem .8rem;border-radius:.3rem;
border:1px solid var(--quiet);background:var(--paper);color:var(--ink)}
.hint{margin-top:-.75rem;font-size:.9rem}
.away{position:absolute;width:1px;height:1px;padding:0;border:0;opacity:0;pointer-events:none}
a.button{display:inline-block;padding:.75rem 1.6rem;border:1px solid var(--ink);
border-radius:.3rem;text-decoration:none}
a.button:hover{text-decoration:underline}
dl{margin:0}
dl div{display:grid;grid-template-columns:7rem 1fr;gap:0 1rem;padding:.55rem 0;
border-top:1px solid var(--line)}
dt{color:var(--quiet)}
dd{margin:0;overflow-wrap:anywhere}
.rows{margin:0;padding:0;list-style:none}
.rows li{padding:.65rem 0;border-top:1px solid var(--line)}
h2+form{margin-top:1rem}
@media (max-width:24rem){dl div{grid-template-columns:1fr}a.button{display:block;text-align:center}}
"""
)
_HEADERS: Mapping[str, str] = {
    "content-security-policy": (
        f"default-src 'none'; style-src {source_of(_SHEET)}; form-action 'self'; "
        "base-uri 'none'; frame-ancestors 'none'"
    ),
    # Not `no-referrer`: with that a browser says `Origin: null` of our own forms. To other sites
    # nothing is said of where one comes from, which may be an invitation.
    "referrer-policy": "same-origin",
    "x-frame-options": "DENY",
    "x-robots-tag": "noindex, nofollow",
    "cross-origin-opener-policy": "same-origin",
    "permissions-policy": "interest-cohort=()",
}


class TurnedDown(Denial):
    """A no that is told on a page; a program that calls the page is told as by any route."""

    def __init__(self, denial: Denial, screen: Screen) -> None:
        super().__init__(
            denial.kind,
            denial.code,
            denial.what,
            fix=denial.fix,
            wait=denial.wait,
            actor=denial.actor,
        )
        self.screen = screen


def shown(
    screen: Screen,
    *,
    status: int = 200,
    headers: Mapping[str, str] = {},
    cookies: Sequence[Cookie] = (),
) -> Response[str]:
    """Return a screen as a whole page."""
    go = Html(f'<meta http-equiv="refresh" content="0;url={text(screen.go_to)}">')
    page = document(
        f"{screen.title} · Legato",
        _SHEET,
        (
            element("header", text("Legato")),
            element("main", element("h1", text(screen.title)), *screen.main),
        ),
        language="en",
        more=(go,) if screen.go_to else (),
    )
    return Response(
        page,
        media_type=MediaType.HTML,
        status_code=status,
        headers={**_HEADERS, **headers},
        cookies=list(cookies),
    )


def see(where: str, *, cookies: Sequence[Cookie] = ()) -> Response[str]:
    """Answer a form by another page, so that looking at it anew sends nothing twice."""
    return Response(
        "",
        media_type=MediaType.HTML,
        status_code=303,
        headers={**_HEADERS, "location": where},
        cookies=list(cookies),
    )


async def fields_of(request: Request[Any, Any, Any]) -> Mapping[str, str]:
    """Return what a form says."""
    form = await request.form()
    return {name: value for name, value in form.items() if isinstance(value, str)}


async def check_form(request: Request[Any, Any, Any]) -> None:
    """Refuse a form that no page of ours has sent. Before every route of these."""
    if method_of(request) in SAFE_METHODS:
        return
    headers = request.headers
    caller = cast("Mapping[str, Any]", request.scope).get("auth")
    if caller is None:
        # Where there is no session yet, only the browser can say whose form it is: all of them do.
        if not ("origin" in headers or "sec-fetch-site" in headers):
            raise _foreign("access.origin")
        return
    if not caller.session:
        return
    site: Site = request.app.state.site
    given = headers.get(CSRF_HEADER) or (await fields_of(request)).get(CSRF_FIELD, "")
    if not is_csrf(session_cookie(request, site), given):
        raise _foreign("access.csrf")


def _foreign(code: str) -> Refused:
    return Refused(
        status=403,
        code=code,
        message="This form does not come from a page of this Legato, or from one of an older "
        "session.",
        fix="Open the page anew and send it again.",
    )


def wants_page(connection: Connection) -> bool:
    """Return whether a person looks at the answer."""
    return "text/html" in connection.headers.get("accept", "")


def _turned_down(request: Request[Any, Any, Any], error: TurnedDown) -> Response[Any]:
    told = refusal_of(error)
    if not wants_page(request):
        return refused(request, told)
    return shown(error.screen, status=told.status, headers=told.headers)


def _refused(request: Request[Any, Any, Any], error: Refused) -> Response[Any]:
    if not wants_page(request):
        return refused(request, error)
    if error.status == 401:  # noqa: PLR2004 - nobody is signed in
        return see(screens.SIGN_IN)
    told = error.refusal
    if told.code == "access.prove":
        return see(screens.PROOF)
    screen = screens.trouble("That did not work", told.message, told.fix)
    return shown(screen, status=error.status, headers=error.headers)


def _failed(request: Request[Any, Any, Any], error: LegatoError) -> Response[Any]:
    answer = failed(request, error)
    if not wants_page(request):
        return answer
    screen = screens.trouble("That did not work just now", error.what, error.fix)
    return shown(screen, status=answer.status_code or 500)


_HANDLERS: ExceptionHandlersMap = {  # pyright: ignore[reportUnknownVariableType] - the framework leaves its type open
    TurnedDown: _turned_down,
    Refused: _refused,
    LegatoError: _failed,
}


def pages(path: str, *routes: HTTPRouteHandler, tag: str = "pages") -> Router:
    """Return routes that answer people with pages, and take forms of our own only."""
    return Router(
        path,
        route_handlers=routes,
        tags=[tag],
        before_request=check_form,
        exception_handlers=_HANDLERS,
        request_max_body_size=FORM_BYTES_MAX,
    )
