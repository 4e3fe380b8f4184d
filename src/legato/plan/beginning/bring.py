"""A template's journey comes into a workspace: with what it needs and is not there.

Of facts (events, traits) the workspace's own are used where they have the name: a journey is about
what happens here. Messages and segments that say something else under the same name stay as they
are, and the template's come under another. Channels that are not there are left out where another
remains. What still does not fit is a problem of the draft, as everywhere.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, Literal, TypeAlias, cast

import msgspec

from legato.model.noun import Noun
from legato.plan.beginning.cut import Part, listed, needed
from legato.plan.beginning.ground import Ground, ground_of, value_of
from legato.plan.drawing.emit import scalar
from legato.plan.drawing.splice import Sheet

How: TypeAlias = Literal["new", "yours", "renamed", "left_out", "missing"]

NOUNS: Mapping[str, str] = {
    "template": "message",
    "computed": "computed trait",
    "scenario": "scenario",
}
FACTS = ("event", "trait", "computed")
FOLDERS: Mapping[str, str] = {
    "journey": "journeys",
    "event": "catalog",
    "trait": "catalog",
    "computed": "catalog",
    "segment": "segments",
    "template": "templates",
    "scenario": "scenarios",
}
_TITLE = re.compile(r"^title: .*$", re.MULTILINE)
_OWNER = re.compile(r"^owner: .*$", re.MULTILINE)
_PURPOSES = re.compile(r"^purposes: \[(.*)\]$", re.MULTILINE)
_CONSENTS = re.compile(r"consents: \{([^{}]*)\}")
_NAMES = {
    "template": (r"(?<=message: ){}\b", r"(?<!ends: {{)(?<!enters: )\b{}\b"),
    "segment": (r"(?<=segment: ){}\b", r"(?<=segment: ){}\b"),
    "journey": (r"(?<=in_journey: ){}\b", r"(?:(?<=ends: {{)|(?<=enters: )){}\b"),
}
"""Kind -> how definitions name one of it, and how the last line of a scenario does."""


class TemplatePart(Noun, frozen=True, kw_only=True):
    """Something that a template needs, and what became of it."""

    kind: str
    name: str
    how: How
    said: str


class Brought(Noun, frozen=True, kw_only=True):
    """A template in a workspace."""

    journey: str
    files: Mapping[str, str]
    """Texts that come in; none of them takes the place of another."""
    came: tuple[TemplatePart, ...]


class TemplateNeed(Noun, frozen=True, kw_only=True):
    """Something that a template names."""

    kind: str
    name: str
    is_here: bool
    """The workspace has one of this name."""


class OfferedTemplate(Noun, frozen=True, kw_only=True):
    """A template as a card shows it."""

    name: str
    title: str
    sentence: str
    purpose: str
    needs: tuple[TemplateNeed, ...]


class Asked(Noun, frozen=True, kw_only=True):
    """Which template, as what."""

    template: str
    title: str = ""
    owner: str = ""
    taken: Collection[str] = ()
    """Names of journeys that are taken though no text has them."""


def offered(templates: Mapping[str, str], running: Mapping[str, str]) -> list[OfferedTemplate]:
    """Return all templates, with what of each the workspace has."""
    ground = ground_of(running)
    return [
        _offered(each.name, each.sentence, needed(templates, each.name), ground)
        for each in listed(templates)
    ]


def bring(templates: Mapping[str, str], running: Mapping[str, str], asked: Asked) -> Brought | None:
    """Return a template's texts as they fit a workspace; None: there is no such template."""
    parts = needed(templates, asked.template)
    return _Bringing(templates, running, asked).brought(parts) if parts else None


