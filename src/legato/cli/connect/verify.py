"""`legato connectors verify`: manifests against requests that others recorded."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

import click
from rich.console import Console
from rich.progress import Progress
from rich.table import Table
from rich.text import Text

from legato.cli.client import Failure
from legato.cli.connect.shelf import EXAMPLES, VECTORS, connector_of, vectors_of
from legato.cli.why import print_json
from legato.connectors.verify.lock import Reached, mark_of, worse, write_lock
from legato.connectors.verify.score import LEVELS, Score, score
from legato.workspace import SCORES, shipped_connectors, shipped_score

SHOWN = 10
LINES = 6


@click.command()
@click.argument("names", nargs=-1)
@click.option("--vectors", type=click.Path(path_type=Path, file_okay=False), default=VECTORS)
@click.option("--examples", type=click.Path(path_type=Path, file_okay=False), default=EXAMPLES)
@click.option("--show", default=SHOWN, help="How many cases that differ to show of one connector.")
@click.option("--only", default="", help="Of those, only the ones whose id has this in it.")
@click.option("--update", is_flag=True, help="Write what was reached into the lock file.")
@click.option("--json", "is_json", is_flag=True, help="For programs: the scores alone.")
def verify(  # noqa: PLR0913 - one parameter each for click
    names: tuple[str, ...],
    *,
    vectors: Path,
    examples: Path,
    show: int,
    only: str,
    update: bool,
    is_json: bool,
) -> None:
    """Score connectors by NAME, or a manifest by its path; all of them without one.

    A case counts as far as it agrees: accepted or refused alike, method and URL, body as data,
    headers. A third of the cases is held out: counted, and never shown, so that a manifest says
    what the provider's documentation says and not what the cases are.
    """
    if not vectors.is_dir() and not examples.is_dir():
        raise Failure(
            f"There is no folder {vectors}: vectors are test data, and not installed.",
            "Run this in a checkout of Legato, or name a folder with --vectors.",
        )
    scores, from_examples = _scores(names, vectors), _scores(names, examples)
    reached = _reached_by(scores, from_examples)
    if is_json:
        print_json(reached)
    else:
        _show(Console(highlight=False), [*scores, *from_examples])
        if names:
            for one in (*scores, *from_examples):
                _show_cases(Console(highlight=False), one, limit=show, only=only)
    lost = [
        f"{name}: {line}"
        for name, one in reached.items()
        for line in worse(shipped_score(name), one)
    ]
    if update:
        _write(reached)
    elif lost:
        raise Failure("\n".join(lost), "Put it right; scores may only rise.")


def _scores(names: Iterable[str], folder: Path) -> list[Score]:
    wanted = list(names) or list(shipped_connectors())
    found: list[Score] = []
    with Progress(transient=True, disable=len(wanted) == 1) as progress:
        task = progress.add_task("scoring", total=len(wanted))
        for name in wanted:
            known, spec = connector_of(name)
            cases = vectors_of(known, spec, folder)
            if cases:
                found.append(score(known, spec, cases))
            progress.advance(task)
    return found


def _reached_by(scores: Iterable[Score], from_examples: Iterable[Score]) -> dict[str, Reached]:
    vectors = {one.name: mark_of(one) for one in scores}
    examples = {one.name: mark_of(one) for one in from_examples}
    return {
        name: Reached(vectors=vectors.get(name), examples=examples.get(name))
        for name in {**vectors, **examples}
    }


def _show(console: Console, scores: list[Score]) -> None:
    table = Table(box=None, pad_edge=False)
    table.add_column("connector", no_wrap=True)
    for title in ("cases", *LEVELS, "bodies", "held out", "ignored", "skipped"):
        table.add_column(title, justify="right")
    for one in scores:
        held = f"{one.held_out_body} of {one.held_out}"
        skipped = sum(one.skipped.values())
        levels = [str(count) for count in one.levels]
        table.add_row(
            one.name, str(one.cases), *levels, f"{one.body:.1%}", held, str(one.ignored),
            str(skipped),
        )  # fmt: skip
    console.print(table)
    cases = sum(one.cases for one in scores)
    if cases:
        bodies = sum(one.levels[2] for one in scores)
        ignored = sum(one.ignored for one in scores)
        console.print(
            f"\n{cases} cases of {len(scores)} connectors: {bodies / cases:.1%} of bodies alike, "
            f"something ignored in {ignored / cases:.1%}."
        )


def _show_cases(console: Console, one: Score, *, limit: int, only: str) -> None:
    for why, count in one.skipped.items():
        console.print(Text(f"{count} skipped: {why}", style="dim"))
    differing = [
        case
        for case in one.details
        if case.level < len(LEVELS) - 1 and not case.skipped and not case.is_held_out
    ]
    shown = [case for case in differing if only in case.id][:limit]
    for case in shown:
        console.print(Text.assemble((f"\n{case.id}", "bold"), f"  {_as_far_as(case.level)}"))
        for line in case.why[:LINES]:
            console.print(Text(f"  {line}"), soft_wrap=True)
    if len(differing) > len(shown):
        console.print(f"\n{len(differing) - len(shown)} more that differ.")


def _as_far_as(level: int) -> str:
    return "differs from the first" if not level else f"agrees as far as {LEVELS[level - 1]}"


def _write(reached: Mapping[str, Reached]) -> None:
    SCORES.mkdir(exist_ok=True)
    for name, one in reached.items():
        (SCORES / f"{name}.json").write_text(write_lock(one), encoding="utf-8")
    click.echo(f"Wrote what {len(reached)} reached into {SCORES}.")
