"""Answers of success that are none, and answers that leave open whether it was taken."""

from __future__ import annotations

import asyncio

import pytest

from legato.model.event import DeliveryReported
from legato.model.plan import Destination
from legato.model.wire import Response
from tests.unit.lane_world import OK, WEBHOOK, Attempt, LaneWorld, delivery, destination, run

PROMISES_JSON = {**WEBHOOK, "delivery": {"success": ["200-299"], "receipt": "body.id"}}
HTML = Response(status=200, body=b"\n<!DOCTYPE html><html><h1>Please sign in</h1></html>")
HALF = Response(status=200, body=b'{"id": "m1", "sta')
GATEWAY = Response(status=504)
GIVEN = Response(status=200, body=b'{"id": "m1"}')


def deliver(to: Destination, *answers: Response) -> tuple[DeliveryReported, int]:
    """Send one delivery, answered by each of these in turn; return its report and its attempts."""
    waiting = list(answers)

    async def reply(_: Attempt) -> Response:
        await asyncio.sleep(0.01)
        return waiting.pop(0)

    async def scenario() -> tuple[DeliveryReported, int]:
        world = LaneWorld(to, reply=reply)
        world.lanes.start()
        world.decide(delivery(1))
        await world.outcomes(1)
        return world.reports[0], len(world.attempts)

    return run(scenario)


@pytest.mark.parametrize("answer", [HTML, HALF])
def test_a_success_that_is_not_the_json_that_was_promised_is_tried_again(answer: Response) -> None:
    report, attempts = deliver(destination("crm", manifest=PROMISES_JSON), answer, GIVEN)

    assert (report.outcome, report.receipt, attempts) == ("accepted", "m1", 2)
    assert report.may_have_arrived


@pytest.mark.parametrize("answer", [HTML, HALF, GATEWAY])
def test_what_leaves_open_whether_it_was_taken_is_left_in_doubt_where_twice_would_be_seen(
    answer: Response,
) -> None:
    to = destination("crm", manifest=PROMISES_JSON, on_doubt="skip")

    report, attempts = deliver(to, answer)

    assert (report.outcome, attempts) == ("in_doubt", 1)


def test_a_gateway_that_did_not_hear_is_asked_again_where_the_key_is_known() -> None:
    report, attempts = deliver(destination("crm"), GATEWAY, OK)

    assert (report.outcome, attempts) == ("accepted", 2)


@pytest.mark.parametrize(
    "answer",
    [
        Response(status=200, body=b"OK"),
        Response(status=202),
        Response(status=200, body=b'{"id": ', is_cut=True),
    ],
    ids=["a word", "nothing", "more than is read"],
)
def test_a_success_that_says_little_or_too_much_is_a_success(answer: Response) -> None:
    report, _ = deliver(destination("crm", manifest=PROMISES_JSON), answer)

    assert report.outcome == "accepted"


def test_a_page_is_a_success_where_no_json_is_promised() -> None:
    report, _ = deliver(destination("crm"), HTML)

    assert report.outcome == "accepted"
