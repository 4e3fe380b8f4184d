"""`matching:` by which traits two identities may turn out to be one person's."""

from __future__ import annotations

from typing import cast

from legato.core.privacy.law import CLASSES
from legato.model.definitions.matching import Compared, CompareKind, Matching
from legato.model.plan import PrivacyClass
from legato.plan import form
from legato.plan.findings import listed
from legato.plan.form import Form
from legato.plan.scope import Scope
from legato.plan.source import Fields, Value

KINDS: tuple[CompareKind, ...] = ("name", "date", "code", "words")
COMPARED_MIN, COMPARED_MAX = 2, 20
"""One trait alone says nothing about a pair; each more makes a run longer."""
ABOVE, ABOVE_MIN = 0.9, 0.5
"""From which probability on a pair is suggested; what is less probable than not is no match."""
_EXAMPLE = "compare: [{trait: surname, as: name}, {trait: date_of_birth, as: date}]"


def read_matching(scope: Scope, tree: Fields) -> Matching | None:
    """Read how people are looked for who may be one."""
    outer = Form(scope.findings, tree, "the document of matching")
    value = outer.take("matching")
    inner = form.fields(scope.findings, value, "matching") if value is not None else None
    outer.close()
    if inner is None:
        return None
    part = Form(scope.findings, inner, "`matching`")
    matching = Matching(
        compare=_compare(scope, part.need("compare", _EXAMPLE)),
        suggest_above=part.read("suggest_above", form.share, ABOVE),
    )
    part.close()
    if not ABOVE_MIN <= matching.suggest_above < 1:
        scope.findings.report(
            "D107",
            part.place_of_value("suggest_above"),
            "`suggest_above` is a probability from 50% to below 100%",
            f"`suggest_above: {ABOVE}`",
        )
    return matching


def _compare(scope: Scope, value: Value | None) -> tuple[Compared, ...]:
    found = form.items(scope.findings, value, "compare") if value is not None else None
    if found is None:
        return ()
    read = [_compared(scope, item) for item in found.items]
    compared = tuple(each for each in read if each is not None)
    if not COMPARED_MIN <= len(found.items) <= COMPARED_MAX:
        scope.findings.report(
            "I304",
            found.place,
            f"people are compared by {COMPARED_MIN} to {COMPARED_MAX} traits, not by "
            f"{len(found.items)}",
            f"`{_EXAMPLE}`",
        )
    for at, each in enumerate(compared):
        if each.trait in [one.trait for one in compared[:at]]:
            scope.findings.report(
                "I304",
                found.place,
                f"`{each.trait}` is compared twice, and would count twice",
                "leave one of the two out",
            )
    return compared


def _compared(scope: Scope, item: Value) -> Compared | None:
    tree = form.fields(scope.findings, item, "compare")
    if tree is None:
        return None
    part = Form(scope.findings, tree, "this comparison")
    trait = part.need_read("trait", form.text, "", example="trait: surname")
    kind = part.need_read("as", form.text, "", example="as: name")
    accepts = cast("PrivacyClass", part.read("accepts", form.one_of(CLASSES), "personal"))
    part.close()
    if trait:
        scope.compare_places[trait] = part.place_of_value("trait")
        _check_trait(scope, trait, part)
    if kind not in KINDS:
        if kind:
            scope.findings.report(
                "D107",
                part.place_of_value("as"),
                f"values are compared as {listed(KINDS)}, not as `{kind}`",
                "write `as: code` where only the same characters are the same",
            )
        return None
    return Compared(trait=trait, kind=kind, accepts=accepts)


def _check_trait(scope: Scope, trait: str, part: Form) -> None:
    place = part.place_of_value("trait")
    known = scope.refer("trait", trait, place)
    # One that is declared both ways is a problem already.
    if known and scope.names["computed"].get(trait) == scope.names["trait"][trait]:
        scope.findings.report(
            "I304",
            place,
            f"`{trait}` is computed: it says what somebody did, not who they are",
            "compare traits that are told, such as names",
        )
