"""What rehearsed people do: a few days of a shop's customers, drawn from a seed.

The events are those of `examples/shop`. Everybody has addresses of their own, which tell a reader
whose message it was; carts, products and devices are few, so that people meet the same ones again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

from legato.model.event import NAME_OF_KIND, CustomerEvent, CustomerEventKind
from legato.model.ids import EventId, derive
from legato.model.instant import DAY, HOUR, MINUTE, SECOND, Duration, Instant
from legato.model.noun import Noun
from legato.simulate.dice import Dice

ZONES = (
    "Europe/London",
    "America/New_York",
    "Asia/Kolkata",
    "Australia/Lord_Howe",  # half an hour of summer time
    "Pacific/Apia",
    "",  # nobody knows
)
STARTS: tuple[Instant, ...] = (
    1_772_445_600_000_000,  # 2026-03-02T10:00Z, an ordinary Monday
    1_772_870_400_000_000,  # 2026-03-07T08:00Z, the eve of summer time in New York
    1_774_688_400_000_000,  # 2026-03-28T09:00Z, the eve of summer time in Europe
    1_775_210_400_000_000,  # 2026-04-03T10:00Z, two nights before Lord Howe's winter
    1_792_831_200_000_000,  # 2026-10-24T08:40Z, the eve of winter in Europe
    1_793_433_600_000_000,  # 2026-10-31T08:00Z, the eve of winter in New York
)


class Crowd(Noun, frozen=True, kw_only=True):
    """How many people, for how long, and how much they do."""

    people: int = 4
    days: float = 2.0
    doings: int = 14
    """Most things one person does."""
    crm_lag: Duration = 30 * MINUTE
    """Most time the CRM takes to confirm an order."""
    is_mixed: bool = True
    """People also do things before they sign in, on devices that several share."""


class Deed(Noun, frozen=True, kw_only=True):
    """Something that happens, before it is an event."""

    at: Instant
    name: str
    body: Mapping[str, Any]
    kind: CustomerEventKind = "track"
    source: str = "web"
    context: Mapping[str, Any] = {}
    is_anonymous: bool = False


def start_of(dice: Dice) -> Instant:
    """Return where a world begins: an ordinary day, or one before clocks are changed."""
    return dice.pick(STARTS, "start") + dice.between(0, 23, "start hour") * HOUR


def workload(dice: Dice, crowd: Crowd, start: Instant) -> list[CustomerEvent]:
    """Return everything everybody does, in order of time."""
    events: list[CustomerEvent] = []
    for number in range(crowd.people):
        who = f"p{number}"
        for index, deed in enumerate(_life(dice, crowd, who, start)):
            events.append(_event(dice, crowd, who, index, deed))
    return sorted(events, key=lambda event: (event.occurred_at, event.message_id))


def email_of(who: str) -> str:
    """Return somebody's address."""
    return f"{who}@example.com"


def phone_of(who: str) -> str:
    """Return somebody's number."""
    return f"+4477009{int(who[1:]):05d}"


def _event(dice: Dice, crowd: Crowd, who: str, index: int, deed: Deed) -> CustomerEvent:
    message_id = f"{who}-{index}"
    device = ""
    if crowd.is_mixed and deed.source == "web":
        device = f"device-{dice.between(0, crowd.people - 1, who, 'device', index // 5)}"
    return CustomerEvent(
        event_id=EventId(derive("event", deed.source, message_id)),
        received_at=deed.at,
        occurred_at=deed.at,
        source=deed.source,
        message_id=message_id,
        kind=deed.kind,
        name=deed.name or NAME_OF_KIND[deed.kind],
        user_id=None if deed.is_anonymous and device else who,
        anonymous_id=device or None,
        body=msgspec.json.encode(deed.body),
        context=msgspec.json.encode(deed.context),
    )


