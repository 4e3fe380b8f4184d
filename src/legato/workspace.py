"""A workspace folder: its texts, and what they compile to with the connectors that are shipped."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from legato.connectors.verify.lock import Reached, read_lock
from legato.model.instant import to_datetime
from legato.model.problem import LegatoError
from legato.plan.load import Loaded, load
from legato.transports.catalog import CATALOG, SOURCES, Kept, read_catalog, read_source_catalog
from legato.transports.clock import SystemClock
from legato.transports.drivers.extras import absent

CROWDS = "crowds"
REHEARSED = ("scenarios", CROWDS)
"""Folders of a workspace that are no definitions: what rehearsals begin with."""


def read_workspace(folder: Path) -> dict[str, str]:
    """Return the texts of every YAML file of a workspace by path in it, REHEARSED excepted.

    Files and folders whose names begin with a dot are not part of it.
    """
    return {
        path.relative_to(folder).as_posix(): _read(path)
        for path in _yaml_files(folder)
        if path.relative_to(folder).parts[0] not in REHEARSED
    }


def read_rehearsed(folder: Path, kind: str) -> dict[str, str]:
    """Return the texts of one of the folders that rehearsals begin with, by path in the folder."""
    return {
        path.relative_to(folder).as_posix(): _read(path)
        for path in _yaml_files(folder)
        if path.relative_to(folder).parts[0] == kind
    }


def _yaml_files(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.rglob("*")):
        is_hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
        if path.suffix in (".yaml", ".yml") and not is_hidden:
            yield path


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise LegatoError(
            f"{path} cannot be read as text.", fix="Save it as UTF-8, readable by this user."
        ) from error


def find_templates() -> Path:
    """Return the folder of the templates: beside the sources, or inside the installation."""
    package = Path(__file__).parent
    places = (package.parents[1] / "examples", package / "examples")
    for place in places:
        if (place / "templates" / "legato.yaml").is_file():
            return place / "templates"
    raise LegatoError(
        f"The templates are not where they should be: {places[0] / 'templates'}.",
        fix="Install Legato again.",
    )


def read_templates(folder: Path) -> dict[str, str]:
    """Return the texts of a workspace of templates, scenarios among them."""
    rehearsed = [read_rehearsed(folder, kind) for kind in REHEARSED]
    return {
        **read_workspace(folder),
        **{name: text for each in rehearsed for name, text in each.items()},
    }


@cache
def shipped_templates() -> Mapping[str, str]:
    """Return the texts of the workspace of templates that is shipped."""
    return read_templates(find_templates())


def check_files(files: Mapping[str, str]) -> Loaded:
    """Compile definitions with the connectors that are shipped: a plan, or every mistake."""
    return load(files, shipped_connectors(), shipped_sources(), lacks=_lacks())


@cache
def _lacks() -> Mapping[str, str]:
    return absent()


SCORES = CATALOG / "scores"
"""What each shipped connector has reached against recorded requests: a file each."""


class Shipped(Mapping[str, Mapping[str, Any]]):
    """The connectors' catalog by id. A manifest is read when it is asked for: most never are."""

    def __init__(self, texts: Mapping[str, str], kept: Kept) -> None:
        self._texts = texts
        self._kept = kept
        self._read: dict[str, Mapping[str, Any]] = {}

    def __getitem__(self, name: str) -> Mapping[str, Any]:
        if name not in self._read:
            text = self._texts[name]
            found = self._kept.get(name, text)
            if found is None:
                reader = YAML(typ="safe", pure=True)
                found = reader.load(text)  # pyright: ignore[reportUnknownMemberType] - the library leaves it open
                self._kept.put(name, text, found)
            self._read[name] = found
        return self._read[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._texts)

    def __len__(self) -> int:
        return len(self._texts)


@cache
def shipped_connectors() -> Mapping[str, Mapping[str, Any]]:
    """Return the manifests of the connectors' catalog by id, which is the name of the file."""
    return Shipped(read_catalog(), Kept(CATALOG))


def shipped_score(name: str) -> Reached:
    """Return what a shipped connector has reached; nothing where it was never scored."""
    path = SCORES / f"{name}.json"
    return read_lock(path.read_text(encoding="utf-8")) if path.exists() else Reached()


@cache
def shipped_sources() -> Mapping[str, Mapping[str, Any]]:
    """Return the manifests of what providers post, by id, which is the name of the file."""
    return Shipped(read_source_catalog(), Kept(SOURCES))


def today() -> date:
    """Return the day it is on this machine: some manifests say when they end."""
    return to_datetime(SystemClock().now()).date()
