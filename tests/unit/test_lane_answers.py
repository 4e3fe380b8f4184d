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
HALF_DOWN = Response(status=500, body=b"half down")
SECRET = "s3cret-signing-key"
GIVEN = Response(status=200, body=b'{"id": "m1"}')


def deliver(to: Destination, *answers: Response) -> tuple[DeliveryReported, int]:
    """Send one delivery, answered by each of these in turn, the last one for ever.

    Return its report and its attempts.
    """
    waiting = list(answers)

    async def reply(_: Attempt) -> Response:
        await asyncio.sleep(0.01)
        return waiting.pop(0) if len(waiting) > 1 else waiting[0]

    async def scenario() -> tuple[DeliveryReported, int]:
        world = LaneWorld(to, reply=reply)
        world.secrets["KEY"] = SECRET
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


def refusal(text: str, **headers: str) -> Response:
    return Response(status=422, headers=headers, body=text.encode())


def test_what_a_destination_says_of_a_dead_delivery_is_kept_with_it() -> None:
    said = refusal('{"error": "no such list"}', **{"content-type": "application/json"})

    report, _ = deliver(destination("crm"), said)

    assert report.outcome == "failed"
    assert report.answered is not None
    assert (report.answered.status, report.answered.kind) == (422, "application/json")
    assert (report.answered.text, report.answered.is_cut) == ('{"error": "no such list"}', False)


def test_of_one_that_was_given_up_it_is_the_last_answer_that_is_kept() -> None:
    down = Response(status=503, body=b"back at noon")

    report, _ = deliver(destination("crm"), HALF_DOWN, down)

    assert report.answered is not None
    assert (report.answered.status, report.answered.text) == (503, "back at noon")


def test_no_more_than_two_kilobytes_are_kept_and_no_secret_or_command_for_a_terminal() -> None:
    signed = destination(
        "crm", settings={"url": "https://crm.example/in", "signing_key": {"secret": "KEY"}}
    )

    report, _ = deliver(signed, refusal(f"\x1b[2Jbad key {SECRET}!" + "é" * 5_000))

    assert report.answered is not None
    assert len(report.answered.text.encode()) <= 2_048
    assert report.answered.is_cut
    assert report.answered.text.startswith(" [2Jbad key •••!é")


def test_nothing_is_kept_of_an_answer_to_what_was_taken() -> None:
    report, _ = deliver(destination("crm"), Response(status=503, body=b"busy"), OK)

    assert (report.outcome, report.answered) == ("accepted", None)
