"""What commands that rehearse have in common: the workspace compiled, and progress shown."""

from __future__ import annotations

import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from legato.app.rehearse.parallel import PART_RECORDS, Work
from legato.cli.check import show_problems, workspace_files
from legato.model.plan import Plan
from legato.workspace import check_files

DOING = {"reading": "Reading the log", "dividing": "Finding who met whom", "living": "Living it"}


def compiled(workspace: Path) -> Plan:
    """Return a folder's plan; where there is none, show its mistakes and end."""
    files = workspace_files(workspace)
    loaded = check_files(files)
    if loaded.plan is None:
        show_problems(Console(stderr=True, highlight=False), loaded.problems, files)
        sys.exit(1)
    return loaded.plan


@contextmanager
def progress(*, is_json: bool, part_records: int = PART_RECORDS) -> Generator[Work]:
    """Show what is done of each phase, where somebody looks."""
    console = Console(stderr=True)
    bar = Progress(
        TextColumn("{task.description:<22}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=console,
        disable=is_json or not console.is_terminal,
        transient=True,
    )
    tasks = {
        phase: bar.add_task(words, total=None, visible=False) for phase, words in DOING.items()
    }
    with bar:
        yield Work(
            told=lambda phase, done, total: bar.update(
                tasks[phase], completed=done, total=total, visible=done < total
            ),
            part_records=part_records,
        )
