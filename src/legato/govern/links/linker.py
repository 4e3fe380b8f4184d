"""Puts links into a message at the instant of sending: they stand in no plan, log or state."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, cast

from msgspec.structs import replace

from legato.govern.links.keys import Keys
from legato.govern.links.token import Token, sign
from legato.model.definitions.links import KIND_OF, LinkKind
from legato.model.delivery import Delivery
from legato.model.plan import Plan
from legato.model.problem import Reason

URL_INPUT = "unsubscribe_url"
"""What connectors of e-mail make the List-Unsubscribe header from."""
MAILTO_INPUT = "unsubscribe_mailto"
PATHS: Mapping[LinkKind, str] = {"unsubscribe": "u", "preferences": "p", "confirm": "c"}

_MARK = "legatox"
_REMNANT = re.compile("legatox(?:uns|pre|con)")
_WORD = re.compile("|".join(KIND_OF))
_NO_URL = Reason(
    code="links.no_url",
    what="it has a link to a hosted page, and `pages` does not say where they stand",
    definition="pages",
)
_BROKEN = Reason(
    code="links.altered",
    what="a filter of its template has altered a link, which would lead nowhere",
)


class Linker:
    """ports.links.Links under the present plan."""

    def __init__(self, keys: Keys, plan: Callable[[], Plan]) -> None:
        self._keys = keys
        self._plan = plan

    def fill(self, delivery: Delivery, *, is_email: bool) -> Delivery | Reason:
        """Return the delivery with its links; see ports.links."""
        plan = self._plan()
        purpose = plan.purposes.get(delivery.purpose)
        is_promotional = is_email and purpose is not None and purpose.is_promotional
        content = delivery.content
        if _has_mark(content):
            if not plan.pages.url:
                return _NO_URL
            content = {name: self._filled(value, delivery) for name, value in content.items()}
            if _has_mark(content):
                return _BROKEN
        if is_promotional and plan.pages.url:
            content = {**content, **self._header(delivery)}
        return delivery if content is delivery.content else replace(delivery, content=content)

    def url(self, delivery: Delivery, kind: LinkKind) -> str:
        """Return the link of a kind that a delivery carries."""
        return f"{self._plan().pages.url}/{PATHS[kind]}/{self._token(delivery, kind)}"

    def _token(self, delivery: Delivery, kind: LinkKind) -> str:
        token = Token(
            kind=kind,
            person_id=delivery.person_id,
            # A message that asks to confirm serves another purpose than the one it asks about.
            purpose=delivery.about if kind == "confirm" else delivery.purpose,
            channel=delivery.channel,
            delivery_id=delivery.delivery_id,
            issued_at=delivery.decided_at,
        )
        return sign(token, self._keys.newest())

    def _header(self, delivery: Delivery) -> dict[str, str]:
        mailto = self._plan().pages.mailto
        header = {URL_INPUT: self.url(delivery, "unsubscribe")}
        if mailto:
            subject = self._token(delivery, "unsubscribe")
            header[MAILTO_INPUT] = f"mailto:{mailto}?subject={subject}"
        return header

    def _filled(self, value: object, delivery: Delivery) -> object:
        match value:
            case str():
                return _WORD.sub(lambda found: self.url(delivery, KIND_OF[found[0]]), value)
            case Mapping():
                inner = cast("Mapping[str, Any]", value)
                return {name: self._filled(one, delivery) for name, one in inner.items()}
            case list() | tuple():
                return [self._filled(one, delivery) for one in cast("list[Any]", value)]
            case _:
                return value


def _has_mark(value: object) -> bool:
    """Return whether a link's word stands anywhere, in whatever case a filter has left it."""
    match value:
        case str():
            lower = value.lower()
            return _MARK in lower and _REMNANT.search(lower) is not None
        case Mapping():
            return any(_has_mark(one) for one in cast("Mapping[str, Any]", value).values())
        case list() | tuple():
            return any(_has_mark(one) for one in cast("list[Any]", value))
        case _:
            return False
