"""`legato init` and `legato schemas`: a workspace that is right from the first check on."""

from __future__ import annotations

import secrets
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path

import click
import msgspec

from legato.cli.client import Failure
from legato.plan.schemas import schemas as editor_schemas

WRITE_KEY = "WRITE_KEY"
"""Stands in the starter's source for the key that every new workspace gets of its own."""
KEY_BYTES = 16
SCHEMAS = ".schemas"
IGNORED = "# The log, the state and the tokens of this machine.\n.legato/\n"


@click.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
def init(folder: Path) -> None:
    """Make a workspace in FOLDER: a catalog, consent, a welcome journey, all commented."""
    if folder.exists() and any(folder.iterdir()):
        raise Failure(
            f"{folder} is not empty; nothing was written.", "Name a folder that is new or empty."
        )
    key = secrets.token_hex(KEY_BYTES)
    count = _copy(resources.files("legato.cli").joinpath("starter"), folder, key)
    (folder / ".gitignore").write_text(
        "# The log, the state and this machine's tokens.\n.legato/\n"
    )
    write_schemas(folder / SCHEMAS)
    click.echo(f"Wrote {count} files into {folder}.")
    click.echo(f"  check it    legato check {folder}")
    click.echo(f"  run it      legato up {folder}")
    click.echo(f"  its write key stands in {folder / 'sources' / 'web.yaml'}")


def _copy(source: Traversable, target: Path, key: str) -> int:
    target.mkdir(parents=True, exist_ok=True)
    count = 0
    for entry in sorted(source.iterdir(), key=lambda each: each.name):
        if entry.is_dir():
            count += _copy(entry, target / entry.name, key)
        elif entry.name.endswith((".yaml", ".md")):
            text = entry.read_text(encoding="utf-8").replace(WRITE_KEY, key)
            (target / entry.name).write_text(text, encoding="utf-8")
            count += 1
    return count


@click.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
def schemas(folder: Path) -> None:
    """Write JSON Schemas into FOLDER, so that editors complete and check the YAML.

    A file begins with `# yaml-language-server: $schema=` and the path of its schema.
    """
    count = write_schemas(folder)
    click.echo(f"Wrote {count} schemas into {folder}.")


def write_schemas(folder: Path) -> int:
    """Write every schema; return how many."""
    folder.mkdir(parents=True, exist_ok=True)
    found = editor_schemas()
    for name, schema in found.items():
        data = msgspec.json.format(msgspec.json.encode(schema), indent=2)
        (folder / f"{name}.json").write_bytes(data + b"\n")
    return len(found)
