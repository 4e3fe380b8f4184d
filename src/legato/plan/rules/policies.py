"""`purposes:`, `cap:`, `quiet_hours:`, `suppress:`, `holdout:` what holds for sends."""

from __future__ import annotations

from typing import Literal, TypeAlias, cast, get_args

from legato.model.consent import LegalBasis
from legato.model.instant import DAY
from legato.model.plan import Cap, Holdout, Purpose, QuietHours, StateRule
from legato.model.rule import ALWAYS
from legato.plan import form
from legato.plan.conditions.conditions import Hand, read_condition
from legato.plan.form import Form
from legato.plan.rules.workspace import zones
from legato.plan.scope import Scope
from legato.plan.source import Fields

BASES: tuple[str, ...] = get_args(LegalBasis)
WhenUnreadable: TypeAlias = Literal["hold", "send"]
UNREADABLE: tuple[str, ...] = get_args(WhenUnreadable)


def declare_purposes(scope: Scope, tree: Fields) -> None:
    """Note the purposes' names."""
    value = tree.get("purposes")
    for field in value.fields if isinstance(value, Fields) else ():
        scope.declare("purpose", field.key, field.place)


def read_purposes(scope: Scope, tree: Fields) -> list[Purpose]:
    """Read what people may consent to."""
    part = Form(scope.findings, tree, "the purposes")
    value = part.take("purposes")
    found = form.fields(scope.findings, value, "purposes") if value is not None else None
    part.close()
    purposes: list[Purpose] = []
    for field in found.fields if found else ():
        inner = form.fields(scope.findings, field.value, field.key)
        if inner is None:
            continue
        each = Form(scope.findings, inner, f"the purpose `{field.key}`")
        basis = each.need_read("basis", form.one_of(BASES), "consent", example="basis: consent")
        purpose = Purpose(
            name=field.key,
            basis=cast("LegalBasis", basis),
            is_promotional=each.read("promotional", form.boolean, default=True),
            title=each.read("title", form.text, field.key),
            when_unreadable=cast(
                "WhenUnreadable", each.read("when_unreadable", form.one_of(UNREADABLE), "hold")
            ),
            may_use=_may_use(scope, each),
        )
        if purpose.when_unreadable == "send" and purpose.basis == "consent":
            scope.findings.report(
                "P306",
                each.place_of_value("when_unreadable"),
                f"`{purpose.name}` rests on consent, and what cannot be read cannot be sent on",
                "take `when_unreadable` out, or say another `basis` if it has one",
            )
        purposes.append(purpose)
        each.close()
    return purposes


def _may_use(scope: Scope, part: Form) -> tuple[str, ...]:
    names = part.read("may_use", form.texts, ())
    scope.refer_all("purpose", names, part.take("may_use"))
    return names


def read_cap(scope: Scope, tree: Fields) -> Cap:
    """Read the most deliveries in a window."""
    part = Form(scope.findings, tree, "this cap")
    cap = Cap(
        name=part.need_read("cap", form.text, "", example="cap: week"),
        limit=part.need_read("at_most", form.count, 1, example="at_most: 3"),
        window=part.need_read("within", form.duration, DAY, example="within: 7d"),
        channels=_channels(scope, part),
        purposes=_purposes(scope, part),
    )
    part.read("title", form.text, "")
    part.close()
    return cap


def read_quiet_hours(scope: Scope, tree: Fields) -> QuietHours:
    """Read the local hours in which nothing promotional is sent."""
    part = Form(scope.findings, tree, "these quiet hours")
    quiet = QuietHours(
        name=part.need_read("quiet_hours", form.text, "", example="quiet_hours: night"),
        start=part.need_read("from", form.minute_of_day, 0, example='from: "21:00"') % 1_440,
        end=part.need_read("to", form.minute_of_day, 1, example='to: "08:00"') % 1_440,
        channels=_channels(scope, part),
        purposes=_purposes(scope, part),
        zones_when_unknown=part.read("unknown_zones", zones, ()),
    )
    part.read("title", form.text, "")
    part.close()
    if quiet.start == quiet.end:
        scope.findings.report(
            "P301",
            part.place_of("to"),
            "these quiet hours begin and end at the same minute, so they are never or always",
            "write two different times, or remove the policy",
        )
    return quiet


def read_suppress(scope: Scope, tree: Fields) -> StateRule:
    """Read a state of a person in which no promotion is sent."""
    part = Form(scope.findings, tree, "this suppression")
    condition = part.need("when", "when: {in_segment: open_complaint}")
    hand = Hand(entry="")
    rule = StateRule(
        name=part.need_read("suppress", form.text, "", example="suppress: bought"),
        when=ALWAYS if condition is None else read_condition(scope, condition, hand),
        what=part.need_read("because", form.text, "", example="because: bought it already"),
        purposes=_purposes(scope, part),
    )
    part.read("title", form.text, "")
    part.close()
    return rule


def read_holdout(scope: Scope, tree: Fields) -> Holdout:
    """Read a share of people who are kept out on purpose."""
    part = Form(scope.findings, tree, "this holdout")
    name = part.need_read("holdout", form.text, "", example="holdout: global")
    holdout = Holdout(
        name=name,
        share=part.need_read("share", form.share, 0.0, example="share: 5%"),
        salt=part.read("salt", form.any_text, name),
        purposes=_purposes(scope, part),
    )
    part.read("title", form.text, "")
    part.close()
    return holdout


def _channels(scope: Scope, part: Form) -> tuple[str, ...]:
    names = part.read("channels", form.texts, ())
    scope.refer_all("channel", names, part.take("channels"))
    return names


def _purposes(scope: Scope, part: Form) -> tuple[str, ...]:
    names = part.read("purposes", form.texts, ())
    scope.refer_all("purpose", names, part.take("purposes"))
    return names
