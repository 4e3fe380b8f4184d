"""`property:` what shall hold on every way through the journeys; `waive:` where it need not."""

from __future__ import annotations

from typing import Literal

from legato.model.definitions.property import (
    AtMost,
    Claim,
    Ends,
    Messages,
    NeverBoth,
    NeverEnters,
    NeverSends,
    Property,
    Waiver,
)
from legato.model.instant import DAY
from legato.model.rule import ALWAYS, Rule
from legato.plan import form
from legato.plan.conditions.conditions import Hand, read_condition
from legato.plan.form import Form
from legato.plan.scope import Scope
from legato.plan.source import Fields, Leaf, Value

KINDS: dict[str, Literal["any", "promotional"]] = {"any": "any", "promotional": "promotional"}
"""Words that stand for many messages."""
PAIR = 2


def read_property(scope: Scope, tree: Fields) -> Property | None:
    """Read a claim about journeys; None where it says nothing."""
    part = Form(scope.findings, tree, "this property")
    name = part.need_read("property", form.text, "", example="property: no_text_at_night")
    title = part.read("title", form.text, name)
    owner = part.read("owner", form.text, "")
    claim = _claim(scope, part)
    if claim is None:
        return None
    part.close()
    return Property(name=name, title=title, owner=owner, claim=claim, place=part.place)


def _claim(scope: Scope, part: Form) -> Claim | None:
    words = [word for word in ("never", "at_most", "ends") if word in part]
    if len(words) != 1:
        scope.findings.report(
            "V401",
            part.place,
            "a property says one thing",
            "write one of `never: {sends: ...}`, `at_most: 3` with `within: 7d`, or "
            "`ends: a_journey` with `within: 30d`",
        )
        return None
    match words[0]:
        case "never":
            return _never(scope, part)
        case "at_most":
            limit = part.read("at_most", form.count, 0)
            within = part.need_read("within", form.duration, DAY, example="within: 7d")
            return AtMost(limit=limit, within=within, messages=_messages(scope, part))
        case _:
            journey = _name(scope, part, "ends", "journey")
            within = part.need_read("within", form.duration, DAY, example="within: 30d")
            return Ends(journey=journey, within=within)


def _never(scope: Scope, outer: Form) -> Claim | None:
    value = outer.take("never")
    tree = form.fields(scope.findings, value, "never") if value is not None else None
    if tree is None:
        return None
    part = Form(scope.findings, tree, "`never`")
    words = [word for word in ("sends", "enters", "both") if word in part]
    if len(words) != 1:
        scope.findings.report(
            "V401",
            part.place,
            "`never` does not say what never happens",
            "write one of `sends: promotional`, `enters: a_journey` or `both: [a, b]`",
        )
        return None
    claim = _never_claim(scope, part, words[0])
    part.close()
    return claim


def _never_claim(scope: Scope, part: Form, word: str) -> Claim:
    match word:
        case "enters":
            journey = _name(scope, part, "enters", "journey")
            part.need("when", "when: {trait: {plan: free}}")
            return NeverEnters(journey=journey, when=_when(scope, part) or ALWAYS)
        case "both":
            names = part.read("both", form.texts, ())
            scope.refer_all("template", names, part.take("both"))
            if len(dict.fromkeys(names)) < PAIR:
                scope.findings.report(
                    "V401",
                    part.place_of_value("both"),
                    "`both` needs two messages that must not meet",
                    "write `both: [summer_discount, full_price]`",
                )
            return NeverBoth(names=names)
        case _:
            return NeverSends(
                messages=_messages(scope, part),
                when=_when(scope, part),
                after=_name(scope, part, "after", "event"),
                same=part.read("same", form.text, ""),
                without=_name(scope, part, "without", "purpose"),
            )


def _when(scope: Scope, part: Form) -> Rule | None:
    value = part.take("when")
    return None if value is None else read_condition(scope, value, Hand(entry=""))


def _name(scope: Scope, part: Form, key: str, kind: str) -> str:
    name = part.read(key, form.text, "")
    if name:
        scope.refer(kind, name, part.place_of_value(key))
    return name


def _messages(scope: Scope, part: Form) -> Messages:
    names = part.need_read("sends", form.texts, (), example="sends: promotional")
    by, of = part.read("by", form.texts, ()), part.read("in", form.texts, ())
    scope.refer_all("channel", by, part.take("by"))
    scope.refer_all("journey", of, part.take("in"))
    kind = KINDS.get(names[0]) if len(names) == 1 else None
    if kind is not None:
        return Messages(kind=kind, by=by, of=of)
    scope.refer_all("template", names, part.take("sends"))
    return Messages(kind="named", names=names, by=by, of=of)


def read_waivers(scope: Scope, tree: Fields) -> list[Waiver]:
    """Read what the author of a journey goes without, and why; the journey stays the same."""
    value = tree.get("waive")
    if value is None:
        return []
    found = form.items(scope.findings, value, "waive")
    journey = _text(tree.get("journey"))
    return [
        waiver
        for item in (found.items if found else ())
        if (waiver := _waiver(scope, item, journey)) is not None
    ]


def _waiver(scope: Scope, value: Value, journey: str) -> Waiver | None:
    tree = form.fields(scope.findings, value, "waive")
    if tree is None:
        return None
    part = Form(scope.findings, tree, "this waiver")
    waiver = Waiver(
        code=part.need_read("code", form.text, "", example="code: V504"),
        because=part.need_read("because", form.text, "", example="because: it may take any time"),
        journey=journey,
        step=part.read("step", form.any_text, ""),
    )
    part.close()
    return waiver


def _text(value: Value | None) -> str:
    return value.value if isinstance(value, Leaf) and isinstance(value.value, str) else ""
