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
from legato.connectors.verify.page import scores_page
from legato.connectors.verify.score import LEVELS, Part, Score, score
from legato.connectors.verify.tally import SIXTY, tally, unscored
from legato.workspace import SCORES, shipped_connectors, shipped_score

SHOWN = 10
_TITLES = ("case", "acc", "url", "body", "head", "body %", "group", "class", "held", "ign", "skip")
LINES = 6


@click.command()
@click.argument("names", nargs=-1)
@click.option("--vectors", type=click.Path(path_type=Path, file_okay=False), default=VECTORS)
@click.option("--examples", type=click.Path(path_type=Path, file_okay=False), default=EXAMPLES)
@click.option("--show", default=SHOWN, help="How many cases that differ to show of one connector.")
@click.option("--only", default="", help="Of those, only the ones whose id has this in it.")
@click.option("--update", is_flag=True, help="Write what was reached into the lock file.")
@click.option("--lower", default="", help="Why it may write less than was reached before.")
@click.option("--markdown", "is_markdown", is_flag=True, help="The page of what all have reached.")
@click.option("--json", "is_json", is_flag=True, help="For programs: the scores alone.")
def verify(  # noqa: PLR0913 - one parameter each for click
    names: tuple[str, ...],
    *,
    vectors: Path,
    examples: Path,
    show: int,
    only: str,
    update: bool,
    lower: str,
    is_json: bool,
    is_markdown: bool,
) -> None:
    """Score connectors by NAME, or a manifest by its path; all of them without one.

    A case counts as far as it agrees: accepted or refused alike (acc), method and URL, body as
    data, headers. `group`: what travels together; `class`: what an answer means. A third of the
    cases is held out: counted (held), and never shown, so that a manifest says what the
    provider's documentation says and not what the cases are. Something was ignored in `ign`
    cases; `skip` are not counted, for reasons that one NAME shows.
    """
    if not vectors.is_dir() and not examples.is_dir():
        raise Failure(
            f"There is no folder {vectors}: vectors are test data, and not installed.",
            "Run this in a checkout of Legato, or name a folder with --vectors.",
        )
    if is_markdown:
        click.echo(shipped_page(), nl=False)
        return
    scores, from_examples = _scores(names, (vectors, examples))
    reached = _reached_by(scores, from_examples)
    if is_json:
        print_json(reached)
    else:
        _show_all(Console(highlight=False), scores, from_examples, is_whole=not names)
        _show_unscored(names, scores, from_examples)
        if names:
            for one in (*scores, *from_examples):
                _show_cases(Console(highlight=False), one, limit=show, only=only)
    lost = [
        f"{name}: {line}"
        for name, one in reached.items()
        for line in worse(shipped_score(name), one)
    ]
    if lost and not (update and lower):
        fix = "Put it right: scores may only rise. Where less is right, `--update --lower WHY`."
        raise Failure("\n".join(lost), fix)
    if update:
        _write({name: _explained(name, one, lower) for name, one in reached.items()})


def shipped_page() -> str:
    """Return the page of the guide with what all shipped connectors have reached."""
    shipped = shipped_connectors()
    return scores_page(shipped, {name: shipped_score(name) for name in shipped})


def _scores(names: Iterable[str], folders: tuple[Path, Path]) -> tuple[list[Score], list[Score]]:
    """Score on recorded requests, and on examples of documentations."""
    wanted = list(names) or sorted(shipped_connectors())
    found: tuple[list[Score], list[Score]] = ([], [])
    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task("scoring", total=len(wanted))
        for name in wanted:
            known, spec = connector_of(name)
            for scores, folder in zip(found, folders, strict=True):
                cases = vectors_of(known, spec, folder)
                if cases:
                    scores.append(score(known, spec, cases))
            progress.advance(task)
    return found


def _reached_by(scores: Iterable[Score], from_examples: Iterable[Score]) -> dict[str, Reached]:
    vectors = {one.name: mark_of(one) for one in scores}
    examples = {one.name: mark_of(one) for one in from_examples}
    return {
        name: Reached(vectors=vectors.get(name), examples=examples.get(name))
        for name in {**vectors, **examples}
    }


def _show_all(
    console: Console, scores: list[Score], from_examples: list[Score], *, is_whole: bool
) -> None:
    if scores:
        _show(console, scores)
    if from_examples:
        console.print("\nexamples of the providers' documentation", style="bold")
        _show(console, from_examples)
    if not is_whole:
        return
    every = {name: Reached() for name in shipped_connectors()}
    reached = {**every, **_reached_by(scores, from_examples)}
    held = [one for one in scores if one.held_out]
    count, alike = sum(one.held_out for one in held), sum(one.held_out_body for one in held)
    sixty = tally(reached, SIXTY)
    console.print(f"\n{len(reached)} connectors: {tally(reached, reached)}.")
    console.print(f"{sixty.connectors} of the sixty in wide use: {sixty}.")
    if none := unscored(reached):
        console.print(f"Of these, nobody recorded any request of {', '.join(none)}.")
    if count:
        console.print(f"Held out, and only counted: {alike / count:.1%} of {count} cases alike.")


def _show(console: Console, scores: list[Score]) -> None:
    """Print a line for each connector, in 80 columns."""
    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column("connector", no_wrap=True, max_width=20, overflow="ellipsis")
    for title in _TITLES:
        table.add_column(title, justify="right", no_wrap=True)
    for one in scores:
        held = f"{one.held_out_body}/{one.held_out}" if one.held_out else ""
        table.add_row(
            one.name,
            str(one.cases),
            *map(str, one.levels),
            f"{one.body:.1%}",
            _part(one.grouping),
            _part(one.classes),
            held,
            str(one.ignored or ""),
            str(sum(one.skipped.values()) or ""),
        )
    console.print(table)


def _show_unscored(names: Iterable[str], *scored: Iterable[Score]) -> None:
    """Say of which there is nothing to score by: without it they would not be told of."""
    known = {one.name for scores in scored for one in scores}
    for name in names:
        if connector_of(name)[0] not in known:
            click.echo(f"{name} is right, and nothing says how right: nobody recorded a request of")
            click.echo("  it, and no example of its documentation is there. See --examples FOLDER.")


def _part(part: Part | None) -> str:
    return f"{part.alike}/{part.cases}" if part is not None else ""


def _show_cases(console: Console, one: Score, *, limit: int, only: str) -> None:
    for why, count in one.skipped.items():
        console.print(Text(f"{count} skipped: {why}", style="dim"))
    for why, count in one.refused.items():
        told = f"{count} refused by the other product's choice, not compared: {why}"
        console.print(Text(told, style="dim"))
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


def _explained(name: str, now: Reached, why: str) -> Reached:
    """Keep what was not scored again, and why less was reached, of what was."""
    before = shipped_score(name)
    return Reached(
        vectors=now.vectors or before.vectors,
        examples=now.examples or before.examples,
        lowered=why if worse(before, now) else before.lowered,
    )


def _write(reached: Mapping[str, Reached]) -> None:
    SCORES.mkdir(exist_ok=True)
    for name, one in reached.items():
        (SCORES / f"{name}.json").write_text(write_lock(one), encoding="utf-8")
    click.echo(f"Wrote what {len(reached)} reached into {SCORES}.")