class _Bringing:
    """One template on its way into one workspace."""

    def __init__(
        self, templates: Mapping[str, str], running: Mapping[str, str], asked: Asked
    ) -> None:
        self._running = running
        self._asked = asked
        self._ground = ground_of(running)
        self._known_purposes = ground_of(templates).purposes
        self._comments = {file: text.partition("\n")[0] for file, text in templates.items()}
        self._names: dict[tuple[str, str], str] = {}
        self._came: list[TemplatePart] = []

    def brought(self, parts: Sequence[Part]) -> Brought:
        kept = [part for part in parts if self._is_wanted(part)]
        self._tell_the_rest(kept)
        main = next(part for part in kept if part.kind == "journey")
        journey = self._names.get(("journey", main.name), main.name)
        texts: dict[str, list[str]] = {}
        files: dict[str, str] = {}
        for part in kept:
            folder = FOLDERS[part.kind]
            is_other = part.kind == "journey" and part is not main
            name = self._names.get(("journey", part.name), part.name) if is_other else journey
            file = files.setdefault(f"{folder}/{name}", self._free_file(folder, name))
            texts.setdefault(file, []).append(self._fitted(part, is_main=part is main))
        return Brought(
            journey=journey,
            files={file: "---\n".join(each) for file, each in texts.items()},
            came=tuple(self._came),
        )

    # -- What comes ------------------------------------------------------------------------------

    def _is_wanted(self, part: Part) -> bool:
        """Decide what becomes of a definition, and say so."""
        kind, name, noun = part.kind, part.name, NOUNS.get(part.kind, part.kind)
        if kind == "scenario":
            return True
        taken = kind == "journey" and name in self._asked.taken
        if not taken and not self._ground.has(kind, name):
            self._tell(kind, name, "new", f"The {noun} `{name}` comes along.")
        elif kind in FACTS:
            said = f"Your workspace has the {noun} `{name}`: yours is used."
            self._tell(kind, name, "yours", said)
            return False
        elif kind != "journey" and self._is_same(part):
            said = f"Your workspace has the very {noun} `{name}`: it is used."
            self._tell(kind, name, "yours", said)
            return False
        else:
            other = self._free_name(kind, name)
            self._names[kind, name] = other
            what = "" if kind == "journey" else " that says something else"
            said = f"There is a {noun} `{name}` already{what}: this one comes as `{other}`."
            self._tell(kind, name, "renamed", said)
        return True

    def _is_same(self, part: Part) -> bool:
        return _told(self._ground.value(part.kind, part.name)) == _told(value_of(part))

    def _free_name(self, kind: str, name: str) -> str:
        number = 2
        while self._ground.has(kind, f"{name}_{number}") or (
            kind == "journey" and f"{name}_{number}" in self._asked.taken
        ):
            number += 1
        return f"{name}_{number}"

    def _free_file(self, folder: str, name: str) -> str:
        number, file = 1, f"{folder}/{name}.yaml"
        while file in self._running:
            number += 1
            file = f"{folder}/{name}_{number}.yaml"
        return file

    def _tell_the_rest(self, kept: Sequence[Part]) -> None:
        """Say what becomes of channels and purposes, which do not come along."""
        for name in _channels(kept):
            if not self._ground.has("channel", name):
                is_alone = any(dict.fromkeys(each) == {name: None} for each in _sent(kept))
                said = (
                    f"Your workspace has no channel `{name}`: choose another at the steps that "
                    "send by it alone."
                    if is_alone
                    else f"Your workspace has no channel `{name}`: it is left out."
                )
                self._tell("channel", name, "missing" if is_alone else "left_out", said)
        for name in _purposes(kept):
            if self._ground.has("purpose", name):
                continue
            other = self._ground.purpose_like(self._known_purposes.get(name, ("", False)))
            if other:
                self._names["purpose", name] = other
                said = f"What is for `{name}` in the template is for your purpose `{other}`."
                self._tell("purpose", name, "renamed", said)
            else:
                said = f"Your workspace has no purpose `{name}`: choose which it is for."
                self._tell("purpose", name, "missing", said)

    def _tell(self, kind: str, name: str, how: How, said: str) -> None:
        self._came.append(TemplatePart(kind=kind, name=name, how=how, said=said))

    # -- How it comes ----------------------------------------------------------------------------

    def _fitted(self, part: Part, *, is_main: bool) -> str:
        text = self._renamed(part)
        if self._asked.owner:
            text = _OWNER.sub(lambda _: f"owner: {scalar(self._asked.owner)}", text)
        if is_main and self._asked.title:
            text = _TITLE.sub(lambda _: f"title: {scalar(self._asked.title)}", text, count=1)
        text = _PURPOSES.sub(self._with_purposes, text)
        if part.kind == "scenario":
            text = _CONSENTS.sub(self._with_consents, text)
        if part.kind in ("journey", "template"):
            text = self._without_channels(part, text)
        comment = self._comments[part.file] if part.kind == "journey" else ""
        return f"{comment}\n{text}" if comment.startswith("#") else text

    def _renamed(self, part: Part) -> str:
        text = part.text.strip("\n") + "\n"
        for (kind, name), other in self._names.items():
            if kind == "purpose":
                text = re.sub(rf"(?<=^purpose: ){name}$", other, text, flags=re.MULTILINE)
                continue
            if (kind, name) == (part.kind, part.name):
                text = re.sub(
                    rf"^({kind}): .*$", rf"\1: {other}", text, count=1, flags=re.MULTILINE
                )
            plain_words, told_words = (each.format(re.escape(name)) for each in _NAMES[kind])
            if part.kind == "scenario":
                head, then, tail = text.partition("\nthen: ")
                text = head + then + re.sub(told_words, other, tail)
            else:
                text = re.sub(plain_words, other, text)
        return text

    def _with_purposes(self, found: re.Match[str]) -> str:
        """Facts serve those purposes that there are."""
        names = [self._names.get(("purpose", each), each) for each in found[1].split(", ")]
        here = [each for each in dict.fromkeys(names) if self._ground.has("purpose", each)]
        return f"purposes: [{', '.join(here or names)}]"

    def _with_consents(self, found: re.Match[str]) -> str:
        given = [each.partition(": ") for each in found[1].split(", ")]
        here = [f"{key}: {value}" for key, _, value in given if self._ground.has("channel", key)]
        return f"consents: {{{', '.join(here)}}}" if here else found[0]

    def _without_channels(self, part: Part, text: str) -> str:
        sheet = Sheet(text, 0)
        value = value_of(msgspec.structs.replace(part, text=text))
        if part.kind == "template":
            names = [key for key in _texts_of(value) if not self._ground.has("channel", key)]
            if len(names) < len(_texts_of(value)):
                for name in names:
                    sheet.cut(name)
            return sheet.text
        for path, on in _sends(value, ""):
            names = _flat(on)
            here = [each for each in names if self._ground.has("channel", each)]
            if here and len(here) < len(names):
                sheet.put(path, _left(on, here))
        return sheet.text


