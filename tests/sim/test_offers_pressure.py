"""A simulation says which journeys wanted to contradict each other, and finds who did."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner, Result
from msgspec.structs import replace

from legato.cli.main import legato
from legato.model.definitions.offer import Offered
from legato.model.instant import HOUR, MINUTE
from legato.simulate.backtest.went import ways_of
from legato.simulate.crowd.promises import Promises, promises_of
from legato.simulate.lane import Sent
from legato.simulate.world import World
from tests.sim.shopkeeping import BASE, known_person, open_world
from tests.sim.test_offers import MESSAGES, OFFERS, journey, plan_of

CROWD = """
crowd: tried
people: 20
lasting: 10d
kinds:
  - called: lookers
    share: 100%
    has: {email: 100%}
    consents: {marketing: 100%}
    does:
      - {event: Product Viewed, every: 2d, with: {sku: [coat, hat]}}
"""


def told(world: World, sent: list[Sent]) -> Promises:
    return promises_of(ways_of(world.notes), sent, world.notes)


def two_looks(*journeys: str) -> World:
    """Let somebody look at the coat, and an hour later again."""
    world = open_world(plan_of(*journeys))
    known_person(world, "ana")
    world.track("ana", "Product Viewed", {"sku": "coat"})
    world.advance(HOUR)
    world.track("ana", "Product Viewed", {"sku": "coat"})
    world.advance(HOUR)
    return world


def at_another_price(sent: Sent) -> Sent:
    offered = sent.delivery.offer
    assert isinstance(offered, Offered)
    delivery = replace(sent.delivery, offer=replace(offered, price="30 % off"))
    return Sent(at=sent.at, delivery=delivery, position=sent.position)


def test_a_refused_offer_counts_for_its_journey_and_the_one_that_holds() -> None:
    world = two_looks(journey("first", "ten"), journey("second", "full", wait="2m"))

    assert told(world, world.sent) == Promises(made=2, avoided={"second": {"first": 2}})


def test_what_providers_took_at_two_prices_is_found() -> None:
    world = two_looks(journey("first", "ten"))
    one, other = world.sent

    found = told(world, [one, at_another_price(other)])

    assert found.broken == {"first + first": 1}


def test_another_price_after_the_first_has_ended_is_none() -> None:
    world = two_looks(journey("first", "ten"))
    world.track("ana", "Order Completed", {"sku": "coat"})
    world.advance(MINUTE)
    one, other = world.sent
    later = Sent(at=world.now, delivery=other.delivery, position=other.position)

    assert told(world, [one, at_another_price(later)]).broken == {}


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    """Return a workspace of two journeys with contradictory offers, and a crowd that looks."""
    texts = {**BASE, "offers.yaml": OFFERS, "messages.yaml": MESSAGES, "crowds/tried.yaml": CROWD}
    texts["journeys/first.yaml"] = journey("first", "ten")
    texts["journeys/second.yaml"] = journey("second", "full", wait="2m")
    for name, text in texts.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return tmp_path


def simulated(workspace: Path, *arguments: object) -> Result:
    return CliRunner().invoke(legato, ["simulate", str(workspace), *map(str, arguments)])


def test_a_simulation_shows_which_journey_kept_which_other_back(workspace: Path) -> None:
    page = workspace / "report.html"

    shown = simulated(workspace, "--html", page).output
    offers = msgspec.json.decode(simulated(workspace, "--json").output)["pressure"]["offers"]

    count = offers["avoided"]["second"]["first"]
    assert count > 10
    assert offers["broken"] == {}
    words = " ".join(shown.split())
    assert f"{offers['made']} made, {count} not made because they contradict one that" in words
    assert f"second {count} kept back by first" in words
    assert "0 made that contradict one" in words
    assert max(len(line) for line in shown.partition("Written:")[0].splitlines()) <= 80
    assert "second, kept back by first" in page.read_text(encoding="utf-8")


def test_a_simulation_without_offers_says_nothing_of_them(workspace: Path) -> None:
    (workspace / "offers.yaml").unlink()
    for name, offer in (("first", "ten"), ("second", "full")):
        path = workspace / "journeys" / f"{name}.yaml"
        path.write_text(journey(name, offer, is_gated=False), encoding="utf-8")
    page = workspace / "report.html"

    shown = simulated(workspace, "--html", page).output

    assert "messages sent" in shown
    assert "Offers" not in shown + page.read_text(encoding="utf-8")
