"""The composition root on real files: definitions change under a running process, or do not."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from legato.app.app import App, open_app
from legato.app.config import Config
from legato.model.event import CustomerEvent
from legato.model.ids import EventId
from legato.model.instant import MINUTE
from legato.model.problem import LegatoError
from legato.ports.clock import Clock
from legato.workspace import read_workspace
from tests.door.embedded import SYSTEM, OwnClock

WORKSPACE = Path(__file__).parent / "kill" / "workspace"


def visit(folder: Path, scene: Callable[[App], Awaitable[None]], clock: Clock = SYSTEM) -> None:
    """Run a scene on an app with its data in a folder, and stop it."""

    async def whole() -> None:
        app = open_app(Config(workspace=folder / "workspace", data=folder / "data"), clock)
        await app.start()
        try:
            await scene(app)
        finally:
            await app.stop()

    asyncio.run(asyncio.wait_for(whole(), 30))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "workspace").mkdir()
    text = (WORKSPACE / "all.yaml").read_text().replace("SINK_PORT", "9")
    (tmp_path / "workspace" / "all.yaml").write_text(text)
    return tmp_path


def order(app: App, number: int, *, name: str = "Order Completed") -> CustomerEvent:
    now = app.clock.now()
    return CustomerEvent(
        event_id=EventId(f"event_{number}"),
        received_at=now,
        occurred_at=now,
        source="web",
        message_id=f"m{number}",
        kind="track",
        name=name,
        user_id="ana",
        body=f'{{"order": "o{number}", "value": 1}}'.encode(),
    )


def test_a_broken_workspace_leaves_the_process_on_its_plan(folder: Path) -> None:
    async def scene(app: App) -> None:
        plan = app.plan()
        files = read_workspace(app.config.workspace)
        files["broken.yaml"] = "journey: broken\nsteps: [{fly: away}]\n"

        applied = await app.apply(files, by="a test")

        assert applied.problems
        assert app.problems() == applied.problems
        assert app.plan() == plan
        assert app.status().is_ready

    visit(folder, scene)


def test_how_the_process_is_doing_can_be_asked_beside_its_loop_at_any_time(folder: Path) -> None:
    clock = OwnClock(SYSTEM.now())

    async def scene(app: App) -> None:
        clock.set(clock.now() + MINUTE)  # what was counted at the start is old by then

        status = await asyncio.to_thread(app.status)

        assert status.is_ready

    visit(folder, scene, clock)


def test_counts_that_have_grown_old_are_made_anew(folder: Path) -> None:
    clock = OwnClock(SYSTEM.now())

    async def scene(app: App) -> None:
        await app.applied(await app.intake.accept([order(app, 1)]))
        assert app.status().counts["people"] == 0
        clock.set(clock.now() + MINUTE)

        while not app.status().counts["people"]:
            await app.counted()

    visit(folder, scene, clock)


def test_a_changed_journey_is_active_at_once_and_its_old_version_is_kept(folder: Path) -> None:
    async def scene(app: App) -> None:
        before = app.plan().journeys["a_little_later"]
        files = read_workspace(app.config.workspace)
        files["all.yaml"] = files["all.yaml"].replace("wait: 1s", "wait: 2s")

        applied = await app.apply(files, by="a test")
        again = await app.apply(files, by="a test")

        assert (applied.is_changed, again.is_changed) == (True, False)
        assert app.status().plan == applied.digest
        assert app.plan().retired == (before,)

    visit(folder, scene)


def test_a_plan_that_was_applied_outlives_a_restart_on_a_workspace_that_broke(
    folder: Path,
) -> None:
    digests: list[str] = []

    async def scene(app: App) -> None:
        digests.append(app.status().plan)

    visit(folder, scene)
    (folder / "workspace" / "all.yaml").write_text("journey: [")
    visit(folder, scene)

    assert digests[0] == digests[1]


def test_a_person_is_found_by_any_identifier_and_by_id(folder: Path) -> None:
    async def scene(app: App) -> None:
        await app.applied(await app.intake.accept([order(app, 1)]))

        found = await app.find("ana")

        assert found is not None
        assert await app.find(found) == found
        assert await app.find("nobody") is None
        state = await app.person(found)
        assert state is not None
        assert state.person_id == found

    visit(folder, scene)


def test_a_paused_journey_takes_nobody_in_until_it_is_resumed(folder: Path) -> None:
    async def scene(app: App) -> None:
        await app.switch("a_little_later", is_paused=True, by="a test")
        await app.applied(await app.intake.accept([order(app, 1, name="Cart Updated")]))
        assert app.paused() == ("a_little_later",)
        person_id = await app.find("ana")
        assert person_id is not None
        state = await app.person(person_id)
        assert state is not None
        assert state.enrollments == []

        await app.switch("a_little_later", is_paused=False, by="a test")
        await app.applied(await app.intake.accept([order(app, 2, name="Cart Updated")]))
        state = await app.person(person_id)
        assert state is not None
        assert len(state.enrollments) == 1

    visit(folder, scene)


def test_a_quarantined_event_is_applied_when_replayed_after_the_fix(folder: Path) -> None:
    async def scene(app: App) -> None:
        files = read_workspace(app.config.workspace)
        text = files["all.yaml"]
        strict = {"all.yaml": text.replace("accept_unknown: true", "accept_unknown: false")}
        await app.apply(strict, by="a test")
        position = await app.intake.accept([order(app, 1, name="Unheard Of")])
        await app.applied(position)
        assert await app.find("ana") is None

        await app.apply(files, by="a test")
        count = await app.replay([position, position + 1_000])

        assert count == 1
        assert await app.find("ana") is not None
        assert app.records.quarantine(0, 10) == []

    visit(folder, scene)


def test_two_processes_do_not_share_a_data_folder(folder: Path) -> None:
    async def scene(app: App) -> None:
        with pytest.raises(LegatoError, match="in use"):
            open_app(app.config)

    visit(folder, scene)
