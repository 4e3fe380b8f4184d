"""The language of a page: negotiated with the browser, in the workspace's own words if any."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from legato.model.definitions.links import Pages
from legato.model.instant import Instant, to_datetime
from legato.model.noun import Noun
from legato.pages.texts import DEFAULT, TEXTS

RANGES_MAX = 20
"""Languages of an Accept-Language that are looked at; browsers send under ten."""
_RANGE = re.compile(
    r"\s*([A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8})*|\*)\s*(?:;\s*q=([01](?:\.\d{1,3})?))?\s*"
)


class Speech(Noun, frozen=True, kw_only=True):
    """Texts of one language."""

    language: str
    texts: Mapping[str, str]

    def say(self, name: str, **names: str) -> str:
        """Return a text with what it names put in."""
        text = self.texts[name]
        for key, value in names.items():
            text = text.replace(f"{{{key}}}", value)
        return text

    def title(self, kind: str, name: str, title: str) -> str:
        """Return what a purpose or channel is called here; as it is declared by default."""
        return self.texts.get(f"{kind}.{name}", title)

    def date(self, instant: Instant) -> str:
        """Return the day of an instant as it is written here."""
        day = to_datetime(instant)
        month = self.texts["months"].split()[day.month - 1]
        return self.say("date", day=str(day.day), month=month, year=str(day.year))


def languages(pages: Pages) -> tuple[str, ...]:
    """Return the languages there are texts in."""
    return tuple(dict.fromkeys([*TEXTS, *pages.texts]))


def speech_in(pages: Pages, language: str) -> Speech:
    """Return the texts of a language: the workspace's, else ours, else English ones."""
    base = language.partition("-")[0]
    texts = {**TEXTS[DEFAULT], **TEXTS.get(base, {}), **TEXTS.get(language, {})}
    for name in dict.fromkeys((base, language)):
        texts.update(pages.texts.get(name, {}))
    return Speech(language=language, texts=texts)


def negotiate(pages: Pages, accepted: str, asked: str = "") -> Speech:
    """Return the texts in the language asked for, else the best that a browser accepts."""
    known = {name.lower(): name for name in languages(pages)}
    for wanted in (asked.lower(), *_ranges(accepted)):
        for name in (wanted, wanted.partition("-")[0]):
            if name in known:
                return speech_in(pages, known[name])
    return speech_in(pages, DEFAULT)


def _ranges(accepted: str) -> Iterable[str]:
    """Return the languages of an Accept-Language header, the preferred one first."""
    found = [_RANGE.fullmatch(part) for part in accepted.split(",")[:RANGES_MAX]]
    weighed = [(float(one[2] or 1), one[1].lower()) for one in found if one is not None]
    ordered = sorted(weighed, key=lambda pair: -pair[0])
    return [language for weight, language in ordered if weight > 0]
