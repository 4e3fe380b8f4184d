"""What the Studio weighs: bounds that every build is held to."""

from __future__ import annotations

import re

import pytest

from legato.studio.bundle.files import FOLDER, PAGE, File, read_bundle

KB = 1_024
SHELL_KB_MAX = 140
CHUNK_KB_MAX = 100
CSS_KB_MAX = 25
_LOADED = re.compile(r'(?:src|href)="/studio/(assets/[^"]+\.js)"')


@pytest.fixture(scope="module")
def bundle() -> dict[str, File]:
    files = read_bundle(FOLDER)
    assert PAGE in files, "the Studio is not built: make studio"
    return files


def weight(file: File) -> float:
    return len(file.forms.get("gzip", file.forms[""])) / KB


def test_the_shell_is_bounded(bundle: dict[str, File]) -> None:
    page = bundle[PAGE].forms[""].decode()
    shell = dict.fromkeys(_LOADED.findall(page))

    assert shell
    assert sum(weight(bundle[path]) for path in shell) <= SHELL_KB_MAX


def test_every_chunk_and_all_styles_are_bounded(bundle: dict[str, File]) -> None:
    chunks = {path: weight(file) for path, file in bundle.items() if path.endswith(".js")}
    styles = [weight(file) for path, file in bundle.items() if path.endswith(".css")]

    assert {path: kb for path, kb in chunks.items() if kb > CHUNK_KB_MAX} == {}
    assert max(styles) <= CSS_KB_MAX


def test_the_page_has_no_script_in_it_and_asks_nobody_else(bundle: dict[str, File]) -> None:
    page = bundle[PAGE].forms[""].decode()

    assert re.findall(r"<script(?![^>]* src=)[^>]*>", page) == []
    assert re.findall(r"(?:https?:)?//[a-z]", page) == []


def test_every_text_is_there_compressed(bundle: dict[str, File]) -> None:
    for path, file in bundle.items():
        if (
            path.startswith("assets/")
            and path.endswith((".js", ".css"))
            and len(file.forms[""]) > KB
        ):
            assert set(file.forms) == {"", "br", "gzip"}, path
