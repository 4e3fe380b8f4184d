"""What a workspace of very many journeys costs, in CPU time and memory, from text to proofs.

.venv/bin/python bench/journeys.py [--journeys 10000] [--keep FOLDER]

The journeys are those of the example shop, written anew for one site after the other: each takes in
the people of its site alone, and tests its traffic in a split of its own. With --keep the workspace
stays, to be looked at: `legato up FOLDER`.
"""

from __future__ import annotations

import argparse
import re
import resource
import shutil
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeVar

from legato.app.definitions.objections import proved
from legato.app.rehearse.demand import rehearsed
from legato.app.rehearse.scenarios import read_whole
from legato.core.program import Program
from legato.model.plan import encode_plan
from legato.plan.drawing.draw import draw
from legato.plan.load import Loaded
from legato.workspace import check_files

SHOP = Path(__file__).parents[1] / "examples" / "shop"
PLACES = ("Berlin", "Leeds", "Porto", "Lyon", "Graz", "Turin", "Ghent", "Malmo")
SITE: Mapping[str, tuple[str, str]] = {
    "ads_after_purchase": ("on: Order Completed,", "on: Order Completed, when: {site: SITE},"),
    "post_purchase": ("on: Order Completed,", "on: Order Completed, when: {site: SITE},"),
    "cart_rescue": (
        "when: {value: {over: 40}}",
        "when: {all: [{site: SITE}, {value: {over: 40}}]}",
    ),
    "complaint_hold": (
        "when: {category: complaint}",
        "when: {all: [{site: SITE}, {category: complaint}]}",
    ),
    "browse_abandon": ("    all:\n", "    all:\n      - site: SITE\n"),
    "welcome": ("    all:\n", "    all:\n      - site: SITE\n"),
    "login_help": ("  when: {did", "  when:\n    all:\n      - site: SITE\n      - {did"),
    "win_back": ("{segment: lapsed, again: after 90d}", "{api: true, again: once}"),
}
"""Where each journey says who comes in, and how it says so for one site."""
T = TypeVar("T")


def main() -> None:
    """Write a workspace, and print what is done with it and what that costs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--journeys", type=int, default=10_000)
    parser.add_argument("--keep", type=Path)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as passing:
        folder: Path = asked.keep or Path(passing) / "shop"
        write(folder, asked.journeys)
        measure(folder)


def write(folder: Path, count: int) -> None:
    """Write the shop with so many journeys."""
    shutil.copytree(SHOP, folder, ignore=shutil.ignore_patterns("*.gz"))
    for path in (folder / "catalog").glob("*.yaml"):
        path.write_text(with_sites(path.read_text()))
    settings = folder / "legato.yaml"
    settings.write_text(settings.read_text().replace("coverage: 95%", "coverage: 0%"))
    journeys = {path.stem: path.read_text() for path in sorted((SHOP / "journeys").glob("*.yaml"))}
    names = list(journeys)
    for number in range(count - len(journeys)):
        stem, site = names[number % len(names)], number // len(names)
        path = folder / "journeys" / f"{stem}_{site:04}.yaml"
        path.write_text(of_site(journeys[stem], stem, site))


def with_sites(catalog: str) -> str:
    """Let events say on which site they happened."""
    long = re.sub(r"(?m)^  properties:\n", "  properties:\n    site: {type: string}\n", catalog)
    short = r"(?m)^schema: \{type: object, properties: \{"
    return re.sub(short, r"\g<0>site: {type: string}, ", long)


def of_site(text: str, stem: str, site: int) -> str:
    """Write a journey anew for one site."""
    was, now = SITE[stem]
    assert was in text, stem
    text = text.replace(was, now.replace("SITE", f"site-{site:04}"), 1)
    text = text.replace(f"journey: {stem}\n", f"journey: {stem}_{site:04}\n")
    text = re.sub(r"split: (\w+)", rf"split: \1_{site:04}", text)
    return re.sub(r"title: (.*)", rf"title: \1, {PLACES[site % len(PLACES)]} {site}", text, count=1)


def measure(folder: Path) -> None:
    """Do with the workspace what a start does, and what somebody does who draws."""
    files = told("read the files", lambda: read_whole(folder))
    loaded = told("check and compile", lambda: check_files(files))
    assert loaded.plan is not None, loaded.problems[:3]
    plan = loaded.plan
    told("make ready to run", lambda: Program(plan))
    told("prove", lambda: list(proved(files, loaded)))
    told("rehearse the scenarios", lambda: list(rehearsed(files, loaded)))
    path = "journeys/cart_rescue.yaml"
    edited = {**files, path: files[path].replace("2d", "3d")}
    told("an edit of one journey: check", lambda: drawn(edited))
    told("and once more", lambda: drawn({**edited, path: files[path].replace("2d", "4d")}))
    size = len(encode_plan(plan)) / 1e6
    print(f"{len(plan.journeys):,} journeys in {len(files):,} files, a plan of {size:.1f} MB")


def drawn(files: Mapping[str, str]) -> Loaded:
    loaded = check_files(files)
    assert draw(files, loaded, "cart_rescue") is not None
    return loaded


def told(what: str, deed: Callable[[], T]) -> T:
    begun = time.process_time()
    found = deed()
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(f"{what:32}{time.process_time() - begun:8.2f} s  at most {most:5} MB", flush=True)
    return found


if __name__ == "__main__":
    main()
