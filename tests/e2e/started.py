"""A started Legato with the example shop, from its wheel, for a browser to look at."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from base64 import b64encode
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic, sleep
from urllib.parse import urlsplit

from legato.model.noun import Noun
from tests.e2e.wheel import environment
from tests.services.process import free_port

KEY = "shop-web-key"
PAUSE_SECONDS = 0.05
ANSWER_SECONDS = 120
"""Nothing takes so long that goes on at all, be the machine ever so busy."""
_PASSWORD = re.compile(r"sign in as \S+, password (\S+)")


class Started(Noun, frozen=True, kw_only=True):
    """Where it is, and the password of its visitors."""

    url: str
    password: str
    folder: Path
    """Of its copy of the workspace, and of its data."""
    process_id: int

    def post(self, path: str, body: Mapping[str, object]) -> None:
        """Send a call as the shop's site does, and wait until the engine has come to it."""
        key = b64encode(f"{KEY}:".encode()).decode()
        self._call("POST", path, f"Basic {key}", json.dumps(body).encode())
        self.catch_up()

    def catch_up(self) -> None:
        """Wait until the engine has applied all that was sent so far."""
        token = json.loads((self.folder / "data" / "client.json").read_text())["token"]

        def standing() -> dict[str, int]:
            return json.loads(self._call("GET", "/api/status", f"Bearer {token}"))["status"]

        sent, last = standing()["position"], monotonic() + ANSWER_SECONDS
        while standing()["applied"] < sent:
            assert monotonic() < last, f"the engine never comes to position {sent}"
            sleep(PAUSE_SECONDS)

    def _call(self, method: str, path: str, proof: str, body: bytes | None = None) -> bytes:
        where = urlsplit(self.url)
        link = HTTPConnection(where.hostname or "", where.port or 0, timeout=ANSWER_SECONDS)
        headers = {"authorization": proof, "content-type": "application/json"}
        link.request(method, path, body, headers)
        answer = link.getresponse()
        said = answer.read()
        link.close()
        assert answer.status == 200, (path, answer.status)
        return said


@contextmanager
def started(speed: int = 3_600, *, environ: Mapping[str, str] | None = None) -> Generator[Started]:
    """Run the demonstration for as long as the block lasts: of the wheel, or in an environment."""
    port = free_port()
    command = [sys.executable, "-m", "legato", "demo", "--plain", f"--port={port}"]
    with (
        TemporaryDirectory(prefix="legato-e2e-") as folder,
        subprocess.Popen(
            [*command, f"--speed={speed}", f"--keep={folder}"],
            stdout=subprocess.PIPE,
            text=True,
            env=environment() if environ is None else environ,
            cwd=folder,
        ) as process,
    ):
        try:
            url = f"http://127.0.0.1:{port}"
            password = _password(process)
            yield Started(url=url, password=password, folder=Path(folder), process_id=process.pid)
        finally:
            process.terminate()
            process.communicate(timeout=ANSWER_SECONDS)


def _password(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    for line in process.stdout:
        found = _PASSWORD.search(line)
        if found:
            return found[1]
    raise AssertionError("the demonstration ended before it let anybody in")
