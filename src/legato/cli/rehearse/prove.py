"""`legato prove`: every way through the journeys, and the shortest on which one does harm."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import click
from rich.console import Console
from rich.padding import Padding
from rich.progress import Progress, SpinnerColumn, TextColumn
from rich.text import Text

from legato.cli.check import Folder, show_problems, workspace_files
from legato.cli.client import Failure
from legato.cli.why import print_json
from legato.plan.findings import nearest
from legato.plan.load import Loaded
from legato.simulate.proof.prove import Proof, prove
from legato.simulate.proof.script import exported
from legato.simulate.proof.violation import Violation
from legato.workspace import check_files

NAME_WIDTH = 26
INDENT = 2


@click.command("prove")
@click.argument("journeys", nargs=-1)
@click.option("-w", "--workspace", default=".", type=Folder, help="The workspace's folder.")
@click.option(
    "--export",
    type=click.Path(file_okay=False, path_type=Path),
    help="Write each story as a scenario into this folder, for `legato test`.",
)
@click.option("--json", "is_json", is_flag=True, help="For programs.")
def prove_command(
    journeys: tuple[str, ...], workspace: Path, export: Path | None, *, is_json: bool
) -> None:
    """Look at every way through JOURNEYS (without any: all) for one that does harm.

    Consents, purchases, nights, caps, loops and the order of timers and events are tried in every
    combination that the gates and guards leave. What is found is told as the shortest story.
    """
    files = workspace_files(workspace)
    loaded = check_files(files)
    if loaded.plan is None:
        if is_json:
            print_json(loaded.problems)
        else:
            show_problems(Console(stderr=True, highlight=False), loaded.problems, files)
        sys.exit(1)
    check_names(journeys, tuple(loaded.plan.journeys))
    proofs = _proved(loaded, journeys)
    if is_json:
        print_json(proofs)
    else:
        show(Console(highlight=False), proofs)
    if export is not None:
        _export(loaded, proofs, export)
    sys.exit(1 if any(proof.standing for proof in proofs) else 0)


def check_names(asked: Sequence[str], known: Sequence[str]) -> None:
    """Refuse a journey that there is not."""
    for name in asked:
        if name not in known:
            near = nearest(name, known)
            raise Failure(
                f"There is no journey named {name}.",
                f"Did you mean {near}?" if near else f"There are: {', '.join(known) or 'none'}.",
            )


def _proved(loaded: Loaded, journeys: Sequence[str]) -> tuple[Proof, ...]:
    assert loaded.plan is not None, "it compiled"
    console = Console(stderr=True)
    columns = (SpinnerColumn(), TextColumn("{task.description}"))
    with Progress(
        *columns, console=console, transient=True, disable=not console.is_terminal
    ) as progress:
        task = progress.add_task("")

        def tell(name: str) -> None:
            progress.update(task, description=f"{name}: looking at every way through it")

        return prove(loaded.plan, loaded.properties, loaded.waivers, only=journeys, progress=tell)


def _export(loaded: Loaded, proofs: Sequence[Proof], folder: Path) -> None:
    """Write the stories that can be lived through."""
    assert loaded.plan is not None, "it compiled"
    standing = [violation for proof in proofs for violation in proof.standing]
    folder.mkdir(parents=True, exist_ok=True)
    count = 0
    for number, violation in enumerate(standing, start=1):
        text = exported(loaded.plan, violation, loaded.properties)
        if text:
            name = f"{violation.code}-{violation.journey}-{number}.yaml"
            (folder / name).write_text(text, encoding="utf-8")
            count += 1
    noun = "story" if count == 1 else "stories"
    click.echo(f"Wrote {count} {noun} into {folder}.", err=True)
    if count < len(standing):
        rest = len(standing) - count
        words = "the other one is" if rest == 1 else f"the other {rest} are"
        click.echo(f"  {words} told by the definitions alone", err=True)


def show(console: Console, proofs: Sequence[Proof]) -> None:
    """Print what came of each journey, and every counter-example as a story."""
    for proof in proofs:
        _show_head(console, proof)
    for proof in proofs:
        for violation in proof.violations:
            console.print()
            show_violation(console, violation)
    broken = sum(bool(proof.standing) for proof in proofs)
    count = f"{len(proofs)} journey{'' if len(proofs) == 1 else 's'}"
    if broken:
        console.print(Text(f"\n{count}, {broken} of them not proved.", style="bold red"))
    else:
        console.print(Text(f"\n{count}, all proved.", style="bold green"))


def _show_head(console: Console, proof: Proof) -> None:
    standing, waived = len(proof.standing), len(proof.violations) - len(proof.standing)
    states = f"{proof.state_count:,} state{'' if proof.state_count == 1 else 's'}"
    words = [states]
    if standing:
        words.append(f"{standing} violation{'' if standing == 1 else 's'}")
    if waived:
        words.append(f"{waived} waived")
    mark = Text("not proved  " if standing else "proved      ", "red" if standing else "green")
    name = Text(f"{proof.journey:<{NAME_WIDTH}} ", "bold")
    console.print(Text.assemble(name, mark, ", ".join(words)))


def show_violation(console: Console, violation: Violation) -> None:
    """Print one violation: where, what, how it comes to be, and what to do."""
    place = f"{violation.place.file}:{violation.place.line}"
    style = "dim" if violation.waived else "bold"
    console.print(Text.assemble((place, style), f"  {violation.code}  {violation.journey}"))
    console.print(Padding(Text(violation.what), (0, 0, 0, INDENT)))
    if violation.waived:
        waived = Text(f"waived: {violation.waived}", "yellow")
        console.print(Padding(waived, (0, 0, 0, INDENT)))
        return
    for number, said in enumerate(violation.story, start=1):
        console.print(Padding(Text(f"{number}. {said}"), (0, 0, 0, 2 * INDENT)))
    fix = Text.assemble("fix: ", (violation.fix, "green"))
    console.print(Padding(fix, (0, 0, 0, INDENT)))
