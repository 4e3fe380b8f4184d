"""The composition root: opens a workspace on real stores and transports, and runs it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from legato.model.event import Event
from legato.model.ids import PersonId
from legato.model.instant import Duration, Instant
from legato.model.note import Story
from legato.model.noun import Noun
from legato.model.plan import Plan
from legato.model.problem import LegatoError, Problem
from legato.model.state import State
from legato.plan.load import Loaded, load
from legato.ports.clock import Clock
from legato.ports.intake import Intake
from legato.ports.log import Log
from legato.ports.state_store import Outbox, Records


class Config(Noun, frozen=True, kw_only=True):
    """How one process is to run."""

    workspace: Path
    """Folder of definitions."""
    data: Path
    """Folder of the log and the state; made when missing. One process at a time."""
    cache_people: int = 50_000
    """Decoded persons held in memory, about 11 KB each."""
    backlog_events_max: int = 50_000
    """Acknowledged events that the engine may be behind before doors answer 503."""
    speed: int = 1
    """Time-lapse for demonstrations: plans are activated through plan.scale.scale_plan."""


class Applied(Noun, frozen=True, kw_only=True):
    """What became of definitions that were given."""

    problems: tuple[Problem, ...] = ()
    """Any problem: nothing was changed."""
    digest: str = ""
    """Of the plan now active."""
    is_changed: bool = False


class Status(Noun, frozen=True, kw_only=True):
    """How the process is doing. All figures since its start unless they say otherwise."""

    is_ready: bool
    """Recovered, a plan is active, nothing failing: events are taken."""
    is_failing: bool
    faults: tuple[str, ...]
    """What is wrong now, in words: the disk is full, the workspace is broken, ..."""
    plan: str
    position: int
    """Of the last event on disk."""
    applied: int
    """Of the last event applied."""
    backlog: int
    event_count: int
    events_per_second: float
    """Over the last ten seconds."""
    latency_p50_us: Duration | None
    """From capture to delivery; None before the first."""
    latency_p99_us: Duration | None
    counts: Mapping[str, int]
    """`people`, `deliveries_waiting`, `deliveries_dead`, `quarantined`, `alarms`."""


class App:
    """A workspace, opened. Doors are given this and nothing below it.

    `await start()` recovers, activates the workspace's plan where it changed, and then takes
    events; `await stop()` answers what was acknowledged, lets the lanes finish their attempts and
    closes the files. Everything here is called on the event loop.
    """

    config: Config
    clock: Clock
    intake: Intake
    """Where doors hand events in; raises Busy."""
    log: Log
    records: Records
    """Notes, quarantine, verdicts, counts."""
    outbox: Outbox
    """Waiting and dead deliveries."""

    async def start(self) -> None:
        """Recover, activate the plan, start lanes and timers. Raises LegatoError."""
        raise NotImplementedError

    async def stop(self) -> None:
        """Take nothing more, finish what is under way, close the files. Idempotent."""
        raise NotImplementedError

    def plan(self) -> Plan:
        """Return the active plan; an empty one before the first workspace without problems."""
        raise NotImplementedError

    def problems(self) -> tuple[Problem, ...]:
        """Return what is wrong with the definitions last given; the process keeps its plan."""
        raise NotImplementedError

    async def apply(self, files: Mapping[str, str], *, by: str) -> Applied:
        """Check definitions (path in the workspace -> text) and activate them between two events.

        Returns after the engine runs on them. Any problem: nothing is changed.
        """
        raise NotImplementedError

    async def switch(self, journey: str, *, is_paused: bool, by: str) -> None:
        """Pause or resume a journey; returns once the engine has done so."""
        raise NotImplementedError

    def paused(self) -> tuple[str, ...]:
        """Return the journeys that are paused."""
        raise NotImplementedError

    async def call(
        self, journey: str, person_id: PersonId, *, key: str = "", body: bytes = b"{}"
    ) -> None:
        """Put a person into a journey whose entry is `api`."""
        raise NotImplementedError

    async def replay(self, positions: Sequence[int]) -> int:
        """Feed quarantined records in again, after a fix; return how many were."""
        raise NotImplementedError

    async def redrive(self, delivery_ids: Sequence[str]) -> int:
        """Put dead deliveries back into their lanes; return how many were dead."""
        raise NotImplementedError

    async def person(self, person_id: PersonId) -> State | None:
        """Return a person's stored state; merged ids are followed."""
        raise NotImplementedError

    async def find(self, text: str) -> PersonId | None:
        """Return whom a person id or the value of any declared identifier leads to."""
        raise NotImplementedError

    async def events(self, positions: Sequence[int]) -> dict[int, Event]:
        """Return records of the log by their positions."""
        raise NotImplementedError

    def watch(self, see: Callable[[Sequence[Story]], None]) -> Callable[[], None]:
        """Call `see` on the loop with every turn's stories, as they are committed.

        Returns what ends it. `see` must be quick; live views keep their own bounded buffers.
        """
        raise NotImplementedError

    def lanes_status(self) -> Mapping[str, Mapping[str, object]]:
        """Return each destination's lane: waiting, in flight, breaker, last failure."""
        raise NotImplementedError

    def status(self) -> Status:
        """Return how the process is doing; cheap enough to ask every second."""
        raise NotImplementedError

    async def applied(self, position: int) -> Instant:
        """Wait until the engine has applied the event at `position`; return its clock."""
        raise NotImplementedError


def read_workspace(folder: Path) -> dict[str, str]:
    """Return the texts of every YAML file of a workspace by path in it, `scenarios/` excepted.

    Files and folders whose names begin with a dot are not part of it.
    """
    texts: dict[str, str] = {}
    for path in sorted(folder.rglob("*")):
        inside = path.relative_to(folder)
        is_hidden = any(part.startswith(".") for part in inside.parts)
        if path.suffix not in (".yaml", ".yml") or is_hidden or inside.parts[0] == "scenarios":
            continue
        try:
            texts[inside.as_posix()] = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise LegatoError(
                f"{path} cannot be read as text.", fix="Save it as UTF-8, readable by this user."
            ) from error
    return texts


def check_files(files: Mapping[str, str]) -> Loaded:
    """Compile definitions with the connectors that are shipped: a plan, or every mistake."""
    return load(files, shipped_connectors())


@cache
def shipped_connectors() -> Mapping[str, Mapping[str, Any]]:
    """Return the manifests of the connectors' catalog by id."""
    reader = YAML(typ="safe", pure=True)
    manifests: dict[str, Mapping[str, Any]] = {}
    for entry in resources.files("legato.connectors").joinpath("catalog").iterdir():
        if entry.name.endswith(".yaml"):
            manifest: dict[str, Any] = reader.load(entry.read_text(encoding="utf-8"))  # pyright: ignore[reportUnknownMemberType] - the library leaves it open
            manifests[manifest["id"]] = manifest
    return dict(sorted(manifests.items()))


def open_app(config: Config) -> App:
    """Open the stores and wire everything; nothing runs before `start`."""
    raise NotImplementedError
