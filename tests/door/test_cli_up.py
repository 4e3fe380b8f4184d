"""`legato up` as a process of its own, and the commands that talk to it."""

from __future__ import annotations

import base64
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msgspec
import pytest

from legato.cli.client import CLIENT_FILE, Connection
from legato.cli.up import listen
from tests.services.process import free_port

WAIT_SECONDS = 30
PAUSE_SECONDS = 0.02
COMMAND = (sys.executable, "-m", "legato")


class Running:
    """A started process on a new workspace."""

    def __init__(self, folder: Path, *options: str, environment: Mapping[str, str] = {}) -> None:
        self.environment = {**os.environ, "COLUMNS": "80", **environment}
        self.workspace = folder / "shop"
        self.data = self.workspace / ".legato"
        subprocess.run([*COMMAND, "init", "shop"], cwd=folder, check=True, capture_output=True)
        self.start(*options)

    def start(self, *options: str) -> None:
        """Start on the workspace that there is, and wait until it serves."""
        self.process = subprocess.Popen(
            [*COMMAND, "up", ".", "--port", "0", *options],
            cwd=self.workspace,
            stderr=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            text=True,
            env=self.environment,
        )
        self.said = self._until_up()
        self.connection = msgspec.json.decode(
            (self.data / CLIENT_FILE).read_bytes(), type=Connection
        )

    def _until_up(self) -> str:
        assert self.process.stderr is not None
        lines: list[str] = []
        for line in self.process.stderr:
            lines.append(line)
            if line.strip().startswith("next"):
                return "".join(lines)
        raise AssertionError("".join(lines))

    def legato(self, *args: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*COMMAND, *args],
            cwd=self.workspace,
            capture_output=True,
            text=True,
            check=False,
            env=self.environment,
        )

    def track(self, user: str, event: str, **properties: object) -> int:
        return self.call("track", {"userId": user, "event": event, "properties": properties})[0]

    def call(self, where: str, body: object) -> tuple[int, Any]:
        """Send a call of the collection protocol, or ask it something without a body."""
        text = (self.workspace / "sources" / "web.yaml").read_text()
        key = text.partition("write_keys: [")[2].partition("]")[0]
        link = HTTPConnection(urlsplit(self.connection.url).netloc, timeout=WAIT_SECONDS)
        basic = base64.b64encode(f"{key}:".encode()).decode()
        headers = {"authorization": f"Basic {basic}", "content-type": "application/json"}
        data = None if body is None else json.dumps(body)
        link.request("GET" if data is None else "POST", f"/v1/{where}", data, headers)
        answer = link.getresponse()
        content = json.loads(answer.read())
        link.close()
        return answer.status, content

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        code = self.process.wait(WAIT_SECONDS)
        if self.process.stderr is not None:
            self.process.stderr.close()
        return code


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    process = Running(tmp_path_factory.mktemp("up"))
    yield process
    process.stop()


def test_up_says_where_things_are_and_no_secret(running: Running) -> None:
    assert running.connection.url in running.said
    assert running.connection.token not in running.said


def test_only_its_owner_may_read_the_way_in(running: Running) -> None:
    assert (running.data / CLIENT_FILE).stat().st_mode & 0o777 == 0o600


def test_an_event_is_explained_by_the_commands(running: Running) -> None:
    assert running.track("ana", "Signed Up", method="web") == 200

    why = running.legato("why", "user_id:ana", "--message", "welcome")
    profile = running.legato("profile", "ana", "--json")

    assert why.stdout.startswith("Not yet: the person is in welcome")
    assert "did 'Signed Up'" in why.stdout
    assert json.loads(profile.stdout)["enrollments"][0]["journey"] == "welcome"


def test_a_stranger_is_an_answer_and_not_an_error(running: Running) -> None:
    why = running.legato("why", "nobody@example.com")

    assert why.returncode == 0
    assert why.stdout.startswith("No: nobody is known by this id or identifier.")


