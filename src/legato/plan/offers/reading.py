"""`offer:` what is promised for an item, what ends it, and which sends make it."""

from __future__ import annotations

from collections.abc import Iterable

from legato.model.definitions.offer import Offer, OfferEnd
from legato.model.instant import DAY
from legato.plan import form
from legato.plan.conditions.properties import property_schema
from legato.plan.findings import listed, nearest
from legato.plan.form import Form
from legato.plan.scope import Scope
from legato.plan.source import Fields, Items, Leaf, Value


def read_offer(scope: Scope, tree: Fields) -> Offer:
    """Read an offer."""
    part = Form(scope.findings, tree, "this offer")
    name = part.need_read("offer", form.text, "", example="offer: coat_10_off")
    item, item_path = _subject(scope, part, "item")
    category, category_path = _subject(scope, part, "category")
    if "item" not in part and "category" not in part:
        scope.findings.report(
            "O301",
            part.place,
            "this offer does not say what it is about, so nothing could contradict it",
            "add `item: coat`, `item: {from: sku}` or `category: coats`",
        )
    offer = Offer(
        name=name,
        kind=part.need_read("kind", form.text, "", example="kind: discount"),
        duration=part.need_read("for", form.duration, DAY, example="for: 7d"),
        item=item,
        item_path=item_path,
        category=category,
        category_path=category_path,
        price=part.read("price", _written, ""),
        goes_with=part.read("goes_with", form.texts, ()),
        ends=_ends(scope, part),
        title=part.read("title", form.text, ""),
        owner=part.read("owner", form.text, ""),
    )
    part.close()
    return offer


def _subject(scope: Scope, part: Form, key: str) -> tuple[str, str]:
    """Read `item: coat` or `item: {from: sku}`: what it is, or where the entry event has it."""
    value = part.take(key)
    if not isinstance(value, Fields):
        return part.read(key, form.any_text, ""), ""
    inner = Form(scope.findings, value, f"`{key}`")
    path = inner.need_read("from", form.text, "", example="from: sku")
    inner.close()
    return "", path


def _written(findings: form.Findings, value: Value, what: str) -> str | None:
    """Read a price as it is written: 89, 79.90 or `10 % off`."""
    if isinstance(value, Leaf) and isinstance(value.value, int | float):
        return str(value.value)
    return form.text(findings, value, what)


def _ends(scope: Scope, part: Form) -> tuple[OfferEnd, ...]:
    value = part.take("ends")
    if value is None:
        return ()
    found = value if isinstance(value, Items) else Items(place=value.place, items=(value,))
    ends = [_end(scope, one) for one in found.items]
    return tuple(one for one in ends if one is not None)


def _end(scope: Scope, value: Value) -> OfferEnd | None:
    tree = form.fields(scope.findings, value, "ends")
    if tree is None:
        return None
    part = Form(scope.findings, tree, "this end")
    event = part.need_read("on", form.text, "", example="on: Order Completed")
    same = part.read("same", form.text, "")
    if event and scope.refer("event", event, part.place_of_value("on")) and same:
        property_schema(scope, event, same, part.place_of_value("same"))
    part.close()
    return OfferEnd(on=event, same=same)


def report_lonely_kinds(scope: Scope, trees: Iterable[Fields]) -> None:
    """Report a kind to go with that no offer is of: it is a slip of the pen."""
    kinds = sorted({offer.kind for offer in scope.offers.values()})
    for tree in trees:
        value = tree.get("goes_with")
        items = value.items if isinstance(value, Items) else (value,) if value else ()
        for one in items:
            word = one.value if isinstance(one, Leaf) else None
            if isinstance(word, str) and word not in kinds:
                near = nearest(word, kinds)
                scope.findings.report(
                    "O302",
                    one.place,
                    f"no offer is of the kind `{word}`",
                    f"did you mean `{near}`?" if near else f"use one of {listed(kinds)}",
                )


def read_made(scope: Scope, part: Form, message: str, *, entry: str | None) -> str:
    """Read which offer a send makes: its own, else its template's."""
    own = part.read("offer", form.text, "")
    place = part.place_of_value("offer")
    if own and not scope.refer("offer", own, place):
        return ""
    name = own or scope.template_offers.get(message, "")
    offer = scope.offers.get(name)
    if offer is None:
        return ""
    paths = offer.paths()
    if paths and entry is None:
        scope.findings.report(
            "O303",
            place,
            f"`{name}` is about what stands in `{paths[0]}` of the event that began the journey, "
            "and no event begins this one",
            "make it in a journey that is entered on an event, or give the offer a fixed `item`",
        )
    elif entry:
        for path in paths:
            property_schema(scope, entry, path, place)
    return name
