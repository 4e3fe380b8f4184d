"""Deliveries that travel together: filled, in order, and each told what became of it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
import pytest

from legato.connectors.language.value import rows_of
from legato.core.gate import WITHDRAWN
from legato.model.delivery import Delivery
from legato.model.ids import DeliveryId, share
from legato.model.instant import SECOND
from legato.model.plan import Destination, Retry
from legato.model.wire import HttpRequest, Request, Response
from legato.ports.sender import SendFault
from tests.unit.lane_world import OK, LaneWorld, delivery, destination, run

BULK: dict[str, Any] = {
    "manifest": 1,
    "id": "bulk",
    "name": "Bulk",
    "category": "analytics",
    "docs": "https://bulk.example/docs",
    "routes": [
        {
            "on": "event",
            "request": {"url": "https://bulk.example/{{ event.event }}", "body": "=event"},
            "batch": {"items": 10, "wait": "2s"},
        }
    ],
    "delivery": {"partial": {"many": "body.errors", "index": "=item.at", "why": "=item.why"}},
}
PARTIAL = {"many": "body.errors", "index": "=item.at", "why": "=item.why", "retry": "=item.again"}
PIECEMEAL = {**BULK, "delivery": {"partial": PARTIAL}}
Numbers = list[int]
Reply = Callable[[Numbers], Awaitable[Response]]


class Bulk(LaneWorld):
    """A destination that takes many at once."""

    def __init__(self, reply: Reply, **changes: object) -> None:
        self.batches: list[tuple[float, Numbers]] = []
        self.keys: list[str] = []
        self._reply = reply
        super().__init__(to_bulk(**changes))

    async def send(self, request: Request) -> Response:
        assert isinstance(request, HttpRequest)
        body = msgspec.json.decode(request.body)
        numbers: Numbers = [one["n"] for one in rows_of(body) or [body]]
        self.batches.append((self.seconds(), numbers))
        self.keys.append(request.headers.get("Idempotency-Key", ""))
        return await self._reply(numbers)

    def begin(self, *deliveries: Delivery) -> None:
        """Have deliveries wait before the lanes start."""
        self.decide(*deliveries)
        self.lanes.start()

    def numbers(self) -> list[Numbers]:
        return [numbers for _, numbers in self.batches]


def to_bulk(**changes: object) -> Destination:
    retry = Retry(first=SECOND, factor=1.0, longest=SECOND, give_up=3_600 * SECOND)
    return destination("bulk", **{"manifest": BULK, "settings": {}, "retry": retry, **changes})


def event(number: int, person: str = "", name: str = "Seen") -> Delivery:
    content = {"type": "track", "event": name, "n": number}
    return delivery(number, person, "bulk", operation="event", channel="", content=content)


async def take_all(_: Numbers) -> Response:
    return OK


def test_a_batch_leaves_as_soon_as_it_is_full_and_no_later_than_it_waits() -> None:
    async def scenario() -> list[tuple[float, int]]:
        bulk = Bulk(take_all)
        bulk.begin(*(event(number) for number in range(1, 26)))
        assert set((await bulk.outcomes(25)).values()) == {"accepted"}
        return [(round(at, 1), len(numbers)) for at, numbers in bulk.batches]

    assert run(scenario) == [(0.0, 10), (0.0, 10), (2.0, 5)]


def test_one_persons_deliveries_ride_together_in_order() -> None:
    async def scenario() -> list[Numbers]:
        bulk = Bulk(take_all)
        bulk.begin(*(event(number, "ana") for number in range(1, 13)))
        await bulk.outcomes(12)
        return bulk.numbers()

    assert run(scenario) == [list(range(1, 11)), [11, 12]]


def test_what_cannot_ride_with_those_before_it_waits_for_them() -> None:
    async def scenario() -> list[Numbers]:
        bulk = Bulk(take_all)
        bulk.begin(event(1, "ana"), event(2, "ana", "Bought"), event(3, "ana"), event(4, "ben"))
        await bulk.outcomes(4)
        return bulk.numbers()

    assert run(scenario) == [[1, 4], [2], [3]]


def test_gates_are_read_when_a_batch_leaves_and_not_when_it_fills() -> None:
    async def scenario() -> tuple[list[Numbers], dict[str, str]]:
        bulk = Bulk(take_all)
        bulk.begin(event(1), event(2), event(3))
        bulk.loop.call_later(1, bulk.closed.update, {DeliveryId("delivery_2"): WITHDRAWN})
        outcomes = await bulk.outcomes(3)
        return bulk.numbers(), outcomes

    batches, outcomes = run(scenario)
    assert batches == [[1, 3]]
    assert outcomes["delivery_2"] == "refused"


def test_who_was_not_taken_is_told_apart() -> None:
    errors = [{"at": 1, "why": "no such field"}, {"at": 2, "why": "busy", "again": True}]
    answers = [Response(status=200, body=msgspec.json.encode({"errors": errors}))]

    async def reply(_: Numbers) -> Response:
        return answers.pop() if answers else OK

    async def scenario() -> tuple[list[Numbers], dict[str, str], str]:
        bulk = Bulk(reply, manifest=PIECEMEAL)
        bulk.begin(*(event(number) for number in range(1, 5)))
        outcomes = await bulk.outcomes(4)
        [why] = [report.reason.what for report in bulk.reports if report.outcome == "failed"
                 if report.reason is not None]  # fmt: skip
        return bulk.numbers(), outcomes, why

    batches, outcomes, why = run(scenario)
    assert batches == [[1, 2, 3, 4], [3]]
    assert [outcomes[f"delivery_{number}"] for number in range(1, 5)] == [
        "accepted", "failed", "accepted", "accepted",
    ]  # fmt: skip
    assert "no such field" in why


def test_of_one_person_one_rides_where_it_may_be_asked_for_again() -> None:
    async def scenario() -> list[Numbers]:
        bulk = Bulk(take_all, manifest=PIECEMEAL)
        bulk.begin(event(1, "ana"), event(2, "ana"), event(3, "ben"))
        await bulk.outcomes(3)
        return bulk.numbers()

    assert run(scenario) == [[1, 3], [2]]


def test_an_answer_that_does_not_say_who_was_not_taken_is_told_as_such() -> None:
    async def reply(_: Numbers) -> Response:
        return Response(status=200, body=b'{"errors": [{"at": 99}]}')

    async def scenario() -> list[str]:
        bulk = Bulk(reply)
        bulk.begin(event(1), event(2))
        await bulk.outcomes(2)
        return [report.reason.code for report in bulk.reports if report.reason is not None]

    assert run(scenario) == ["destination.partly", "destination.partly"]


def test_one_that_cannot_be_taken_costs_the_others_nothing() -> None:
    async def reply(numbers: Numbers) -> Response:
        return Response(status=400) if 7 in numbers else OK

    async def scenario() -> tuple[int, dict[str, str], list[str]]:
        bulk = Bulk(reply)
        bulk.begin(*(event(number) for number in range(1, 11)))
        outcomes = await bulk.outcomes(10)
        return len(bulk.batches), outcomes, bulk.keys

    count, outcomes, keys = run(scenario)
    assert [one for one, outcome in outcomes.items() if outcome != "accepted"] == ["delivery_7"]
    assert count <= 9
    assert len({*keys}) == count  # another batch is another request


def test_a_batch_that_failed_is_one_fault_and_is_tried_again_whole() -> None:
    answers = [Response(status=503)] * 3

    async def reply(_: Numbers) -> Response:
        return answers.pop() if answers else OK

    async def scenario() -> tuple[list[Numbers], str]:
        bulk = Bulk(reply)
        bulk.begin(*(event(number) for number in range(1, 11)))
        states = [bulk.lanes.status()["bulk"].breaker]
        await bulk.outcomes(10)
        return bulk.numbers(), states[0]

    batches, state = run(scenario)
    assert [len(numbers) for numbers in batches[:1]] == [10]
    assert state == "closed"
    assert sorted({number for numbers in batches[3:] for number in numbers}) == list(range(1, 11))


def test_a_rate_is_of_requests_and_not_of_deliveries() -> None:
    async def scenario() -> list[tuple[float, int]]:
        bulk = Bulk(take_all, rate=1.0)
        bulk.begin(*(event(number) for number in range(1, 31)))
        await bulk.outcomes(30)
        return [(round(at), len(numbers)) for at, numbers in bulk.batches]

    assert run(scenario) == [(0, 10), (1, 10), (2, 10)]


@pytest.mark.parametrize("answer", [Response(status=504), None])
def test_a_batch_that_may_have_arrived_is_in_doubt_where_twice_would_be_seen(
    answer: Response | None,
) -> None:
    async def reply(_: Numbers) -> Response:
        if answer is None:
            raise SendFault("the connection broke", is_in_doubt=True)
        return answer

    async def scenario() -> dict[str, str]:
        bulk = Bulk(reply, on_doubt="skip")
        bulk.begin(event(1), event(2))
        return await bulk.outcomes(2)

    assert run(scenario) == {"delivery_1": "in_doubt", "delivery_2": "in_doubt"}


ASKING: dict[str, Any] = {
    **BULK,
    "routes": [
        {
            "on": "event",
            "request": {"url": "https://bulk.example/x"},
            "batch": {
                "items": 10,
                "each": {"n": "=event.n"},
                "lookup": {
                    "as": "found",
                    "request": {"url": "https://bulk.example/find", "body": "=items"},
                },
                "requests": [
                    {"url": "https://bulk.example/first", "body": "=items"},
                    {"url": "https://bulk.example/second", "body": "=items"},
                ],
            },
        }
    ],
}


def test_a_no_that_comes_while_a_batch_asks_is_left_out_of_it() -> None:
    async def scenario() -> tuple[list[Numbers], dict[str, str]]:
        async def reply(_: Numbers) -> Response:
            bulk.closed[DeliveryId("delivery_2")] = WITHDRAWN
            return OK

        bulk = Bulk(reply, manifest=ASKING)
        bulk.begin(event(1), event(2), event(3))
        outcomes = await bulk.outcomes(3)
        return bulk.numbers(), outcomes

    numbers, outcomes = run(scenario)
    assert numbers == [[1, 2, 3], [1, 3], [1, 3], [1, 3]]
    assert outcomes == {"delivery_1": "accepted", "delivery_2": "refused", "delivery_3": "accepted"}


def test_a_batch_of_which_a_part_has_arrived_is_tried_again_whole() -> None:
    answers = [OK, OK, Response(status=503), OK, OK, OK]

    async def reply(_: Numbers) -> Response:
        return answers.pop(0)

    async def scenario() -> tuple[list[Numbers], dict[str, str]]:
        bulk = Bulk(reply, manifest=ASKING)
        bulk.begin(event(1), event(2))
        outcomes = await bulk.outcomes(2)
        return bulk.numbers(), outcomes

    numbers, outcomes = run(scenario)
    assert [sorted(one) for one in numbers] == [[1, 2]] * 6
    assert outcomes == {"delivery_1": "accepted", "delivery_2": "accepted"}


def test_what_is_held_leaves_when_the_lane_closes() -> None:
    async def scenario() -> list[Numbers]:
        bulk = Bulk(take_all)
        bulk.begin(event(1), event(2))
        await bulk.outcomes(0)
        await bulk.lanes.close()
        assert bulk.seconds() < 1
        return bulk.numbers()

    assert run(scenario) == [[1, 2]]


@pytest.mark.parametrize("seed", range(20))
def test_the_order_of_each_person_is_kept_when_batches_fail(seed: int) -> None:
    asked: Numbers = []

    async def reply(numbers: Numbers) -> Response:
        asked.append(numbers[0])
        drawn = share("order", f"{seed}:{len(asked)}")
        if drawn < 0.15:
            raise SendFault("refused", is_in_doubt=False)
        return Response(status=503 if drawn < 0.25 else 429 if drawn < 0.3 else 200)

    async def scenario() -> list[Numbers]:
        bulk = Bulk(reply, concurrency=3)
        people = [f"person_{number % 7}" for number in range(200)]
        bulk.begin(*(event(number, person) for number, person in enumerate(people)))
        assert set((await bulk.outcomes(200)).values()) == {"accepted"}
        reported = [int(report.delivery_id.removeprefix("delivery_")) for report in bulk.reports]
        return [[one for one in reported if one % 7 == person] for person in range(7)]

    for numbers in run(scenario):
        assert numbers == sorted(numbers)


def test_where_the_settings_ask_for_no_batches_each_goes_by_itself_at_once() -> None:
    given = msgspec.json.decode(msgspec.json.encode(BULK))
    given["settings"] = {"lists": {"type": "boolean"}}
    given["routes"][0]["batch"]["when"] = "=settings.lists"

    async def scenario(settings: dict[str, bool]) -> tuple[float, list[Numbers]]:
        bulk = Bulk(take_all, manifest=given, settings=settings)
        bulk.begin(event(1), event(2))
        await bulk.outcomes(2)
        return round(bulk.seconds(), 1), bulk.numbers()

    assert run(lambda: scenario({})) == (0.0, [[1], [2]])
    assert run(lambda: scenario({"lists": True})) == (2.0, [[1, 2]])
