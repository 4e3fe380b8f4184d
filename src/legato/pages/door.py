"""The door of hosted pages: `/u/TOKEN`, `/p/TOKEN`, `/c/TOKEN`.

A GET never changes anything: scanners and previews follow every link of a mail. A POST does, and
the token in its address is the only thing that entitles to it: there are no cookies and no session,
so that no other site can have a browser send something in somebody's name (CSRF), and a mailbox can
unsubscribe with one bare POST (RFC 8058).
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from urllib.parse import parse_qs

from legato.app.pages import Guest, HostedPages, How
from legato.insight.preferences import topics
from legato.model.consent import ConsentLine
from legato.model.definitions.links import LinkKind
from legato.model.instant import SECOND, Instant
from legato.model.noun import Noun
from legato.model.problem import LegatoError
from legato.pages import screens
from legato.pages.answer import Answer, Fields, Receive, Scope, Send, read_form, respond
from legato.pages.guesses import WINDOW, Guesses
from legato.pages.screens import KINDS, NOTICES, STATUS, Notice, Screen, Setting, Trouble
from legato.pages.speech import negotiate

ONE_CLICK = "List-Unsubscribe"
"""The field that a mailbox sends (RFC 8058, 3.2)."""
_LOGGER = logging.getLogger(__name__)


def is_page(path: str) -> bool:
    """Return whether a path is one of the hosted pages'."""
    return path[:1] == "/" and path[2:3] == "/" and path[1:2] in KINDS


class Call(Noun, frozen=True, kw_only=True):
    """One request, without its body."""

    method: str
    kind: LinkKind
    token: str
    address: str
    language: str
    """As the address asks for it; empty: as the browser likes."""
    notice: str
    content_type: str


