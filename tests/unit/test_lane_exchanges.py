"""A delivery that takes several requests: looked up first, sent in order, resumed where it was."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec

from legato.core.gate import WITHDRAWN
from legato.model.delivery import Delivery
from legato.model.ids import DeliveryId
from legato.model.instant import SECOND
from legato.model.plan import Destination, Retry
from legato.model.problem import Reason
from legato.model.wire import HttpRequest, Request, Response
from legato.ports.sender import SendFault
from tests.unit.lane_world import LaneWorld, delivery, destination, run

CONTACTS: dict[str, Any] = {
    "manifest": 1,
    "id": "contacts",
    "name": "Contacts",
    "category": "crm",
    "docs": "https://crm.example/docs",
    "routes": [
        {
            "on": "event",
            "lookup": {
                "as": "contact",
                "request": {
                    "method": "GET",
                    "url": "https://crm.example/find",
                    "params": {"e": "=event.email"},
                },
                "select": "=body.id",
                "absent": [404],
                "cache": {"key": "=event.email", "ttl": "1h", "negative": "10m"},
            },
            "requests": [
                {
                    "when": "=!(contact)",
                    "url": "https://crm.example/new",
                    "body": {"e": "=event.email"},
                    "as": "made",
                },
                {"url": "https://crm.example/{{ contact || made.body.id }}/seen"},
            ],
        }
    ],
}
FOUND = Response(status=200, body=b'{"id": "7"}')
Reply = Callable[[HttpRequest], Awaitable[Response]]


class Crm(LaneWorld):
    """A destination that is asked and told in several requests."""

    def __init__(self, reply: Reply, **changes: object) -> None:
        self.heard: list[tuple[str, str]] = []
        self._reply = reply
        super().__init__(to_crm(**changes))

    async def send(self, request: Request) -> Response:
        assert isinstance(request, HttpRequest)
        path = request.url.removeprefix("https://crm.example/")
        self.heard.append((path, request.headers.get("Idempotency-Key", "")))
        return await self._reply(request)

    def paths(self) -> list[str]:
        return [path for path, _ in self.heard]


def to_crm(**changes: object) -> Destination:
    retry = Retry(first=SECOND, factor=1.0, longest=SECOND, give_up=60 * SECOND)
    given = {"manifest": CONTACTS, "settings": {}, "retry": retry, **changes}
    return destination("crm", **given)


def event(number: int, email: str = "ana", person: str = "") -> Delivery:
    content = {"type": "track", "event": "Seen", "email": email}
    return delivery(number, person, operation="event", channel="", content=content)


async def usual(request: HttpRequest) -> Response:
    if "find" in request.url:
        return Response(status=404)
    return FOUND


def test_what_is_looked_up_decides_what_is_sent() -> None:
    async def scenario() -> list[tuple[str, str]]:
        crm = Crm(usual)
        crm.lanes.start()
        crm.decide(event(1))
        assert await crm.outcomes(1) == {"delivery_1": "accepted"}
        return crm.heard

    # A question carries no key: a provider that knows it would take the request for done.
    assert run(scenario) == [
        ("find?e=ana", ""),
        ("new", "delivery_1"),
        ("7/seen", "delivery_1-2"),
    ]


def test_what_was_found_is_not_asked_again_and_what_was_made_since_is() -> None:
    made: list[str] = []

    async def reply(request: HttpRequest) -> Response:
        if "find" in request.url:
            return FOUND if made else Response(status=404)
        made.append(request.url)
        return FOUND

    async def scenario() -> list[str]:
        crm = Crm(reply)
        crm.lanes.start()
        for number in (1, 2, 3):
            crm.decide(event(number))
            await crm.outcomes(number)
        return crm.paths()

    assert run(scenario) == ["find?e=ana", "new", "7/seen", "find?e=ana", "7/seen", "7/seen"]


def test_a_question_that_many_have_is_asked_once() -> None:
    async def reply(request: HttpRequest) -> Response:
        await asyncio.sleep(1 if "find" in request.url else 0)
        return FOUND

    async def scenario() -> list[str]:
        crm = Crm(reply, concurrency=20)
        crm.lanes.start()
        crm.decide(*(event(number, person=f"p{number}") for number in range(1, 21)))
        assert len(await crm.outcomes(20)) == 20
        return crm.paths()

    assert run(scenario).count("find?e=ana") == 1


def test_a_step_that_was_taken_is_not_taken_again() -> None:
    answers = {"7/seen": [Response(status=503), Response(status=503), FOUND]}

    async def reply(request: HttpRequest) -> Response:
        waiting = answers.get(request.url.removeprefix("https://crm.example/"))
        return waiting.pop(0) if waiting else await usual(request)

    async def scenario() -> list[str]:
        crm = Crm(reply)
        crm.lanes.start()
        crm.decide(event(1))
        assert await crm.outcomes(1) == {"delivery_1": "accepted"}
        return crm.paths()

    asked = run(scenario)
    assert asked.count("new") == 1
    assert asked.count("7/seen") == 3


def test_a_no_that_comes_while_it_asks_stops_what_it_would_have_said() -> None:
    async def scenario() -> tuple[list[str], dict[str, str]]:
        async def reply(request: HttpRequest) -> Response:
            crm.closed[DeliveryId("delivery_1")] = WITHDRAWN
            return await usual(request)

        crm = Crm(reply)
        crm.lanes.start()
        crm.decide(event(1))
        outcomes = await crm.outcomes(1)
        return crm.paths(), outcomes

    paths, outcomes = run(scenario)
    assert outcomes == {"delivery_1": "refused"}
    assert [path for path in paths if "find" not in path] == []


def test_a_question_that_breaks_off_leaves_nothing_in_doubt() -> None:
    faults = [SendFault("broken", is_in_doubt=True)]

    async def reply(request: HttpRequest) -> Response:
        if faults:
            raise faults.pop()
        return await usual(request)

    async def scenario() -> dict[str, str]:
        crm = Crm(reply, on_doubt="skip")
        crm.lanes.start()
        crm.decide(event(1))
        return await crm.outcomes(1)

    assert run(scenario) == {"delivery_1": "accepted"}


def test_what_fails_by_half_says_that_a_part_may_have_arrived() -> None:
    async def reply(request: HttpRequest) -> Response:
        return Response(status=400) if "seen" in request.url else await usual(request)

    async def scenario() -> tuple[str, bool, Reason | None]:
        crm = Crm(reply)
        crm.lanes.start()
        crm.decide(event(1))
        await crm.outcomes(1)
        [report] = crm.reports
        return report.outcome, report.may_have_arrived, report.reason

    outcome, may_have_arrived, reason = run(scenario)
    assert (outcome, may_have_arrived) == ("failed", True)
    assert reason is not None
    assert reason.code == "destination.refused"


def test_every_request_takes_a_token_of_the_rate() -> None:
    at: list[float] = []

    async def reply(request: HttpRequest) -> Response:
        at.append(asyncio.get_running_loop().time())
        return await usual(request)

    async def scenario() -> None:
        crm = Crm(reply, rate=2.0)
        crm.lanes.start()
        crm.decide(event(1, "ana"), event(2, "ben"))
        await crm.outcomes(2)

    run(scenario)
    gaps = [later - earlier for earlier, later in itertools.pairwise(at)]
    assert len(gaps) == 5
    assert min(gaps) >= 0.48


def test_an_event_that_says_nothing_to_it_is_no_failure() -> None:
    silent = msgspec.json.decode(msgspec.json.encode(CONTACTS))
    [route] = silent["routes"]
    del route["lookup"]
    route["requests"] = [{"when": "=event.email == 'ben'", "url": "https://crm.example/ben"}]

    async def scenario() -> tuple[str, int]:
        crm = Crm(usual, manifest=silent)
        crm.lanes.start()
        crm.decide(event(1))
        await crm.outcomes(1)
        [report] = crm.reports
        assert report.reason is not None
        assert report.reason.code == "render.nothing"
        return report.outcome, report.attempt_count

    assert run(scenario) == ("refused", 0)
