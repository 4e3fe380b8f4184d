"""Work that parts of a rehearsal share out between processes, each of them within walls."""

from __future__ import annotations

import gc
import multiprocessing
import os
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import FIRST_EXCEPTION, Future, ProcessPoolExecutor, wait
from contextlib import contextmanager
from functools import partial
from typing import TypeAlias, TypeVar

import msgspec

from legato.app.rehearse.walls import walls

PartT = TypeVar("PartT")
FoundT = TypeVar("FoundT")
PART_RECORDS = 25_000
"""A part of a log this large takes a process seconds and a few hundred megabytes."""
YOUNG_MAX = 20_000
"""Objects made before the collector looks for rings among them: as in the live host."""
SELDOM = 1_000_000
"""Collections of the young before the others are looked at: more than a part ever has."""
Told: TypeAlias = Callable[[str, int, int], None]
"""Told what is being done, how much of it is done, and how much there is."""


class Work(msgspec.Struct, frozen=True, kw_only=True):
    """How the work is divided, and who is told of it."""

    told: Told
    processes: int = 0
    """0: one for each core that this process may use; 1: this one alone."""
    part_records: int = PART_RECORDS


def each(call: Callable[[PartT], FoundT], parts: Sequence[PartT], work: Work) -> list[FoundT]:
    """Call something with every part; return what came of each, in order.

    `call` and the parts go to other processes, so both must be picklable. An interruption ends
    all of them.
    """
    within = partial(_within_walls, call)
    processes = min(work.processes or _cores(), len(parts))
    if processes <= 1:
        return [_counted(within(part), at, len(parts), work) for at, part in enumerate(parts, 1)]
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(processes, mp_context=context) as pool:
        return _gather([pool.submit(within, part) for part in parts], work)


def _within_walls(call: Callable[[PartT], FoundT], part: PartT) -> FoundT:
    with walls(), _seldom_collected():
        return call(part)


@contextmanager
def _seldom_collected() -> Generator[None]:
    """Look at what has lived for a while only when a part is over: then its world goes.

    Until then almost nothing of it can go, and what was there before stays anyway: looking at all
    of it again and again took a fifth of the time.
    """
    before = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(YOUNG_MAX, SELDOM, SELDOM)
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.collect()
        gc.unfreeze()


def _cores() -> int:
    """Return how many cores this process may use, which may be fewer than there are."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _counted(found: FoundT, done: int, total: int, work: Work) -> FoundT:
    work.told("living", done, total)
    return found


def _gather(futures: Sequence[Future[FoundT]], work: Work) -> list[FoundT]:
    pending = set(futures)
    try:
        while pending:
            done, pending = wait(pending, return_when=FIRST_EXCEPTION, timeout=1)
            work.told("living", len(futures) - len(pending), len(futures))
            for one in done:
                one.result()
    except BaseException:
        for one in pending:
            one.cancel()
        raise
    return [one.result() for one in futures]