def test_a_refused_event_is_listed_shown_and_replayed(running: Running) -> None:
    running.track("bo", "Order Completed", order_id="o1")

    listed = running.legato("quarantine", "list")
    position = listed.stdout.split()[0].removeprefix("#")
    shown = running.legato("quarantine", "show", position, "--reveal", "a test of ours")
    replayed = running.legato("quarantine", "replay", "--all")

    assert "Order Completed" in listed.stdout
    assert json.loads(shown.stdout)["content"]["body"] == {"order_id": "o1"}
    assert replayed.stdout.startswith("Replayed 1.")


def test_a_change_is_planned_and_applied_and_a_broken_one_is_not(running: Running) -> None:
    journey = running.workspace / "journeys" / "welcome.yaml"
    before = journey.read_text()
    journey.write_text(before.replace("wait: 1m", "wait: 2m"))

    planned = running.legato("plan", ".")
    applied = running.legato("apply", ".")
    again = running.legato("apply", ".")
    journey.write_text(before.replace("wait: 1m", "wait: soon"))
    broken = running.legato("apply", ".")
    journey.write_text(before.replace("wait: 1m", "wait: 2m"))

    assert "journey welcome" in planned.stdout
    assert "waits 2 minutes instead of 1 minute" in planned.stdout
    assert applied.stdout.startswith("Applied.")
    assert again.stdout.startswith("Nothing differs")
    assert broken.returncode == 1
    assert "journeys/welcome.yaml:" in broken.stderr


def test_a_wrong_name_says_which_there_are(running: Running) -> None:
    answer = running.legato("pause", "welcom")

    assert answer.returncode == 1
    assert "Its journeys: welcome." in answer.stderr


def test_a_token_made_for_a_viewer_cannot_pause(running: Running) -> None:
    token = running.legato("tokens", "add", "a viewer").stdout.strip()

    answer = running.legato("pause", "welcome", "--token", token)

    assert answer.returncode == 1
    assert "has the role viewer and may not run" in answer.stderr


def test_tail_and_status_say_what_happened(running: Running) -> None:
    running.track("cy", "Signed Up", method="web")

    tail = running.legato("tail", "-n", "200")
    status = running.legato("status")

    assert "did 'Signed Up'" in tail.stdout
    assert "ready" in status.stdout


def test_a_second_process_on_the_same_data_is_told_so(running: Running) -> None:
    answer = running.legato("up", ".", "--port", "0")

    assert answer.returncode == 1
    assert "in use by another process" in answer.stderr
    assert (running.data / CLIENT_FILE).exists()


def test_a_port_that_is_taken_is_told_so(running: Running, tmp_path: Path) -> None:
    port = str(urlsplit(running.connection.url).port)

    answer = running.legato("up", ".", "--port", port, "--data", str(tmp_path / "data"))

    assert answer.returncode == 1
    assert f"Cannot listen on 127.0.0.1:{port}" in answer.stderr
    assert "--port" in answer.stderr


def test_a_port_that_is_let_go_of_in_time_is_waited_for() -> None:
    before = socket.create_server(("127.0.0.1", 0))
    port: int = before.getsockname()[1]
    later = threading.Timer(0.3, before.close)
    later.start()

    with listen("127.0.0.1", port) as taken:
        assert before.fileno() == -1, "both had it"
        assert taken.getsockname()[1] == port


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_it_and_leaves_no_way_in(tmp_path: Path, number: signal.Signals) -> None:
    process = Running(tmp_path)

    assert process.stop(number) == 0
    assert not (process.data / CLIENT_FILE).exists()


def engines(running: Running) -> list[int]:
    """Return the processes that a Legato has started."""
    tasks = Path(f"/proc/{running.process.pid}/task").iterdir()
    return [int(child) for task in tasks for child in (task / "children").read_text().split()]


