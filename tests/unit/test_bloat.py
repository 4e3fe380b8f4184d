"""The bloat report: what nothing reads for how long, what never comes, how much of it there is."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from legato.insight.bloat.report import Bloat, BloatReport, report_of
from legato.insight.bloat.weigh import Scales
from legato.model.ids import PersonId
from legato.model.instant import DAY
from legato.model.plan import Plan
from legato.simulate.world import START, World
from legato.stores.memory import MemoryLog, MemoryStore
from tests.sim.shopkeeping import BASE, compile_plan
from tests.sim.test_double_opt_in import plan_of as double_opt_in_plan

ORDERS = """
event: Order Completed
owner: web
purpose: service
schema:
  type: object
  properties:
    order_id: {type: string}
    coupon: {type: string}
    address: {type: object, properties: {city: {type: string}, street: {type: string}}}
"""
CALLS = """
journey: thanks
title: Thanks
owner: growth
purpose: service
enter: {on: Order Completed, key: order_id, again: any time}
steps:
  - send: {message: thanks, on: email, expires: 1d}
"""
THANKS = """
template: thanks
purpose: service
email: {subject: "Thank you", body: "To {{ event.address.city }}"}
"""
GOLD = """
segment: gold
title: Gold
owner: crm
when: {trait: {plan: gold}}
"""
GOLD_ENTERS = """
journey: gold
title: Gold
owner: growth
purpose: service
enter: {segment: gold, again: once}
steps:
  - wait: 1d