def _life(dice: Dice, crowd: Crowd, who: str, start: Instant) -> Iterator[Deed]:
    yield _introduction(dice, who, start + dice.between(0, 600, who, "arrives") * SECOND)
    span = round(crowd.days * DAY / SECOND)
    for number in range(dice.between(2, crowd.doings, who, "count")):
        at = start + dice.between(0, span, who, "at", number) * SECOND
        yield from _deeds(dice, crowd, who, number, at)


def _introduction(dice: Dice, who: str, at: Instant) -> Deed:
    traits: dict[str, Any] = {"email": email_of(who), "name": who}
    if dice.is_hit(0.8, who, "has a phone"):
        traits["phone"] = phone_of(who)
    zone = dice.pick(ZONES, who, "zone")
    if zone:
        traits["timezone"] = zone
    context: dict[str, Any] = {}
    if dice.is_hit(0.8, who, "says yes or no"):
        agrees = dice.is_hit(0.85, who, "agrees")
        context = {"consent": {"categoryPreferences": {"Advertising": agrees}}}
    return Deed(at=at, kind="identify", name="", body=traits, context=context)


DEEDS: Sequence[str] = (
    *("checkout",) * 5,
    *("view",) * 4,
    *("order",) * 3,
    *("update",) * 2,
    *("ticket",) * 2,
    *("mind",) * 3,
    "travel",
)
"""Each as often as it stands here."""


def _deeds(dice: Dice, crowd: Crowd, who: str, number: int, at: Instant) -> Iterator[Deed]:
    product = {"product_id": f"item-{dice.between(0, 3, who, 'product', number)}"}
    cart = {"cart_id": f"cart-{who}-{dice.between(0, 2, who, 'cart', number)}", **product}
    match dice.pick(DEEDS, who, "deed", number):
        case "checkout":
            yield Deed(at=at, name="Checkout Started", body={**cart, "value": 80})
        case "view":
            is_anonymous = dice.is_hit(0.4, who, "anonymous", number)
            yield Deed(at=at, name="Product Viewed", body=product, is_anonymous=is_anonymous)
            later = at + dice.between(1, 600, who, "again", number) * SECOND
            yield Deed(at=later, name="Product Viewed", body=product, is_anonymous=is_anonymous)
        case "order":
            yield from _order(dice, crowd, who, number, at)
        case "update":
            yield Deed(at=at, name="Cart Updated", body=cart)
        case "ticket":
            name = dice.pick(("Ticket Opened", "Ticket Solved"), who, "ticket", number)
            yield Deed(at=at, name=name, body={"ticket_id": f"ticket-{who}"})
        case "mind":
            yield _change_of_mind(dice, who, number, at)
        case _:
            zone = dice.pick(ZONES[:-1], who, "travels to", number)
            yield Deed(at=at, kind="identify", name="", body={"timezone": zone})


def _order(dice: Dice, crowd: Crowd, who: str, number: int, at: Instant) -> Iterator[Deed]:
    order = f"order-{who}-{number}"
    items = [{"product_id": f"item-{dice.between(0, 3, who, 'buys', number)}"}]
    cart = f"cart-{who}-{dice.between(0, 2, who, 'cart', number)}"
    body = {"order_id": order, "cart_id": cart, "products": items}
    yield Deed(at=at, name="Order Completed", body=body)
    if dice.is_hit(0.85, who, "synced", number):
        lag = round(dice.throw(who, "lag", number) * crowd.crm_lag)
        synced = {"order_id": order}
        yield Deed(at=at + lag, name="Order Synced", body=synced, source="crm")


def _change_of_mind(dice: Dice, who: str, number: int, at: Instant) -> Deed:
    body: dict[str, Any] = {
        "purpose": "marketing",
        "granted": dice.is_hit(0.5, who, "granted", number),
    }
    channel = dice.pick(("", "*", "email", "sms"), who, "consent channel", number)
    if channel:
        body["channel"] = channel
    return Deed(at=at, name="Consent Changed", body=body)


def who_of(address: str, people: Sequence[str]) -> str:
    """Return whose address it is; empty when nobody's."""
    return next((who for who in people if address in (email_of(who), phone_of(who))), "")
