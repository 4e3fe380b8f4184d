"""Definitions as files on the command line: taken out byte for byte, and brought in as a change."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from zipfile import ZipFile

import pytest

from legato.workspace import read_workspace
from tests.door.test_cli_up import Running

FILE = "journeys/welcome.yaml"


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    running = Running(tmp_path_factory.mktemp("export"))
    yield running
    running.stop()


def test_what_runs_is_written_byte_for_byte_and_the_same_again(
    running: Running, tmp_path: Path
) -> None:
    first = running.legato("export", str(tmp_path / "out"), "--keys")
    again = running.legato("export", str(tmp_path / "out"), "--keys")

    assert (first.returncode, again.returncode) == (0, 0), first.stderr + again.stderr
    assert read_workspace(tmp_path / "out") == read_workspace(running.workspace)
    for path in (tmp_path / "out").rglob("*.yaml"):
        name = path.relative_to(tmp_path / "out")
        assert path.read_bytes() == (running.workspace / name).read_bytes()
    assert "Wrote " in first.stdout
    assert "keys" not in first.stderr


def test_files_that_may_hold_keys_are_left_out_and_named(running: Running, tmp_path: Path) -> None:
    done = running.legato("export", str(tmp_path / "out"))

    assert done.returncode == 0, done.stderr
    assert "Left out, as they may hold keys: " in done.stderr
    assert "sources/web.yaml" in done.stderr
    assert not (tmp_path / "out" / "sources" / "web.yaml").exists()


def test_a_folder_with_other_files_is_left_alone_unless_asked(
    running: Running, tmp_path: Path
) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git" / "HEAD").write_text("ref")
    (tmp_path / "journeys").mkdir()
    (tmp_path / "notes.txt").write_text("mine")
    (tmp_path / FILE).write_text("journey: welcome\n")
    (tmp_path / "journeys" / "old.yaml").write_text("journey: old\n")

    refused = running.legato("export", str(tmp_path))
    untouched = sorted(path.name for path in tmp_path.rglob("*") if path.is_file())
    done = running.legato("export", str(tmp_path), "--over")

    assert refused.returncode == 1
    told = " ".join(refused.stderr.split())
    assert f"holds other files: notes.txt, journeys/old.yaml, {FILE}." in told
    assert "--over" in told
    assert untouched == ["HEAD", "notes.txt", "old.yaml", "welcome.yaml"]
    assert done.returncode == 0, done.stderr
    assert (tmp_path / FILE).read_text() == (running.workspace / FILE).read_text()
    assert (tmp_path / "notes.txt").read_text() == "mine"
    assert "In the folder, and not running: journeys/old.yaml." in done.stderr


def test_what_cannot_be_written_is_said_in_words(running: Running, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "journeys").write_text("a file where a folder belongs")

    refused = running.legato("export", str(tmp_path / "out"), "--over")

    assert refused.returncode == 1
    assert "could not be written: " in refused.stderr
    assert "Traceback" not in refused.stderr


def test_a_file_is_proposed_by_itself_and_says_what_it_changes(
    running: Running, tmp_path: Path
) -> None:
    text = (running.workspace / FILE).read_text()
    assert "wait: 1m" in text
    (tmp_path / "mine.yaml").write_text(text.replace("wait: 1m", "wait: 2h"))

    proposed = running.legato(
        "change", "propose", str(tmp_path / "mine.yaml"), "--title", "Wait longer"
    )
    same = running.legato("change", "propose", ".", "--title", "Nothing")

    assert proposed.returncode == 0, proposed.stderr
    assert f"mine.yaml: goes to {FILE}" in proposed.stdout
    assert "waits 2 hours instead of 1 minute" in " ".join(proposed.stdout.split())
    assert "Wait longer" in proposed.stdout
    assert (running.workspace / FILE).read_text() == text, "the folder is left alone"
    assert same.returncode == 1
    assert "Nothing differs in meaning from the running plan" in same.stderr


def test_an_archive_and_mistakes_are_proposed_and_told_as_in_the_studio(
    running: Running, tmp_path: Path
) -> None:
    with ZipFile(tmp_path / "shop.zip", "w") as archive:
        for name, text in read_workspace(running.workspace).items():
            archive.writestr(f"shop/{name}", text.replace("wait: 1m", "wait: 3h"))
    (tmp_path / "wrong.yaml").write_text(
        (running.workspace / FILE).read_text().replace("wait: 1m", "wait: soon")
    )

    whole = running.legato("change", "propose", str(tmp_path / "shop.zip"), "--title", "Git")
    wrong = running.legato("change", "propose", str(tmp_path / "wrong.yaml"), "--title", "Wrong")
    folder = running.legato(
        "change", "propose", ".", str(tmp_path / "wrong.yaml"), "--title", "Both"
    )

    assert whole.returncode == 0, whole.stderr
    assert "waits 3 hours instead of 1 minute" in " ".join(whole.stdout.split())
    assert wrong.returncode == 1
    assert f"{FILE}:" in wrong.stderr
    assert "fix:" in wrong.stderr
    assert folder.returncode == 1
    assert "A folder is proposed alone" in folder.stderr
