"""Sources that are polled: the `poll:` of a manifest, its questions and pages. Sans-IO."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Literal, cast
from urllib.parse import urlsplit

from legato.connectors import form
from legato.connectors.accounts import hidden_of
from legato.connectors.inbound.asking import body_of, knowing_account, question
from legato.connectors.inbound.spec import Poll, SourceSpec
from legato.connectors.language.compiler import Compiler
from legato.connectors.language.functions.instants import instant_of
from legato.connectors.language.value import MISSING, ExpressionError
from legato.connectors.routes.request import compile_request
from legato.connectors.spec import Setting
from legato.connectors.terms import Terms
from legato.model.instant import Instant, format_instant
from legato.model.noun import Noun
from legato.model.problem import Reason
from legato.model.wire import HttpRequest, Response

_POLL_KEYS = (
    "request", "items", "next", "cursor", "kind", "every", "overlap", "first", "rate", "pages",
)  # fmt: skip
_RATE = re.compile(r"(\d+(?:\.\d+)?)/(s|m|h)")
_SECONDS = {"s": 1, "m": 60, "h": 3_600}
PAGES_MAX = 100
EVERY = "5m"
OVERLAP = "1m"
FIRST = "1d"


class Place(Noun, frozen=True, kw_only=True):
    """Where a round of questions is."""

    cursor: int
    """As far as all that was told is on the disk: an instant, or a number."""
    page: Any = None
    """What the next page is asked for by; None: it is the first."""
    host: str = ""
    """That of the first question."""


class Page(Noun, frozen=True, kw_only=True):
    """What an answer to a question holds."""

    items: Sequence[Any]
    cursor: int
    """How far they bring us; 0 where there are none."""
    next: Any
    """What the next page is asked for by; None: this was the last."""


def compile_poll(
    top: Compiler, manifest: Mapping[str, Any], settings: Mapping[str, Setting]
) -> Poll | None:
    """Compile how a provider is asked for what is new."""
    if "poll" not in manifest:
        return None
    given = form.mapping(top, manifest["poll"], ("poll",))
    form.only(top, given, _POLL_KEYS, ("poll",))
    for key in ("request", "items", "cursor"):
        if key not in given:
            top.add(("poll",), f"`poll` needs `{key}`", f"Add `{key}:` to poll.")
    if "dedupe" not in manifest:
        what = "what is asked for twice would be taken twice"
        top.add(("poll",), what, "Add `dedupe:` at the top: what an item is known by.")
    request = form.mapping(top, given.get("request", {}), ("poll", "request"))
    answer = top.with_names({**dict.fromkeys(("status", "header", "body")), "settings": None})
    inside = top.with_names({"item": None, "settings": None})
    kind = form.choice(top, given.get("kind", "time"), ("time", "number"), ("poll", "kind"))
    asking = knowing_account(top, settings).knowing("since", "page")
    return Poll(
        call=compile_request(asking, request, ("poll", "request"), hidden_of(settings)),
        items=answer.node(given.get("items", []), ("poll", "items")),
        next=answer.node(given["next"], ("poll", "next")) if "next" in given else None,
        cursor=inside.expression(given.get("cursor", "=item"), ("poll", "cursor")),
        kind=cast("Literal['time', 'number']", kind),
        every=form.duration(top, given.get("every", EVERY), ("poll", "every")),
        overlap=form.duration(top, given.get("overlap", OVERLAP), ("poll", "overlap")),
        first=form.duration(top, given.get("first", FIRST), ("poll", "first")),
        rate=_rate(top, given.get("rate", "")),
        pages_max=form.whole(top, given.get("pages", PAGES_MAX), ("poll", "pages")),
    )


def page_request(
    spec: SourceSpec, terms: Terms, place: Place, *, now: Instant
) -> HttpRequest | Reason:
    """Return the question for a page, proven."""
    assert spec.poll is not None, "only what is polled is asked"
    facts: dict[str, Any] = {"since": _since(spec.poll, place.cursor)}
    if place.page is not None:
        facts["page"] = place.page
    request = question(spec, spec.poll.call, terms, facts, now=now)
    if isinstance(request, Reason):
        return request
    host = urlsplit(request.url).netloc
    if place.host and host != place.host:
        # The answer says where the next page is. Our proof goes nowhere else.
        what = "the answer leads to another host for its next page"
        return Reason(code="poll.host", what=what)
    return request


def read_page(spec: SourceSpec, response: Response, settings: Mapping[str, Any]) -> Page | Reason:
    """Return what an answer holds. `settings` hold no secrets."""
    poll = spec.poll
    assert poll is not None, "only what is polled is asked"
    body = body_of(response)
    if isinstance(body, Reason):
        return body
    scope = {
        "status": response.status,
        "header": response.headers,
        "body": body,
        "settings": settings,
    }
    try:
        found = poll.items.read(scope)
        items = cast("list[Any]", found) if isinstance(found, list) else None
        if items is None:
            what = "the answer has no list where the manifest looks for one"
            return Reason(code="source.answer", what=what)
        places = [
            _place_of(poll, poll.cursor.read({"item": item, "settings": settings}))
            for item in items
        ]
        follows = poll.next.read(scope) if poll.next is not None else None
    except ExpressionError as error:
        return Reason(code="source.answer", what=f"the answer cannot be read: {error}")
    if None in places:
        what = "an item has no cursor where the manifest looks for it"
        return Reason(code="poll.cursor", what=what)
    known = [place for place in places if place is not None]
    is_last = follows is MISSING or follows in (None, "", False)
    return Page(items=items, cursor=max(known, default=0), next=None if is_last else follows)


def _since(poll: Poll, cursor: int) -> str | int:
    if poll.kind == "number":
        return cursor
    return format_instant(max(cursor - poll.overlap, 0))


def _place_of(poll: Poll, value: object) -> int | None:
    if poll.kind == "time":
        return instant_of(value)
    try:
        return int(cast("Any", value))
    except (TypeError, ValueError):
        return None


def _rate(top: Compiler, value: Any) -> float:  # noqa: ANN401 - of a manifest
    if not value:
        return 0.0
    match = _RATE.fullmatch(str(value))
    if match is None:
        top.add(("poll", "rate"), "this is no rate", "Write it as `5/s` or `100/m`.")
        return 0.0
    return float(match[1]) / _SECONDS[match[2]]
