"""Where files that come from elsewhere belong: in place of which running ones, or as new ones.

A file that comes with a folder, as from an archive or a checkout, is the file of that path. One
that comes alone is taken apart: each of its definitions goes to where that one stands now.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Literal, TypeAlias

from legato.model.noun import Noun
from legato.plan.arrivals.slices import Slice, places, slices, with_slice
from legato.plan.load import ENDINGS, SCENARIOS

How: TypeAlias = Literal["same", "changed", "new", "within", "passed"]
WORKSPACE = "legato.yaml"
CROWDS = "crowds/"
FOLDERS: Mapping[str, str] = {
    "event": "catalog",
    "trait": "catalog",
    "computed": "catalog",
    "team": "catalog",
    "term": "catalog",
    "segment": "segments",
    "audience": "segments",
    "cap": "policies",
    "quiet_hours": "policies",
    "suppress": "policies",
    "holdout": "policies",
    "channel": "channels",
    "destination": "destinations",
    "source": "sources",
    "template": "templates",
    "journey": "journeys",
    "property": "properties",
    "scenario": "scenarios",
}
"""Where definitions of a kind stand in a workspace that has none of it."""


class Placed(Noun, frozen=True, kw_only=True):
    """What became of one file that came."""

    given: str
    """As it was called."""
    file: str
    """Its path in the workspace; empty: it was passed over."""
    how: How
    """`within`: its definitions took the place of those in the file, and the others stay."""
    why: str = ""
    """Of one that was passed over."""


class Landing(Noun, frozen=True, kw_only=True):
    """Files in their places."""

    files: Mapping[str, str]
    """By path: all that came, also what is the same as the running one."""
    placed: tuple[Placed, ...]
    is_whole: bool
    """A workspace came: what it has not may be meant to go."""


def land(given: Mapping[str, str], running: Mapping[str, str]) -> Landing:
    """Put files in their places; nothing is checked but that they are a workspace's."""
    root = _root(given, running)
    files: dict[str, str] = {}
    placed: list[Placed] = []
    loose: dict[str, str] = {}
    for name in sorted(given):
        path = name.removeprefix(root)
        no = _passed(name, path, root)
        if no:
            placed.append(Placed(given=name, file="", how="passed", why=no))
        elif "/" in path or path in running or path == WORKSPACE:
            files[path] = given[name]
            placed.append(Placed(given=name, file=path, how=_how(path, given[name], running)))
        else:
            loose[name] = path
    for name, path in loose.items():
        for file, text, how in _taken_apart(path, given[name], {**running, **files}):
            files[file] = text
            is_same = running.get(file) == text
            placed.append(Placed(given=name, file=file, how="same" if is_same else how))
    return Landing(files=files, placed=tuple(placed), is_whole=WORKSPACE in files)


def _root(given: Mapping[str, str], running: Mapping[str, str]) -> str:
    """Return the folder in which the workspace came, as archives and checkouts have one."""
    heads = [name for name in given if name.split("/")[-1] == WORKSPACE]
    if heads:
        return min(heads, key=lambda name: (name.count("/"), name)).removesuffix(WORKSPACE)
    found: Counter[str] = Counter()
    for name in given:
        parts = name.split("/")
        for index in range(len(parts) - 1):
            if "/".join(parts[index:]) in running:
                found["".join(f"{part}/" for part in parts[:index])] += 1
    return max(found, key=lambda root: (found[root], -len(root), root), default="")


def _passed(name: str, path: str, root: str) -> str:
    """Say why a file is no definition of the workspace; empty: it is one."""
    if not name.startswith(root):
        return f"it stands outside of {root}"
    if not path.endswith(ENDINGS):
        return "it is no YAML"
    if any(part.strip(".") == "" or part.startswith(".") for part in path.split("/")):
        return "a name in its path begins with a dot"
    if path.startswith(CROWDS):
        return "a crowd is for rehearsals, and no definition"
    return ""


def _how(path: str, text: str, running: Mapping[str, str]) -> How:
    if path not in running:
        return "new"
    return "same" if running[path] == text else "changed"


def _taken_apart(path: str, text: str, files: Mapping[str, str]) -> Iterator[tuple[str, str, How]]:
    """Put each definition of a file that came alone where the one of its name stands."""
    known, now = places(files), dict(files)
    touched: dict[str, How] = {}
    before = ""
    for each in slices(path, text):
        if not each.kind:
            before += each.text
            continue
        file = known.get(each.key) or _new_file(path, each, now)
        if file not in now:
            now[file] = before
            touched[file] = "new"
        now[file] = with_slice(file, now[file], each)
        known[each.key] = file
        touched.setdefault(file, "within")
        before = ""
    if not touched:  # nothing in it can be read: shown with what is wrong, where it would stand
        file = f"{FOLDERS['journey']}/{path}"
        now[file], touched[file] = text, "new"
    for file, how in touched.items():
        yield file, now[file], how


def _new_file(path: str, new: Slice, files: Mapping[str, str]) -> str:
    """Return where a definition that nobody has would be looked for: among those of its kind."""
    folders = Counter(
        file.rpartition("/")[0]
        for file, text in files.items()
        if not file.startswith(SCENARIOS)
        for each in slices(file, text)
        if each.kind == new.kind
    )
    usual = FOLDERS.get(new.kind, "")
    folder = max(folders, key=lambda name: (folders[name], name == usual, name), default=usual)
    return f"{folder}/{path}" if folder else path
