"""Ways out whose library is not installed."""

from __future__ import annotations

import subprocess
import sys

from tests.unit.lane_world import LaneWorld, delivery, destination, manifest, run


def test_what_is_not_installed_is_found_without_importing_anything() -> None:
    program = (
        "import sys; sys.modules['aiokafka'] = sys.modules['redis'] = None\n"
        "from legato.transports.drivers.extras import absent\n"
        "print(*absent().values(), sep=';'); assert 'asyncpg' not in sys.modules"
    )

    said = subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, text=True
    ).stdout

    assert said.strip() == "pip install 'legato[kafka]';pip install 'legato[redis]'"


def test_a_lane_without_its_library_stands_still_and_says_what_to_run() -> None:
    settings = {"brokers": "kafka.example:9093", "topic": "events"}
    stream = destination("stream", manifest=manifest("kafka"), settings=settings)

    async def scenario() -> LaneWorld:
        world = LaneWorld(stream)
        world.lanes.start()
        assert world.lanes.status()["stream"].breaker == "stopped"
        world.decide(delivery(1, to="stream"))
        await world.outcomes(1)
        return world

    [report] = run(scenario).reports

    assert report.outcome == "failed"
    assert report.reason is not None
    assert report.reason.code == "destination.driver"
    assert "pip install 'legato[kafka]'" in report.reason.what