class PagesDoor:
    """One ASGI application."""

    def __init__(
        self, pages: HostedPages, clock: Callable[[], Instant], *, proxy_count: int = 0
    ) -> None:
        self._pages = pages
        self._clock = clock
        self._proxy_count = proxy_count
        self._guesses = Guesses()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request to a path of `is_page`."""
        headers = {name: value.decode("latin-1") for name, value in scope["headers"]}
        call = self._call(scope, headers)
        plan = self._pages.plan()
        speech = negotiate(plan.pages, headers.get(b"accept-language", ""), call.language)
        setting = Setting(plan=plan, speech=speech)
        try:
            answer = await self._answer(call, setting, receive)
        except LegatoError as fault:
            _LOGGER.error("pages: %s", fault.what)  # noqa: TRY400 - it says why
            answer = _in_trouble(setting, "failed")
        except Exception as fault:  # noqa: BLE001 - the entry point: nothing may leak to anybody
            # Neither the text nor the frames: both can hold a token.
            _LOGGER.error("pages: %s in a call", type(fault).__name__)  # noqa: TRY400
            answer = _in_trouble(setting, "failed")
        await respond(answer, plan.pages, send, has_body=call.method != "HEAD")

    def _call(self, scope: Scope, headers: dict[bytes, str]) -> Call:
        path: str = scope["path"]
        query = parse_qs(scope["query_string"].decode("latin-1"))
        client: tuple[str, int] | None = scope.get("client")
        return Call(
            method=scope["method"],
            kind=KINDS[path[1]],
            token=path[3:],
            address=self._address(client[0] if client else "", headers),
            language=query.get("lang", [""])[0],
            notice=query.get("now", [""])[0],
            content_type=headers.get(b"content-type", ""),
        )

    def _address(self, peer: str, headers: dict[bytes, str]) -> str:
        """Return the caller's address, as the outermost trusted proxy saw it."""
        if self._proxy_count:
            hops = headers.get(b"x-forwarded-for", "").split(",")
            peer = hops[-self._proxy_count :][0].strip() or peer
        return peer

    async def _answer(self, call: Call, setting: Setting, receive: Receive) -> Answer:
        if call.method not in ("GET", "HEAD", "POST"):
            return _in_trouble(setting, "missing", status=405, allow="GET, HEAD, POST")
        guest = await self._pages.open(call.token, call.kind, address=call.address)
        if not isinstance(guest, Guest):
            if self._guesses.is_too_many(call.address, self._clock()):
                wait = str(WINDOW // SECOND)
                return _in_trouble(setting, "limited", retry_after=wait)
            return _in_trouble(setting, guest)
        if guest.state is None:
            return _shown(setting, screens.gone(setting))
        if call.method != "POST":
            return _shown(setting, self._ask(call, setting, guest))
        form = await read_form(receive, call.content_type)
        if form is None:
            return _in_trouble(setting, "outdated")
        return await self._take(call, setting, guest, form)

    def _ask(self, call: Call, setting: Setting, guest: Guest) -> Screen:
        """Return what is shown before anything is said."""
        assert guest.state is not None, "it was looked at before"
        token = guest.token
        match call.kind:
            case "unsubscribe":
                way = self._preferences(guest, call)
                before = self._pages.is_unsubscribed(guest)
                if before is not None:
                    return screens.unsubscribed(setting, before, preferences=way)
                return screens.ask_to_unsubscribe(
                    setting, token.purpose, token.channel, preferences=way
                )
            case "preferences":
                notice: Notice | None = call.notice if call.notice in NOTICES else None  # pyright: ignore[reportAssignmentType] - it is one of them
                return screens.ask_preferences(setting, topics(setting.plan, guest.state), notice)
            case "confirm":
                line = self._pages.is_confirmed(guest)
                if line is not None:
                    return screens.confirmed(setting, line, is_new=False)
                if not self._pages.is_awaited(guest):
                    return screens.nothing_to_confirm(setting)
                return screens.ask_to_confirm(setting, token.purpose, token.channel)

    async def _take(self, call: Call, setting: Setting, guest: Guest, form: Fields) -> Answer:
        """Put on record what a form says, then answer."""
        match call.kind:
            case "unsubscribe":
                is_one_click = ONE_CLICK in form
                how = _how(call, setting, "one_click" if is_one_click else "page")
                if not is_one_click:
                    how = _having_read(how, self._ask(call, setting, guest))
                before = await self._pages.unsubscribe(guest, how)
                way = self._preferences(guest, call)
                return _shown(setting, screens.unsubscribed(setting, before, preferences=way))
            case "preferences":
                return await self._choose(call, setting, guest, form)
            case "confirm":
                how = _having_read(
                    _how(call, setting, "double_opt_in"), self._ask(call, setting, guest)
                )
                return await self._confirm(setting, guest, how)

    async def _choose(self, call: Call, setting: Setting, guest: Guest, form: Fields) -> Answer:
        assert guest.state is not None, "it was looked at before"
        how = _having_read(_how(call, setting, "page"), self._ask(call, setting, guest))
        if form.get("do") == ["stop"]:
            await self._pages.leave(guest, how)
            return _see(call, "stopped")
        known = [
            f"{one.purpose}/{one.channel}"
            for topic in topics(setting.plan, guest.state)
            for one in topic.choices
        ]
        lines = read_choices(form, known)
        if lines is None:
            return _in_trouble(setting, "outdated")
        await self._pages.choose(guest, lines, how)
        return _see(call, "saved" if lines else "unchanged")

    async def _confirm(self, setting: Setting, guest: Guest, how: How) -> Answer:
        line = self._pages.is_confirmed(guest)
        if line is not None:
            return _shown(setting, screens.confirmed(setting, line, is_new=False))
        line = await self._pages.confirm(guest, how)
        if line is None:
            return _shown(setting, screens.nothing_to_confirm(setting))
        return _shown(setting, screens.confirmed(setting, line, is_new=True))

    def _preferences(self, guest: Guest, call: Call) -> str:
        """Return the way to the same person's preferences, whatever stands before the path."""
        more = f"?lang={call.language}" if call.language.isalpha() else ""
        return f"../p/{self._pages.beside(guest, 'preferences')}{more}"


def read_choices(form: Fields, known: list[str]) -> list[ConsentLine] | None:
    """Return what somebody changed; None where the form is not about what there is.

    Only what differs from what the page showed is said: what was decided elsewhere meanwhile
    (a STOP by SMS) is not undone by a box that nobody touched.
    """
    ticked = form.get("yes", [])
    shown = [one.rpartition("=") for one in form.get("shown", [])]
    names = [name for name, _, _ in shown]
    if not names or any(name not in known for name in names):
        return None
    if any(name not in names for name in ticked):
        return None
    lines: list[ConsentLine] = []
    for name, _, was in shown:
        is_granted = name in ticked
        if is_granted != (was == "on"):
            purpose, _, channel = name.partition("/")
            lines.append(ConsentLine(purpose=purpose, is_granted=is_granted, channel=channel))
    return lines


def _how(call: Call, setting: Setting, method: str) -> How:
    return How(address=call.address, method=method, language=setting.speech.language)


def _having_read(how: How, screen: Screen) -> How:
    return How(address=how.address, method=how.method, language=how.language, text=screen.words())


def _shown(setting: Setting, screen: Screen) -> Answer:
    return Answer(body=setting.draw(screen), language=setting.speech.language)


def _see(call: Call, notice: Notice) -> Answer:
    """Answer a form by the page again, so that looking at it anew sends nothing twice."""
    language = f"&lang={call.language}" if call.language.isalpha() else ""
    return Answer(status=303, to=f"?now={notice}{language}")


def _in_trouble(
    setting: Setting, what: Trouble, *, status: int = 0, allow: str = "", retry_after: str = ""
) -> Answer:
    headers = {"allow": allow} if allow else {}
    if retry_after or what == "failed":
        headers["retry-after"] = retry_after or "5"
    return Answer(
        status=status or STATUS[what],
        body=setting.draw(screens.trouble(setting, what)),
        language=setting.speech.language,
        headers=headers,
    )