"""
EVENTS = BASE["events.yaml"].replace(
    "event: Order Completed\ntitle: Order Completed\nowner: web\npurpose: service\n"
    "schema: {type: object}",
    ORDERS.strip(),
)
TEMPLATES = f"{BASE['templates.yaml']}\n---\n{THANKS}"


def shop(*journeys: str, **files: str) -> Plan:
    return compile_plan(CALLS, *journeys, events=EVENTS, templates=TEMPLATES, **files)


class Shop:
    """A world, and the stores that it is in."""

    def __init__(self, plan: Plan) -> None:
        self.log, self.store = MemoryLog(), MemoryStore()
        self.world = World(plan, self.log, self.store)


def weigh(here: Shop, plan: Plan, *, records: int = 0, people: int = 0) -> Scales:
    scales = Scales(plan, records=records, people=people, inside={})
    for position, data in here.log.read(0, 1_000_000):
        scales.record(position, data)
    for person_id, data in here.store.people(PersonId(""), 1_000_000):
        scales.person(person_id, data)
    return scales


def look(here: Shop, plan: Plan, days: int = 90) -> BloatReport:
    scales = weigh(here, plan)
    return report_of(plan, scales.weighed(), scales.past, since=days * DAY, now=here.world.now)


def found(report: BloatReport, finding: str) -> Mapping[tuple[str, str], Bloat]:
    return {(row.family, row.name): row for row in report.rows if row.finding == finding}


def test_what_nothing_read_for_the_period_is_named_with_its_owner_and_bytes() -> None:
    plan = shop()
    here = Shop(plan)
    here.world.identify(
        "ana", {"email": "ana@example.com", "phone": "+447700900001", "plan": "gold"}
    )
    here.world.track("ana", "Order Completed", {"order_id": "o1", "coupon": "SPRING"})
    here.world.track("ana", "Product Viewed", {"sku": "a"})
    here.world.advance(91 * DAY)

    report = look(here, plan)

    unused = found(report, "unused")
    coupon = unused["property", "Order Completed/coupon"]
    assert (coupon.owner, coupon.events, coupon.people) == ("web", 1, 0)
    assert coupon.log_bytes == len('"coupon":"SPRING",')
    assert (coupon.unread_since, coupon.last_at) == (START, START)
    trait = unused["trait", "plan"]
    assert (trait.owner, trait.events, trait.people) == ("crm", 1, 1)
    assert trait.log_bytes == len('"plan":"gold",')
    assert trait.state_bytes > len("plangold")
    assert unused["event", "Product Viewed"].log_bytes > 0
    assert report.unused_bytes == sum(row.log_bytes + row.state_bytes for row in unused.values())
    assert "retired" in coupon.fix
    assert not report.is_young


def test_what_a_journey_list_channel_or_identifier_goes_by_is_not_bloat() -> None:
    plan = shop(GOLD_ENTERS, segments=GOLD)
    here = Shop(plan)
    here.world.advance(91 * DAY)

    unused = found(look(here, plan), "unused")

    for read in (
        ("event", "Order Completed"),  # a journey enters by it
        ("property", "Order Completed/order_id"),  # its key
        ("property", "Order Completed/address/city"),  # a template shows it
        ("property", "Order Completed/address"),  # what it stands in
        ("trait", "email"),  # people are known by it
        ("trait", "phone"),  # an address of a channel
        ("trait", "timezone"),  # hours are those of the person
        ("trait", "plan"),  # through the segment
        ("segment", "gold"),
    ):
        assert read not in unused
    assert ("property", "Order Completed/address.street") in unused


def test_segments_that_only_read_one_another_keep_nothing_alive() -> None:
    inner = GOLD.replace("{trait: {plan: gold}}", "{in_segment: gold}").replace(
        "segment: gold\n", "segment: shiny\n", 1
    )
    plan = shop(segments=f"{GOLD}\n---\n{inner}")
    here = Shop(plan)
    here.world.advance(91 * DAY)

    unused = found(look(here, plan), "unused")

    assert {("segment", "gold"), ("segment", "shiny"), ("trait", "plan")} <= unused.keys()


def test_a_field_is_unused_from_the_plan_that_took_its_last_reader_away() -> None:
    with_reader, without = shop(GOLD_ENTERS, segments=GOLD), shop(segments=GOLD)
    here = Shop(with_reader)
    here.world.advance(100 * DAY)
    here.world.activate(without)
    here.world.advance(30 * DAY)

    early = look(here, without)
    here.world.advance(61 * DAY)
    late = look(here, without)

    assert found(early, "unread")["trait", "plan"].unread_since == START + 100 * DAY
    row = found(late, "unused")["trait", "plan"]
    assert row.unread_since == START + 100 * DAY
    assert row.was_read_by == "segment gold"


def test_what_is_retired_is_listed_with_when_it_is_gone() -> None:
    catalog = BASE["catalog.yaml"].replace("trait: plan\n", "trait: plan\nretired: 2026-04-01\n")
    plan = shop(catalog=catalog)
    here = Shop(plan)
    here.world.advance(91 * DAY)

    report = look(here, plan)

    row = found(report, "retired")["trait", "plan"]
    since = plan.traits["plan"].retired
    assert (row.retired_at, row.gone_at) == (since, since + 30 * DAY)
    assert ("trait", "plan") not in found(report, "unused")


def test_a_young_workspace_claims_nothing() -> None:
    plan = shop()
    here = Shop(plan)
    here.world.advance(12 * DAY)

    report = look(here, plan)

    assert report.is_young
    assert report.workspace_since == START
    assert {row.finding for row in report.rows} == {"unread"}


def test_what_comes_undeclared_and_what_never_comes_is_named() -> None:
    plan = shop()
    here = Shop(plan)
    here.world.advance(91 * DAY)
    here.world.track("ana", "Order Completed", {"order_id": "o1", "cupon": "SPRING"})
    here.world.track("ana", "Chat Opened", {"topic": "a"})
    here.world.identify("ana", {"email": "ana@example.com", "shoe_size": 41})

    report = look(here, plan)

    undeclared = found(report, "undeclared")
    assert {
        ("property", "Order Completed/cupon"),
        ("event", "Chat Opened"),
        ("trait", "shoe_size"),
    } == undeclared.keys()
    assert undeclared["event", "Chat Opened"].events == 1
    absent = found(report, "absent")
    assert ("trait", "phone") in absent
    assert ("trait", "email") not in absent


def test_a_name_that_may_be_somebodys_data_is_not_shown() -> None:
    plan = shop()
    here = Shop(plan)
    here.world.track("ana", "Order Completed", {"order_id": "o1", "ana@example.com": 1})

    report = look(here, plan)

    assert "example.com" not in str(report)
    assert len(found(report, "undeclared")) == 1


def test_a_cost_is_shown_where_a_price_is_declared() -> None:
    settings = f"{BASE['legato.yaml']}storage: {{price_per_gb_month: 50}}\n"
    plan = shop(legato=settings)
    here = Shop(plan)
    here.world.identify("ana", {"plan": "x" * 30_000})
    here.world.advance(91 * DAY)

    priced, free = look(here, plan), look(here, shop())

    row = found(priced, "unused")["trait", "plan"]
    assert row.cost_micros == (row.log_bytes + row.state_bytes) * 50_000_000 // 1_000_000_000
    assert priced.unused_cost_micros
    assert free.unused_cost_micros is None


@pytest.mark.parametrize("one_in", [2, 8])
def test_a_sample_is_off_by_no_more_than_it_says(one_in: int) -> None:
    plan = shop()
    here = Shop(plan)
    for number in range(600):
        coupon = "x" * (number % 40)
        here.world.track("ana", "Order Completed", {"order_id": f"o{number}", "coupon": coupon})
    whole = weigh(here, plan).weighed().log
    sampled = weigh(here, plan, records=one_in * 200_000).weighed().log

    (ref,) = [ref for ref in whole if ref.name == "Order Completed/coupon"]
    event = next(ref for ref in whole if ref.name == "Order Completed")

    assert whole[ref].error == 0
    assert 0 < sampled[ref].error < whole[ref].bytes
    assert abs(sampled[ref].bytes - whole[ref].bytes) <= sampled[ref].error
    assert sampled[event] == whole[event]


STREAM = """
destination: sink
connector: file
settings: {path: "-"}
events: {purpose: service, only: [Product Viewed]}
"""


def test_what_is_handed_on_as_it_happens_is_not_bloat() -> None:
    plan = shop(destinations=f"{BASE['destinations.yaml']}\n---\n{STREAM}")
    here = Shop(plan)
    here.world.advance(91 * DAY)

    unused = found(look(here, plan), "unused")

    assert ("event", "Product Viewed") not in unused
    assert ("event", "Signed Up") in unused


def test_letters_that_ask_to_confirm_a_yes_are_not_bloat() -> None:
    plan = double_opt_in_plan()
    here = Shop(plan)
    here.world.advance(91 * DAY)

    unused = found(look(here, plan), "unused")

    assert ("template", "please_confirm") not in unused
    assert ("template", "receipt") in unused
