"""`legato why --segment` and `--journey` without a person: a whole group, counted and shown."""

from __future__ import annotations

from msgspec import structs
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from legato.cli.client import Client, Failure
from legato.insight.why.group import GroupAnswer, Part, rough
from legato.model.noun import Noun


class Group(Noun, frozen=True, kw_only=True):
    """What is asked, as it was typed."""

    message: str
    segment: str
    journey: str
    since: str


class _Line(Noun, frozen=True, kw_only=True):
    looked_at: int
    of: int
    answer: GroupAnswer | None = None


def ask_group(client: Client, asked: Group) -> GroupAnswer:
    """Ask, showing how far the count has come."""
    with Progress(
        TextColumn("looking at people"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        transient=True,
    ) as progress:
        task = progress.add_task("", total=None)
        for line in client.lines("/api/why", _Line, **structs.asdict(asked)):
            progress.update(task, completed=line.looked_at, total=line.of or None)
            if line.answer is not None:
                return line.answer
    raise Failure("The count broke off before its end.", "Look at `legato status`, and try again.")


def show_group(console: Console, answer: GroupAnswer) -> None:
    """Print who got it, and what kept it from the others, the greatest part first."""
    style = "green" if answer.total and not answer.parts else "yellow"
    console.print(Text(answer.sentence, style=f"bold {style}"))
    if not answer.total:
        return
    table = Table.grid(padding=(0, 2))
    table.add_column(justify="right")
    console.print()
    table.add_row(f"{answer.got:,}", "got it", "", style="green")
    for part in answer.parts:
        table.add_row(f"{part.count:,}", part.words, Text(part.code, style="dim"))
    table.add_row(f"{answer.total:,}", "in all", "", style="bold")
    console.print(table)
    for part in answer.parts:
        _show_part(console, part)
    example = next((person for part in answer.parts for person in part.people), "")
    if example:
        asked = f"legato why {example} --message {answer.question.message}"
        console.print("\nMore of one of them:")
        console.print(Text(f"  {asked}", style="bold"), soft_wrap=True)


def _show_part(console: Console, part: Part) -> None:
    late = f", by median {rough(part.late)}" if part.late is not None else ""
    console.print(Text(f"\n{part.words}: {part.what}{late}"))
    if part.people:
        people = "  ".join(part.people)
        console.print(Text(f"  {people}", style="dim"))
