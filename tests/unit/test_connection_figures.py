"""Figures of connections are put down as they change, and read back as they were."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path

from legato.app.connections.figures import Figures, LastHeard
from legato.model.instant import DAY, MINUTE, Instant
from legato.model.problem import LegatoError
from legato.runtime.pulse import Pulses
from legato.stores.figure_file import FigureFile, FigureRow
from legato.stores.score_file import ScoreFile, SlotRow
from legato.stores.sqlite.file import CHECKPOINT_BYTES
from tests.unit.test_pulse import START, ended

BLOB = 1 << 20


class Ears:
    def __init__(self) -> None:
        self.last: dict[str, LastHeard] = {}

    def heard(self) -> Mapping[str, LastHeard]:
        return dict(self.last)

    def recall(self, heard: Mapping[str, LastHeard]) -> None:
        self.last.update(heard)


class Hooks:
    def __init__(self) -> None:
        self.counts: dict[tuple[str, str], int] = {}

    def refused_counts(self) -> Mapping[tuple[str, str], int]:
        return self.counts

    def restore(self, source: str, counts: Mapping[str, int]) -> None:
        self.counts.update({(source, code): count for code, count in counts.items()})


class CountingFile(FigureFile):
    """Counts the rows that it is given, and can be full."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.rows: list[FigureRow] = []
        self.is_full = False

    def write(self, rows: Sequence[FigureRow], keep: Mapping[str, Instant]) -> None:
        if self.is_full:
            raise LegatoError("The disk is full.", fix="Make room.")
        self.rows += rows
        super().write(rows, keep)


class Desk:
    """All that keeps figures, on a clock that stands."""

    def __init__(self, folder: Path, at: Instant = START) -> None:
        self.at = at
        self.ears, self.hooks = Ears(), Hooks()
        self.file = CountingFile(folder)
        self.figures = Figures(self.file, self, ears=self.ears, hooks=self.hooks)
        self.pulses = self.figures.pulses

    def now(self) -> Instant:
        return self.at


def test_only_what_has_changed_is_written(tmp_path: Path) -> None:
    async def written() -> list[tuple[str, str]]:
        desk = Desk(tmp_path)
        await desk.figures.start()
        for minute in range(30):
            ended(desk.pulses, "accepted", START + minute * MINUTE)
        desk.at = START + 30 * MINUTE
        await desk.figures.beat()
        desk.file.rows.clear()
        ended(desk.pulses, "failed", desk.at)
        desk.ears.last["web"] = LastHeard(at=desk.at, names=("Signed Up",))
        await desk.figures.beat()
        await desk.figures.beat()
        await desk.figures.stop()
        desk.file.close()
        return [(row.kind, row.name) for row in desk.file.rows]

    found = asyncio.run(written())

    assert found == [("total", "mail"), ("minute", "mail"), ("quarter", "mail"), ("heard", "web")]


def test_a_disk_that_was_full_gets_what_it_missed(tmp_path: Path) -> None:
    async def kept() -> Desk:
        desk = Desk(tmp_path)
        await desk.figures.start()
        desk.file.is_full = True
        ended(desk.pulses, "accepted", START)
        desk.hooks.counts["web", "hook.unproven"] = 3
        await desk.figures.beat()
        desk.file.is_full = False
        await desk.figures.beat()
        desk.file.close()
        after = Desk(tmp_path, START + MINUTE)
        await after.figures.start()
        await after.figures.stop()
        after.file.close()
        return after

    after = asyncio.run(kept())

    found = after.pulses.of("mail", START + MINUTE)
    assert (found.accepted, found.last_hour.accepted, found.since) == (1, 1, START)
    assert after.hooks.counts == {("web", "hook.unproven"): 3}


def test_rows_that_cannot_be_read_are_as_good_as_none(tmp_path: Path) -> None:
    async def read() -> Pulses:
        desk = Desk(tmp_path)
        broken = [FigureRow(kind, "mail", 0, b"\xc1") for kind in ("total", "minute", "heard")]
        desk.file.write([*broken, FigureRow("of_later", "mail", 0, b"\x00")], {})
        await desk.figures.start()
        await desk.figures.stop()
        desk.file.close()
        return desk.pulses

    assert asyncio.run(read()).of("mail", START + DAY).accepted == 0


def test_the_files_of_figures_do_not_grow_with_what_is_written_over(tmp_path: Path) -> None:
    figures, score = FigureFile(tmp_path), ScoreFile(tmp_path)
    for _ in range(3 * CHECKPOINT_BYTES // BLOB):
        figures.write([FigureRow("total", "mail", 0, bytes(BLOB))], {})
        score.write([SlotRow("day", 0, bytes(BLOB))], {}, at=0)
    sizes = [file.file.wal_pages * 4096 for file in (figures, score)]
    figures.close()
    score.close()

    assert max(sizes) < 1.5 * CHECKPOINT_BYTES
