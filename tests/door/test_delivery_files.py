"""The way out into files, and where secrets are read from."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from legato.model.problem import LegatoError
from legato.model.wire import FileLine, Response
from legato.transports.file import FileSender
from legato.transports.secrets import WorkspaceSecrets


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


def secrets_file(folder: Path, text: str, mode: int = 0o600) -> Path:
    path = folder / ".secrets"
    path.write_text(text, encoding="utf-8")
    path.chmod(mode)
    return path


def test_the_environment_comes_before_the_file(tmp_path: Path) -> None:
    secrets_file(tmp_path, "# tokens\nSMS = from file\nMAIL=a=b\n")
    secrets = WorkspaceSecrets({"LEGATO_SECRET_SMS": "from environment"}, tmp_path)

    assert secrets.get("SMS") == "from environment"
    assert secrets.get("MAIL") == "a=b"
    assert secrets.get("NONE") is None


def test_a_renewed_secret_is_seen_without_a_restart(tmp_path: Path) -> None:
    secrets_file(tmp_path, "SMS=old\n")
    secrets = WorkspaceSecrets({}, tmp_path)
    assert secrets.get("SMS") == "old"

    secrets_file(tmp_path, "SMS=renewed\n")

    assert secrets.get("SMS") == "renewed"


def test_a_file_that_others_can_read_is_not_used_and_says_how_to_close_it(tmp_path: Path) -> None:
    path = secrets_file(tmp_path, "SMS=x\n", mode=0o640)

    with pytest.raises(LegatoError) as caught:
        WorkspaceSecrets({}, tmp_path).get("SMS")

    assert caught.value.fix == f"Run: chmod 600 {path}"


def test_without_a_file_there_are_no_secrets(tmp_path: Path) -> None:
    assert WorkspaceSecrets({}, tmp_path).get("SMS") is None
