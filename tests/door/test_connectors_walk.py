"""The page that makes a connector before the reader's eyes, followed to the letter."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

PAGE = Path(__file__).parent.parent.parent / "docs" / "guide" / "connectors-walk.md"
_BLOCK = re.compile(r"^```(\w+)(?: (\S+))?(?: \+([^\n]+))?\n(.*?)^```$", re.DOTALL | re.MULTILINE)


def test_a_stranger_who_follows_the_page_has_a_connector_that_passes(tmp_path: Path) -> None:
    reader = Reader(tmp_path)

    for kind, file, behind, text in _BLOCK.findall(PAGE.read_text(encoding="utf-8")):
        if kind == "console":
            reader.type(text)
        elif file:
            reader.write(file, text, behind=behind)

    assert reader.command_count == 6
    assert (reader.exit_code, reader.output.count("is right")) == (0, 1)


class Reader:
    """Does what the page says, and looks for what it says comes of it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.command_count = 0
        self.exit_code = 0
        self.output = ""

    def type(self, session: str) -> None:
        """Run each command of a session, and find each line that is shown below it."""
        for line in session.splitlines():
            if line.startswith("$ cd "):
                self.folder /= line.removeprefix("$ cd ")
            elif line.startswith("$ legato "):
                self._run(line.removeprefix("$ legato ").split())
            else:
                shown = [one.rstrip() for one in self.output.splitlines()]
                assert line.rstrip() in shown, (line, self.output)

    def _run(self, args: list[str]) -> None:
        ran = subprocess.run(
            [sys.executable, "-m", "legato", *args],
            cwd=self.folder,
            capture_output=True,
            text=True,
            check=False,
        )
        self.command_count += 1
        self.exit_code, self.output = ran.returncode, ran.stdout + ran.stderr

    def write(self, file: str, text: str, *, behind: str) -> None:
        """Write a file, or put lines into one behind another line of it."""
        path = self.folder / file
        if behind:
            before = path.read_text(encoding="utf-8")
            assert f"{behind}\n" in before
            text = before.replace(f"{behind}\n", f"{behind}\n{text}")
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