def _offered(name: str, sentence: str, parts: Sequence[Part], ground: Ground) -> OfferedTemplate:
    main = next(part for part in parts if part.kind == "journey")
    value = value_of(main)
    named = [
        *((part.kind, part.name) for part in parts if part.kind not in ("journey", "scenario")),
        *(("channel", each) for each in _channels(parts)),
        *(("purpose", each) for each in _purposes(parts)),
    ]
    return OfferedTemplate(
        name=name,
        title=str(value.get("title", name)),
        sentence=sentence,
        purpose=str(value.get("purpose", "")),
        needs=tuple(
            TemplateNeed(kind=kind, name=each, is_here=ground.has(kind, each))
            for kind, each in named
        ),
    )


def _told(value: Mapping[str, Any]) -> bytes:
    """Return what a definition says, whoever keeps it."""
    said = {key: each for key, each in value.items() if key not in ("owner", "title")}
    return msgspec.json.encode(said, order="deterministic")


def _channels(parts: Sequence[Part]) -> list[str]:
    """Return the channels by which journeys send."""
    return sorted({name for each in _sent(parts) for name in each})


def _sent(parts: Sequence[Part]) -> Iterator[list[str]]:
    for part in parts:
        if part.kind == "journey":
            yield from (_flat(on) for _, on in _sends(value_of(part), ""))


def _purposes(parts: Sequence[Part]) -> list[str]:
    found = [value_of(part).get("purpose", "") for part in parts]
    return sorted({str(each) for each in found if each})


def _texts_of(value: Mapping[str, Any]) -> list[str]:
    """Return the channels that a message has a text for."""
    return [key for key, each in value.items() if isinstance(each, dict)]


def _sends(value: Any, path: str) -> Iterator[tuple[str, Any]]:  # noqa: ANN401 - JSON
    """Yield where a message's channels stand, and which they are."""
    if isinstance(value, dict):
        for key, each in cast("dict[str, Any]", value).items():
            here = f"{path}/{key}" if path else key
            if key == "send" and isinstance(each, dict):
                yield f"{here}/on", cast("dict[str, Any]", each).get("on")
            else:
                yield from _sends(each, here)
    elif isinstance(value, list):
        for number, each in enumerate(cast("list[Any]", value)):
            yield from _sends(each, f"{path}/{number}")


def _flat(on: Any) -> list[str]:  # noqa: ANN401 - JSON
    match on:
        case str():
            return [on]
        case list():
            return [str(each) for each in cast("list[Any]", on)]
        case dict():
            return [name for each in cast("dict[str, Any]", on).values() for name in _flat(each)]
        case _:
            return []


def _left(on: Any, here: Sequence[str]) -> Any:  # noqa: ANN401 - JSON
    """Return channels without those that are not there; a single one is no list."""
    if len(here) == 1:
        return here[0]
    if isinstance(on, dict):
        return {key: list(here) for key in cast("dict[str, Any]", on)}
    return list(here)
