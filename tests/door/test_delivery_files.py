"""The way out into files."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from legato.model.wire import FileLine, Response
from legato.transports.file import FileSender


def write(folder: Path, *lines: FileLine) -> list[Response]:
    async def main() -> list[Response]:
        sender = FileSender(folder)
        try:
            return [await sender.send(line) for line in lines]
        finally:
            await sender.close()

    return asyncio.run(main())


def test_lines_are_appended_to_a_file_of_the_workspace(tmp_path: Path) -> None:
    line = FileLine(path="out/sent.jsonl", line=b'{"a":1}\n')

    responses = write(tmp_path, line, line) + write(tmp_path, line)

    assert [response.status for response in responses] == [200, 200, 200]
    assert (tmp_path / "out/sent.jsonl").read_bytes() == b'{"a":1}\n' * 3


def test_a_dash_is_the_console(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(tmp_path, FileLine(path="-", line=b'{"a":1}\n'))

    assert capsys.readouterr().out == '{"a":1}\n'
