"""What a provider says is left of its rate is made to last, before it has to refuse anything."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from legato.connectors.compile import compile_manifest
from legato.connectors.window import spacing
from legato.model.instant import SECOND, Duration
from legato.model.wire import Request, Response
from tests.unit.connector_world import manifest, spec_of
from tests.unit.lane_world import START, LaneWorld, delivery, destination, run

WINDOW = {"left": 'header."x-left"', "reset": 'header."x-reset"'}
LIMITED = manifest(limits={"window": WINDOW}, settings={})
BATCHED = msgspec.json.decode(msgspec.json.encode(LIMITED))
BATCHED["routes"][0]["batch"] = {"items": 1, "wait": "0s"}


class Counting(LaneWorld):
    """Takes four requests in each ten seconds, and says how many are left."""

    def __init__(self, given: dict[str, Any]) -> None:
        self.times: list[float] = []
        self.refused = 0
        super().__init__(destination("own", manifest=given, settings={}))

    async def send(self, request: Request) -> Response:
        del request
        at = self.seconds()
        window = at // 10
        count = sum(one // 10 == window for one in self.times)
        headers = {"x-left": str(max(3 - count, 0)), "x-reset": str(10 - at % 10)}
        if count >= 4:
            self.refused += 1
            return Response(status=429, headers={**headers, "retry-after": headers["x-reset"]})
        self.times.append(at)
        return Response(status=200, headers=headers)


@pytest.mark.parametrize("given", [LIMITED, BATCHED], ids=["alone", "in batches"])
def test_a_lane_slows_down_before_it_is_told_to(given: dict[str, Any]) -> None:
    async def scenario() -> tuple[int, float]:
        world = Counting(given)
        first = [event(number) for number in range(1, 3)]
        rest = [event(number) for number in range(3, 13)]
        world.decide(*first)
        world.lanes.start()
        await world.outcomes(2)
        world.decide(*rest)
        await world.outcomes(12)
        return world.refused, world.times[-1]

    refused, last = run(scenario)
    assert refused == 0
    assert last <= 40


def event(number: int) -> Any:  # noqa: ANN401 - a delivery
    content = {"type": "track", "email": f"{number}@example.com"}
    return delivery(number, "", "own", operation="event", channel="", content=content)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"x-left": "4", "x-reset": "10"}, 2),
        ({"x-left": "0", "x-reset": "10"}, 10),
        ({"x-left": "4", "x-reset": str(START // SECOND + 10)}, 2),
        ({"x-left": "many", "x-reset": "10"}, 0),
        ({"x-left": "4"}, 0),
        ({}, 0),
    ],
)
def test_what_is_left_is_spread_until_it_is_reset(
    headers: dict[str, str], seconds: Duration
) -> None:
    window = spec_of(LIMITED).window
    assert window is not None

    assert spacing(window, Response(status=200, headers=headers), START) == seconds * SECOND


def test_half_of_a_window_is_a_mistake() -> None:
    mistakes = compile_manifest(manifest(limits={"window": {"left": "header.a"}})).mistakes

    assert "`reset` is missing" in str(mistakes[0])
