"""What a minute of drifted events is taken for: the right mapping, or none."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

import msgspec
import pytest

from legato.govern.drift.judge import Judge
from legato.govern.drift.names import likeness
from legato.govern.drift.proposal import Finding, mapping_text
from legato.model.event import CustomerEvent
from legato.model.ids import EventId
from legato.model.instant import MINUTE, SECOND, Instant
from legato.model.plan import FieldMapping, Plan
from tests.sim.shopkeeping import BASE, compile_plan

START: Instant = 1_770_000_000_000_000
ORDER = """
event: Order Placed
owner: web
purpose: service
schema:
  type: object
  required: [order_id, total, customer]
  properties:
    order_id: {type: string}
    total: {type: number}
    customer: {type: object, required: [zip_code], properties: {zip_code: {type: string}}}
    coupon: {type: string}
    currency: {type: string, default: EUR}
    is_paid: {type: boolean}
    status: {enum: [paid, complete, on hold]}
    items: {type: array, items: {type: object, required: [sku], properties: {sku: {type: string}}}}
"""


def plan() -> Plan:
    text = BASE["legato.yaml"].replace("accept_unknown: true", "accept_unknown: false")
    return compile_plan(orders=ORDER, legato=text)


def healthy(number: int) -> dict[str, Any]:
    return {
        "order_id": f"o{number}",
        "total": 40 + number,
        "customer": {"zip_code": f"{10_000 + number}"},
        "coupon": "SPRING",
        "is_paid": True,
        "status": "paid",
        "items": [{"sku": f"s{number}"}],
        "weight": 900 + number,
    }


def event(at: Instant, body: Mapping[str, Any], name: str = "Order Placed") -> CustomerEvent:
    return CustomerEvent(
        event_id=EventId("e"),
        received_at=at,
        occurred_at=at,
        source="web",
        message_id="m",
        kind="track",
        name=name,
        body=msgspec.json.encode(body),
    )


Change: TypeAlias = Mapping[str, Callable[[int], object]]
"""Field -> its value in the event of a number."""


def always(value: object) -> Callable[[int], object]:
    return lambda _: value


def judged(
    change: Change,
    *,
    drop: tuple[str, ...] = (),
    name: str = "Order Placed",
    is_new: bool = False,
) -> Finding | None:
    """Let an hour be healthy, and then ten events be changed; return what is found."""
    judge = Judge()
    judge.follow(plan())
    if not is_new:
        judge.take([event(START + number * SECOND, healthy(number)) for number in range(60)])
    now = START + 3 * MINUTE
    judge.findings(now)
    for number in range(10):
        body = healthy(number)
        for key in drop:
            del body[key]
        body |= {key: value(number) for key, value in change.items()}
        judge.take([event(now, body, name)])
    found, _ = judge.findings(now + SECOND)
    return found[0] if found else None


def mapped(finding: Finding | None) -> FieldMapping:
    assert finding is not None
    assert finding.mapping is not None, finding.unresolved
    return finding.mapping


def test_healthy_events_have_not_drifted() -> None:
    assert judged({}) is None


@pytest.mark.parametrize("name", ["amt", "order_total", "totalAmount", "totl"])
def test_a_renamed_field_is_found_where_it_went_missing(name: str) -> None:
    finding = judged({name: lambda number: 41 + number}, drop=("total",))

    assert mapped(finding).rename == {name: "total"}
    assert finding is not None
    assert finding.healed == 10
    assert finding.problems == ("`total` is missing in 10 of 10",)


def test_a_field_renamed_with_its_unit_is_multiplied_back() -> None:
    mapping = mapped(judged({"total_cents": lambda n: 4_000 + 100 * n}, drop=("total",)))

    assert mapping.rename == {"total_cents": "total"}
    assert mapping.multiply == {"total": 0.01}


def test_a_field_inside_an_object_and_one_inside_a_list_are_found() -> None:
    change: Change = {
        "customer": lambda n: {"zipCode": f"{10_000 + n}"},
        "items": lambda n: [{"SKU": f"s{n}"}, {"SKU": "x1"}],
    }

    mapping = mapped(judged(change))

    assert mapping.rename == {"customer.zipCode": "customer.zip_code", "items[].SKU": "items[].sku"}


def test_a_number_that_has_become_a_text_is_read_as_a_number() -> None:
    mapping = mapped(
        judged({"total": lambda number: f"{41 + number}.50", "is_paid": always("true")})
    )

    assert mapping.convert == {"total": "number", "is_paid": "boolean"}


def test_a_field_renamed_and_retyped_at_once_is_found() -> None:
    mapping = mapped(judged({"amount": lambda number: f"{41 + number}"}, drop=("total",)))

    assert (mapping.rename, mapping.convert) == ({"amount": "total"}, {"total": "number"})


def test_null_is_dropped_or_filled_as_the_schema_says() -> None:
    mapping = mapped(judged({"coupon": always(None), "currency": always(None)}))

    assert (mapping.drop_null, mapping.default) == (("coupon",), {"currency": "EUR"})


def test_a_value_written_otherwise_is_read_as_the_declared_one() -> None:
    mapping = mapped(judged({"status": lambda n: ("PAID", "On-Hold")[n % 2]}))

    assert mapping.values == {"status": {"PAID": "paid", "On-Hold": "on hold"}}


def test_a_field_that_is_not_required_and_is_gone_is_found_too() -> None:
    mapping = mapped(judged({"coupon_nr": always("SPRING")}, drop=("coupon",)))

    assert mapping.rename == {"coupon_nr": "coupon"}


def test_an_event_under_a_name_written_otherwise_is_found() -> None:
    mapping = mapped(judged({}, name="order_placed"))

    assert (mapping.event, mapping.called) == ("Order Placed", "order_placed")


POISON: list[tuple[str, Change, tuple[str, ...]]] = [
    ("a subtotal", {"subtotal": lambda n: 41 + n}, ("total",)),
    ("a total without tax", {"total_excl_tax": lambda n: 41 + n}, ("total",)),
    ("how many, not how much", {"total_items": lambda n: 41 + n}, ("total",)),
    ("another size under the same name", {"amount": lambda n: 41_000 + n}, ("total",)),
    ("cents that nobody calls cents", {"order_total": lambda n: 4_100 + n}, ("total",)),
    ("a text and cents at once", {"total_cents": lambda n: f"{4_100 + n}"}, ("total",)),
    ("two that could be it", {"amt": lambda n: 41 + n, "value": lambda n: 42 + n}, ("total",)),
    ("one that was always there", {"weight": lambda n: 41 + n}, ("total",)),
    ("another type", {"amount": lambda n: [41 + n]}, ("total",)),
    ("another meaning", {"discount": lambda n: 41 + n}, ("total",)),
    ("nothing in its place", {}, ("total",)),
    ("a decimal comma", {"total": lambda n: f"{41 + n},50"}, ()),
    ("some that are no number", {"total": lambda n: "n/a" if n == 3 else str(41 + n)}, ()),
    ("cents in a text", {"total": lambda n: f"{4_100 + n}"}, ()),
    ("null where a value is needed", {"total": always(None)}, ()),
    ("the opposite word", {"status": always("incomplete")}, ()),
    ("a new word", {"status": always("refunded")}, ()),
    ("somebody's words", {"status": lambda n: f"call me at home {n}"}, ()),
]


@pytest.mark.parametrize(("_", "change", "drop"), POISON, ids=[name for name, _, _ in POISON])
def test_what_could_be_wrong_is_noticed_and_nothing_proposed(
    _: str, change: Change, drop: tuple[str, ...]
) -> None:
    finding = judged(change, drop=drop)

    assert finding is not None
    assert finding.mapping is None, finding.mapping
    assert finding.unresolved


def test_a_number_that_was_a_text_with_leading_zeros_is_not_read_as_text() -> None:
    judge = Judge()
    judge.follow(plan())
    for number in range(60):
        body = healthy(number) | {"order_id": f"0{number}" if number % 3 else f"1{number}"}
        judge.take([event(START, body)])
    now = START + 3 * MINUTE
    judge.findings(now)
    judge.take([event(now, healthy(n) | {"order_id": 10 + n}) for n in range(10)])

    (finding,), _ = judge.findings(now)

    assert finding.mapping is None


def test_an_unknown_event_with_an_opposite_name_is_not_taken_for_another() -> None:
    finding = judged({}, name="Order Unplaced")

    assert finding is not None
    assert finding.mapping is None


def test_without_knowing_the_time_before_only_the_same_name_counts() -> None:
    alike = judged({"amount_of_order": lambda n: 41 + n}, drop=("total",), is_new=True)
    same = judged({"Total": lambda n: 41 + n}, drop=("total",), is_new=True)

    assert alike is not None
    assert alike.mapping is None
    assert mapped(same).rename == {"Total": "total"}


def test_the_healthy_of_the_same_minute_tell_what_events_look_like() -> None:
    judge = Judge()
    judge.follow(plan())
    judge.take([event(START, healthy(number)) for number in range(20)])
    for number in range(10):
        body = healthy(number)
        body["order_total"] = body.pop("total")
        judge.take([event(START + SECOND, body)])

    (finding,), _ = judge.findings(START + 2 * SECOND)

    assert mapped(finding).rename == {"order_total": "total"}


def test_a_finding_holds_no_value() -> None:
    change: Change = {
        "email": always("ana@example.com"),
        "ana@example.com": always(1),
        "total": always("secret"),
    }

    text = str(judged(change))

    assert "ana" not in text
    assert "secret" not in text


def test_a_proposal_is_written_as_a_definition_that_compiles() -> None:
    mapping = msgspec.structs.replace(
        mapped(judged({"items": lambda n: [{"SKU": f"s{n}"}], "coupon": always(None)})),
        name="orders",
    )

    text = mapping_text(msgspec.structs.replace(mapping, source=""))

    compiled = compile_plan(orders=ORDER, mappings=text).mappings["orders"]
    assert compiled.rename == mapping.rename
    assert compiled.drop_null == mapping.drop_null


@pytest.mark.parametrize(
    ("one", "other", "is_alike"),
    [
        ("amt", "total", True),
        ("emailAddress", "email", True),
        ("qty", "quantity", True),
        ("paid", "unpaid", False),
        ("address_1", "address_2", False),
        ("first_name", "last_name", False),
    ],
)
def test_names_are_compared_by_meaning(one: str, other: str, is_alike: bool) -> None:  # noqa: FBT001 - a case
    assert (likeness(one, other) >= 0.6) is is_alike
