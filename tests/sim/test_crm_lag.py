"""A CRM that is behind: a sequence that begins before it has the order, and one that waits."""

from __future__ import annotations

from pathlib import Path

from legato.app.rehearse.scenarios import open_book, rehearse_scenario
from legato.model.instant import Instant
from legato.model.note import Admitted
from legato.simulate.scenario.run import Lived
from legato.workspace import check_files, read_workspace

SHOP = Path(__file__).parents[2] / "examples" / "shop"
BUYERS = 60
NAIVE = """
journey: post_purchase
title: After an order
owner: orders
purpose: service
enter: {on: Order Completed, key: order_id, again: once}
steps:
  - wait: 5m
  - send: {message: order_thanks, on: service_email, expires: 4h}
"""


def story() -> str:
    """Tell of many orders, of which the CRM has half within 2 minutes and 99 of 100 within 30."""
    people = ", ".join(f"p{number}: {{}}" for number in range(BUYERS))
    orders = "\n".join(
        f"  - p{n}: [Order Completed: {{order_id: o{n}}}, "
        f"Order Synced from crm: {{order_id: o{n}, status: updated}}]"
        for n in range(BUYERS)
    )
    return f"""scenario: many orders
given:
  people: {{{people}}}
  zone: Europe/London
  at: 2026-03-02 10:00
  provider crm: {{body: {{accepted: true}}}}
  source crm: {{behind: {{p50: 2m, p99: 30m}}}}
when:
{orders}
  - after 1d
then: {{requests: {{to: mail_relay}}}}
"""


def live(**changed: str) -> Lived:
    files = {**read_workspace(SHOP), **changed}
    plan = check_files(files).plan
    assert plan is not None
    book = open_book({"scenarios/a.yaml": story()}, files, plan)
    assert book.problems == ()
    return rehearse_scenario(book.scenarios[0], plan, {})


def began_before_the_order_was_there(lived: Lived) -> int:
    """Count those who were thanked for an order that the CRM did not have yet."""
    count = 0
    for name in lived.states:
        thanked = [s.at for s in lived.sent_to(name) if s.delivery.message == "order_thanks"]
        count += bool(thanked) and thanked[0] < synced_at(lived, name)
    return count


def synced_at(lived: Lived, name: str) -> Instant:
    return min(
        row.at
        for row in lived.story_of(name)
        for note in row.notes
        if isinstance(note, Admitted) and note.name == "Order Synced"
    )


def test_a_lag_of_the_crm_shows_the_defect_of_a_sequence_that_does_not_wait() -> None:
    naive = live(**{"journeys/post_purchase.yaml": NAIVE})

    assert began_before_the_order_was_there(naive) >= 3


def test_the_same_lag_shows_none_in_the_sequence_that_waits_for_the_order() -> None:
    buffered = live()

    assert began_before_the_order_was_there(buffered) == 0
    thanked = [one for one in buffered.sent if one.delivery.message == "order_thanks"]
    assert len(thanked) == BUYERS
