"""`legato init` and `legato schemas`: a workspace that is right from the first check on."""

from __future__ import annotations

import re
import secrets
from collections.abc import Sequence
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path

import click
import msgspec
from rich.console import Console
from rich.table import Table
from rich.text import Text

from legato.cli.client import Failure
from legato.plan.beginning.cut import cut, listed
from legato.plan.findings import nearest
from legato.plan.scenarios.schema import scenario_schema
from legato.plan.schemas import any_document, document_schemas
from legato.workspace import find_templates, read_templates

WRITE_KEY = "WRITE_KEY"
"""Stands in the starter's source for the key that every new workspace gets of its own."""
KEY_BYTES = 16
SCHEMAS = ".schemas"
CROWDS = "crowds/"
ANY_SCHEMA = "any.json"
IGNORED = "# The log, the state and the tokens of this machine.\n.legato/\n"
_FIRST_KEY = re.compile(r"(?:\A|^---\n)(?:#.*\n|\n)*(\w+):", re.MULTILINE)
"""The key that says what a document is."""


@click.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path), required=False)
@click.option("--template", "names", multiple=True, help="Begin with this journey; repeatable.")
@click.option("--templates", "is_list", is_flag=True, help="List the journeys to begin with.")
def init(folder: Path | None, *, names: tuple[str, ...], is_list: bool) -> None:
    """Make a workspace in FOLDER: a catalog, consent, a welcome journey, all commented.

    With --template: the journey of that name, and what it needs.
    """
    if is_list:
        _list_templates()
    elif folder is None:
        raise Failure("A workspace is a folder.", "Name it: legato init FOLDER")
    elif names:
        _begin_with(folder, names)
    else:
        _begin(folder)


def _list_templates() -> None:
    templates = listed(read_templates(find_templates()))
    table = Table(box=None, show_header=False, pad_edge=False)
    for template in templates:
        table.add_row(Text(template.name, "bold"), template.sentence)
    console = Console(highlight=False)
    console.print(table)
    console.print("\nBegin with one: legato init FOLDER --template NAME")


def _begin_with(folder: Path, names: Sequence[str]) -> None:
    files = read_templates(find_templates())
    known = [template.name for template in listed(files)]
    for name in names:
        if name not in known:
            near = nearest(name, known)
            meant = f"Did you mean {near}? " if near is not None else ""
            raise Failure(
                f"There is no template {name}; nothing was written.",
                f"{meant}All of them: legato init --templates",
            )
    _refuse_what_is_there(folder)
    texts = cut(files, names)
    for file, text in texts.items():
        path = folder / file
        path.parent.mkdir(parents=True, exist_ok=True)
        schemas_at = f"{'../' * file.count('/')}{SCHEMAS}/"
        is_crowd = file.startswith(CROWDS)  # editors have no schema of those
        path.write_text(text if is_crowd else _with_schema(text, schemas_at), encoding="utf-8")
    sources = resources.files("legato.cli").joinpath("starter", "sources")
    key = secrets.token_hex(KEY_BYTES)
    count = len(texts) + _copy(sources, folder / "sources", key, schemas_at=f"../{SCHEMAS}/")
    _finish(folder, count)
    click.echo(f"  tell its stories   legato test -w {folder}")
    click.echo(f"  prove it           legato prove -w {folder}")
    if any(file.startswith(CROWDS) for file in texts):
        click.echo(f"  try it on a crowd  legato simulate {folder}")


def _begin(folder: Path) -> None:
    _refuse_what_is_there(folder)
    _finish(folder, write_starter(folder))


def write_starter(folder: Path) -> int:
    """Write the definitions that a workspace begins with; return how many files they are."""
    starter = resources.files("legato.cli").joinpath("starter")
    return _copy(starter, folder, secrets.token_hex(KEY_BYTES), schemas_at=f"{SCHEMAS}/")


def _refuse_what_is_there(folder: Path) -> None:
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise Failure(
            f"{folder} is not an empty folder; nothing was written.",
            "Name a folder that is new or empty.",
        )


def _finish(folder: Path, count: int) -> None:
    """Write what every workspace has, and say what to do with it."""
    (folder / ".gitignore").write_text(IGNORED, encoding="utf-8")
    write_schemas(folder / SCHEMAS)
    click.echo(f"Wrote {count} files into {folder}.")
    click.echo(f"  check it           legato check {folder}")
    click.echo(f"  run it             legato up {folder}")
    click.echo(f"  its write key stands in {folder / 'sources' / 'web.yaml'}")


def _copy(source: Traversable, target: Path, key: str, *, schemas_at: str) -> int:
    target.mkdir(parents=True, exist_ok=True)
    count = 0
    for entry in sorted(source.iterdir(), key=lambda each: each.name):
        if entry.is_dir():
            count += _copy(entry, target / entry.name, key, schemas_at=f"../{schemas_at}")
        elif entry.name.endswith((".yaml", ".md")):
            text = entry.read_text(encoding="utf-8").replace(WRITE_KEY, key)
            if entry.name.endswith(".yaml"):
                text = _with_schema(text, schemas_at)
            (target / entry.name).write_text(text, encoding="utf-8")
            count += 1
    return count


def _with_schema(text: str, schemas_at: str) -> str:
    return f"# yaml-language-server: $schema={schemas_at}{_schema_of(text)}\n{text}"


def _schema_of(text: str) -> str:
    """Name the schema of a file: that of its kind, or of any where it holds several."""
    kinds = dict.fromkeys(match[1] for match in _FIRST_KEY.finditer(text))
    return f"{next(iter(kinds))}.json" if len(kinds) == 1 else ANY_SCHEMA


@click.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
def schemas(folder: Path) -> None:
    """Write JSON Schemas into FOLDER, so that editors complete and check the YAML.

    A file begins with `# yaml-language-server: $schema=` and the path of its schema.
    """
    click.echo(f"Wrote {write_schemas(folder)} schemas into {folder}.")


def write_schemas(folder: Path) -> int:
    """Write the schema of each kind of document, and one that fits all; return how many."""
    folder.mkdir(parents=True, exist_ok=True)
    found = {f"{kind}.json": schema for kind, schema in document_schemas().items()}
    found[ANY_SCHEMA] = any_document()
    found["scenario.json"] = scenario_schema()
    for name, schema in found.items():
        data = msgspec.json.format(msgspec.json.encode(schema), indent=2)
        (folder / name).write_bytes(data + b"\n")
    return len(found)
