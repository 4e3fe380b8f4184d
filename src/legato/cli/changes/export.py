"""`legato export`: the definitions that run, byte for byte as the files they are written in."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path, PurePosixPath
from zipfile import BadZipFile, ZipFile

import click
import msgspec

from legato.cli.client import Client, Failure, connects
from legato.plan.load import ENDINGS

NAMED_MAX = 5
"""Files named in a sentence: who wants all of them lists the folder."""


class _Standing(msgspec.Struct):
    plan: str
    shut_files: tuple[str, ...] = ()


@click.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@click.option("--keys", "has_keys", is_flag=True, help="Also files that may hold keys, as admin.")
@click.option("--over", "is_over", is_flag=True, help="Write over what the folder holds.")
@connects
def export(client: Client, folder: Path, *, has_keys: bool, is_over: bool) -> None:
    """Write the definitions that run into a FOLDER, with every comment.

    A folder that holds anything else is left alone, unless --over: then files that run are written
    over, and all others stay.
    """
    standing = client.get("/api/definitions", _Standing)
    asked = {"keys": "true"} if has_keys else {}
    files = _unpacked(client.data("/api/definitions/archive", **asked))
    others = _others(folder, files)
    found = list(islice(others, NAMED_MAX + 1))
    if found and not is_over:
        raise Failure(
            f"{folder} holds other files: {_named(found)}. Nothing was written.",
            "Name a new folder, or write over what runs and leave the rest: --over",
        )
    _write(folder, files)
    count = "1 file" if len(files) == 1 else f"{len(files):,} files"
    click.echo(f"Wrote {count} of plan {standing.plan} to {folder}.")
    if standing.shut_files and not has_keys:
        left_out = _named(standing.shut_files)
        click.echo(f"Left out, as they may hold keys: {left_out}. An admin adds --keys.", err=True)
    idle = [name for name in _definitions(folder) if name not in files]
    idle = [name for name in idle if name not in standing.shut_files]
    if idle:
        click.echo(f"In the folder, and not running: {_named(sorted(idle))}.", err=True)


def _unpacked(packed: bytes) -> dict[str, bytes]:
    try:
        with ZipFile(io.BytesIO(packed)) as archive:
            files = {name: archive.read(name) for name in archive.namelist()}
    except BadZipFile as error:
        raise Failure(
            "The answer is no archive.", "Use the version of `legato` that runs there."
        ) from error
    if any(
        PurePosixPath(name).is_absolute() or ".." in PurePosixPath(name).parts for name in files
    ):
        raise Failure(
            "The archive names a file outside of the folder. Nothing was written.",
            "Look at who answers there: `legato status`.",
        )
    return files


def _others(folder: Path, files: Mapping[str, bytes]) -> Iterator[str]:
    """Yield what a folder holds that would not be there, or be otherwise, in one just written."""
    for name in _held(folder):
        if name not in files or (folder / name).read_bytes() != files[name]:
            yield name


def _definitions(folder: Path) -> Iterator[str]:
    return (name for name in _held(folder) if name.endswith(tuple(ENDINGS)))


def _held(folder: Path) -> Iterator[str]:
    """Yield the files of a folder; what is hidden, such as version control's, does not count."""
    for where, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            if not name.startswith("."):
                yield (Path(where) / name).relative_to(folder).as_posix()


def _write(folder: Path, files: Mapping[str, bytes]) -> None:
    try:
        for name, data in files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
    except OSError as error:
        raise Failure(
            f"{error.filename or folder} could not be written: {error.strerror}.",
            "Name a folder that you may write to, and try again.",
        ) from error


def _named(names: Sequence[str]) -> str:
    shown = ", ".join(names[:NAMED_MAX])
    return shown if len(names) <= NAMED_MAX else f"{shown} and more"
