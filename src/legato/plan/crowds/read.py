"""Texts of crowds in, crowds out: read and checked against the plan that they will live under."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar

import msgspec

from legato.model.noun import Noun
from legato.model.plan import Plan
from legato.model.problem import Problem
from legato.plan import form
from legato.plan.crowds.crowd import (
    Between,
    Crowd,
    Doing,
    Kind,
    Lag,
    ProviderLike,
    Reply,
    SourceLike,
)
from legato.plan.findings import Findings
from legato.plan.form import Form
from legato.plan.scenarios.names import Names
from legato.plan.source import Document, Fields, Items, Value, plain, read_documents

KIND = "crowd"
SHARES_OVER = 1.0001
DEPTH_MAX = 5
T = TypeVar("T")


class Crowds(Noun, frozen=True, kw_only=True):
    """What became of texts: the crowds that could be read, and what is wrong."""

    crowds: tuple[Crowd, ...]
    problems: tuple[Problem, ...]


def read_crowds(files: Mapping[str, str], plan: Plan) -> Crowds:
    """Read crowds: file name -> text."""
    findings = Findings()
    reader = _Reader(findings, Names(findings, plan))
    found: dict[str, Crowd] = {}
    for file in sorted(files):
        for document in read_documents(file, files[file], findings):
            crowd = reader.crowd(document)
            if crowd is not None and crowd.name in found:
                findings.report(
                    "N201",
                    document.place,
                    f"a crowd named `{crowd.name}` is there already",
                    "give one of the two another name",
                )
            elif crowd is not None:
                found[crowd.name] = crowd
    return Crowds(crowds=tuple(found.values()), problems=findings.all())


class _Reader:
    """Reads one crowd after the other."""

    def __init__(self, findings: Findings, names: Names) -> None:
        self._findings = findings
        self._names = names

    def crowd(self, document: Document) -> Crowd | None:
        if document.kind != KIND:
            self._findings.report(
                "D101",
                document.place,
                f"in crowds/ every document is a crowd; this begins with `{document.kind}`",
                "begin it with `crowd: NAME`, or put the file elsewhere",
            )
            return None
        if document.tree is None:
            return None
        part = Form(self._findings, document.tree, "this crowd")
        usual = Crowd()
        crowd = Crowd(
            name=part.need_read(KIND, form.text, "", example="crowd: autumn"),
            people=part.read("people", form.whole, usual.people),
            span=part.read("lasting", form.duration, usual.span),
            kinds=tuple(self._kinds(part)),
            providers=self._each(part, "providers", "destination", self._provider),
            sources=self._each(part, "sources", "source", self._source),
            replies=tuple(self._replies(part)),
        )
        part.close()
        return crowd

    def _each(self, part: Form, key: str, noun: str, read: Callable[[Form], T]) -> Mapping[str, T]:
        found: dict[str, T] = {}
        for field in part.read(key, form.fields, Fields(place=part.place, fields=())).fields:
            self._names.refer(noun, field.key, field.place)
            inner = form.fields(self._findings, field.value, field.key)
            if inner is not None:
                found[field.key] = read(Form(self._findings, inner, f"`{field.key}`"))
        return found

    def _provider(self, part: Form) -> ProviderLike:
        answer = part.take("answers")
        like = ProviderLike(
            lag=self._lag(part, "latency"),
            fails=part.read("fails", form.share, 0.0),
            bounces=part.read("bounces", form.share, 0.0),
            loses=part.read("loses", form.share, 0.0),
            answer=b"{}" if answer is None else msgspec.json.encode(plain(answer)),
        )
        part.close()
        return like

    def _source(self, part: Form) -> SourceLike:
        like = SourceLike(
            lag=self._lag(part, "lag"),
            twice=part.read("twice", form.share, 0.0),
            late=part.read("late", form.share, 0.0),
        )
        part.close()
        return like

    def _lag(self, part: Form, key: str) -> Lag:
        """Read `{usual: 2m, slow: 30m}`: the median, and what one in a hundred exceeds."""
        given = part.read(key, form.fields, None)
        if given is None:
            return Lag()
        inner = Form(self._findings, given, f"`{key}`")
        usual = inner.need_read("usual", form.duration, 1, example="usual: 2m")
        slow = inner.read("slow", form.duration, usual)
        if slow < usual:
            self._findings.report(
                "D107",
                inner.place_of_value("slow"),
                "`slow` is what one in a hundred exceeds: it cannot be less than `usual`",
                "write the median under `usual`, the 99th percentile under `slow`",
            )
        inner.close()
        return Lag(usual=usual, slow=slow)

    def _replies(self, part: Form) -> Iterator[Reply]:
        for one in self._forms(part, "replies", "this reply"):
            to = one.need_read("to", form.text, "", example="to: crm")
            source = one.need_read("from", form.text, "", example="from: crm")
            event = one.need_read("event", form.text, "", example="event: Order Synced")
            for noun, key, name in (
                ("destination", "to", to),
                ("source", "from", source),
                ("event", "event", event),
            ):
                if name:
                    self._names.refer(noun, name, one.place_of_value(key))
            yield Reply(
                to=to,
                source=source,
                event=event,
                user_id=one.read("user_id", form.text, "user_id"),
                copied=self._texts(one, "copy"),
                said=self._values(one, "with"),
            )
            one.close()

    def _kinds(self, part: Form) -> Iterator[Kind]:
        total = 0.0
        for one in self._forms(part, "kinds", "this kind of people"):
            one.read("called", form.text, "")
            share = one.need_read("share", form.share, 1.0, example="share: 70%")
            total += share
            if total > SHARES_OVER:
                self._findings.report(
                    "D107",
                    one.place_of_value("share"),
                    "the shares of all kinds come to more than 100%",
                    "let them come to 100%",
                )
            zones = one.read("zones", form.texts, ())
            for zone in zones:
                self._names.refer_zone(zone, one.place_of_value("zones"))
            yield Kind(
                share=share,
                zones=zones,
                has=self._shares(one, "has", "trait"),
                consents=self._shares(one, "consents", "purpose"),
                does=tuple(self._doings(one, "does", is_first=True)),
            )
            one.close()

    def _doings(self, part: Form, key: str, *, is_first: bool, depth: int = 1) -> Iterator[Doing]:
        if depth > DEPTH_MAX:
            self._findings.report(
                "D107",
                part.place_of(key),
                f"`{key}` is nested deeper than {DEPTH_MAX}",
                "tell less",
            )
            return
        for one in self._forms(part, key, "this doing"):
            event = one.need_read("event", form.text, "", example="event: Product Viewed")
            if event:
                self._names.refer("event", event, one.place_of_value("event"))
            every = after = 0
            chance = 1.0
            if is_first:
                every = one.need_read("every", form.duration, 1, example="every: 3d")
            else:
                after = one.need_read("after", form.duration, 1, example="after: 10m")
                chance = one.read("share", form.share, 1.0)
            yield Doing(
                event=event,
                every=every,
                after=after,
                chance=chance,
                properties=self._values(one, "with"),
                then=tuple(self._doings(one, "then", is_first=False, depth=depth + 1)),
            )
            one.close()

    def _forms(self, part: Form, key: str, what: str) -> Iterator[Form]:
        for item in part.read(key, form.items, Items(place=part.place, items=())).items:
            tree = form.fields(self._findings, item, what)
            if tree is not None:
                yield Form(self._findings, tree, what)

    def _shares(self, part: Form, key: str, noun: str) -> Mapping[str, float]:
        found: dict[str, float] = {}
        for field in part.read(key, form.fields, Fields(place=part.place, fields=())).fields:
            self._names.refer(noun, field.key, field.place)
            share = form.share(self._findings, field.value, field.key)
            found[field.key] = share or 0.0
        return found

    def _texts(self, part: Form, key: str) -> Mapping[str, str]:
        given = part.read(key, form.fields, Fields(place=part.place, fields=()))
        read = {
            field.key: form.text(self._findings, field.value, field.key) for field in given.fields
        }
        return {name: one for name, one in read.items() if one is not None}

    def _values(self, part: Form, key: str) -> Mapping[str, Any]:
        given = part.read(key, form.fields, Fields(place=part.place, fields=()))
        return {field.key: self._value(field.value) for field in given.fields}

    def _value(self, value: Value) -> Any:  # noqa: ANN401 - JSON can be anything
        """Read a value, `[one, of, several]`, or `{from: 1, to: 100}`."""
        given = plain(value)
        if not isinstance(value, Fields) or sorted(given) != ["from", "to"]:
            return given
        least, most = given["from"], given["to"]
        numbers = [one for one in (least, most) if isinstance(one, int | float)]
        if len(numbers) < 2 or least > most:  # noqa: PLR2004 - both ends
            self._findings.report(
                "D107",
                value.place,
                "`from` and `to` must be numbers, the smaller one first",
                "write `{from: 1, to: 100}`",
            )
            return 0
        is_whole = isinstance(least, int) and isinstance(most, int)
        return Between(least=least, most=most, is_whole=is_whole)
