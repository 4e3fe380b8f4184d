"""Where the parts of a history are lived through: by processes of this machine, or elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Protocol, TypeVar

from legato.app.rehearse.parallel import Work, each
from legato.model.noun import Noun
from legato.simulate.backtest.households import EVERYWHERE
from legato.simulate.backtest.part import read, write
from legato.simulate.backtest.tape import Recorded

FoundT = TypeVar("FoundT")


class Divided(Noun, frozen=True, kw_only=True):
    """A history with the part of every record, in the order of the log."""

    rows: Iterable[tuple[int, Recorded]]
    """`EVERYWHERE` in place of a part: the record belongs to all of them."""
    count: int
    """How many parts there are."""


class Host(Protocol):
    """Lives through parts."""

    work: Work

    def live(self, call: Callable[[Iterator[Recorded]], FoundT], divided: Divided) -> list[FoundT]:
        """Call something with the records of each part; return what came of them, in any order.

        `call` and what it returns go between processes, so both must be picklable.
        """
        ...


class Processes:
    """The processes of this machine. The parts go through files of a folder, gone afterwards."""

    def __init__(self, work: Work) -> None:
        self.work = work

    def live(self, call: Callable[[Iterator[Recorded]], FoundT], divided: Divided) -> list[FoundT]:
        """See `Host`."""
        with TemporaryDirectory(prefix="legato-backtest-") as folder:
            files = [Path(folder) / f"{part}" for part in range(divided.count)]
            with ExitStack() as stack:
                opened = [stack.enter_context(file.open("wb")) for file in files]
                for part, recorded in divided.rows:
                    for file in opened if part == EVERYWHERE else (opened[part],):
                        write(file, recorded)
            return each(partial(_live, call), files, self.work)


def _live(call: Callable[[Iterator[Recorded]], FoundT], file: Path) -> FoundT:
    with file.open("rb") as opened:
        return call(read(opened))