def test_an_interrupt_of_the_whole_group_is_left_to_the_process_that_serves(
    tmp_path: Path,
) -> None:
    process = Running(tmp_path)
    (engine,) = engines(process)

    os.kill(engine, signal.SIGINT)
    assert process.track("ana", "Signed Up", method="web") == 200
    why = process.legato("why", "user_id:ana", "--message", "welcome")

    assert why.returncode == 0
    assert engines(process) == [engine]
    assert process.stop(signal.SIGINT) == 0


def test_without_its_engine_it_stops_and_says_so(tmp_path: Path) -> None:
    process = Running(tmp_path)
    assert process.track("ana", "Signed Up", method="web") == 200

    os.kill(engines(process)[0], signal.SIGKILL)
    assert process.process.stderr is not None
    with process.process.stderr as errors:
        said = errors.read()

    assert process.process.wait(WAIT_SECONDS) == 1
    assert "engine's process ended unexpectedly" in said
    assert "Start it again" in said


def test_in_one_process_it_does_the_same(tmp_path: Path) -> None:
    process = Running(tmp_path, "--one-process")
    assert engines(process) == []

    assert process.track("ana", "Signed Up", method="web") == 200
    why = process.legato("why", "user_id:ana", "--message", "welcome")

    assert why.returncode == 0
    assert process.stop() == 0


@pytest.mark.skipif(len(os.sched_getaffinity(0)) == 1, reason="there is one core only")
def test_with_a_core_of_its_own_the_engine_shares_it_with_nothing_else_of_it(
    tmp_path: Path,
) -> None:
    process = Running(tmp_path, "--own-core")
    (engine,) = engines(process)
    own = os.sched_getaffinity(engine)
    others = [int(each.name) for each in Path(f"/proc/{process.process.pid}/task").iterdir()]

    assert len(own) == 1
    assert [each for each in others if os.sched_getaffinity(each) & own] == []
    assert process.track("ana", "Signed Up", method="web") == 200
    assert process.legato("why", "user_id:ana", "--message", "welcome").returncode == 0
    assert process.stop() == 0


def test_of_one_core_none_is_left_to_the_engine(tmp_path: Path) -> None:
    subprocess.run([*COMMAND, "init", "shop"], cwd=tmp_path, check=True, capture_output=True)
    first = min(os.sched_getaffinity(0))
    code = (
        f"import os, sys; os.sched_setaffinity(0, ({first},));"
        " os.execv(sys.executable, [sys.executable, '-m', 'legato', *sys.argv[1:]])"
    )
    command = [sys.executable, "-c", code, "up", "shop", "--port", "0", "--own-core"]
    environment = {**os.environ, "COLUMNS": "200"}

    alone = subprocess.run(
        command, cwd=tmp_path, capture_output=True, text=True, check=False, env=environment
    )
    together = subprocess.run(
        [*COMMAND, "up", "shop", "--port", "0", "--own-core", "--one-process"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        env=environment,
    )

    assert (alone.returncode, together.returncode) == (1, 1)
    assert "one processor core only" in alone.stderr
    assert "Start without --own-core" in alone.stderr
    assert "Leave --one-process out" in together.stderr


def test_who_ends_it_while_it_starts_sees_no_fault(tmp_path: Path) -> None:
    subprocess.run([*COMMAND, "init", "shop"], cwd=tmp_path, check=True, capture_output=True)
    port = free_port()
    command = [*COMMAND, "up", "shop", "--port", str(port)]
    with (tmp_path / "said").open("w") as said:
        process = subprocess.Popen(command, cwd=tmp_path, stdout=said, stderr=said)
    while not is_alive(port):
        assert process.poll() is None, (tmp_path / "said").read_text()
        time.sleep(PAUSE_SECONDS)

    process.send_signal(signal.SIGTERM)
    process.wait()

    told = (tmp_path / "said").read_text()
    assert process.returncode == 0, told
    assert "Traceback" not in told


def is_alive(port: int) -> bool:
    link = HTTPConnection("127.0.0.1", port, timeout=WAIT_SECONDS)
    try:
        link.request("GET", "/healthz")
        return link.getresponse().status == 200
    except OSError:
        return False
    finally:
        link.close()
