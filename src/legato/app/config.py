"""How a process is to run, and what it tells of itself."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from legato.model.instant import Duration, Instant
from legato.model.noun import Noun
from legato.model.problem import Problem


class Config(Noun, frozen=True, kw_only=True):
    """How one process is to run."""

    workspace: Path
    """Folder of definitions."""
    data: Path
    """Folder of the log and the state; made when missing. One process at a time."""
    cache_megabytes: int = 512
    """Of people held in memory, encoded; see fold.cache.room_of."""
    backlog_events_max: int = 20_000
    """Acknowledged events that the engine may be behind before doors answer 503."""
    proxy_count: int = 0
    """Proxies in front of the door whose X-Forwarded-For is believed."""
    keys: Path | None = None
    """Folder of the keys that open secrets.  None: with the user's other settings."""
    rates: Path | None = None
    """Folder of the file that processes share rates by.  None: with the user's other state."""
    names: tuple[str, ...] = ()
    """What this host is called by others; empty: whatever a call from elsewhere says."""
    is_one_process: bool = False
    """Whether the engine is a thread of this process: less memory, two thirds of the throughput."""
    engine_core: int | None = None
    """The processor core that the engine's process has to itself; None: whichever is free."""
    is_example: bool = False
    """Whether the workspace is the example of a demonstration, which may be removed."""
    speed: int = 1
    """Time-lapse for demonstrations: plans are activated through plan.scale.scale_plan."""


class Applied(Noun, frozen=True, kw_only=True):
    """What became of definitions that were given."""

    problems: tuple[Problem, ...] = ()
    """Any problem: nothing was changed."""
    digest: str = ""
    """Of the plan now active."""
    is_changed: bool = False
    is_waiting: bool = False
    """What it measures is being made of the past: it becomes active after that."""
    empty_teams: tuple[str, ...] = ()
    """Teams that own definitions of it and have nobody in them."""


class Status(Noun, frozen=True, kw_only=True):
    """How the process is doing. All figures since its start unless they say otherwise."""

    is_ready: bool
    """Recovered, a plan is active, nothing failing: events are taken."""
    is_failing: bool
    faults: tuple[str, ...]
    """What is wrong now, in words: the disk is full, the workspace is broken, ..."""
    started_at: Instant
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
