"""`legato demo` from a shell: it starts, replays, delivers, says so, and ends by itself."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from legato.cli.demo.demo import find_example
from legato.workspace import read_workspace
from tests.services.process import free_port

SOURCES = Path(__file__).parents[2] / "src"
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(SOURCES)}


def demo_command(*options: str, port: int | None = None) -> list[str]:
    command = [sys.executable, "-m", "legato", "demo", "--plain"]
    return [*command, f"--port={port or free_port()}", *options]


def run(command: list[str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, capture_output=True, text=True, timeout=60, check=False, env=ENVIRONMENT
    )


def test_the_demonstration_delivers_messages_and_ends_by_itself(tmp_path: Path) -> None:
    command = demo_command("--for=6s", "--speed=36000", f"--keep={tmp_path}")

    done = run(command)

    assert done.returncode == 0, done.stderr
    assert "Time runs 36,000x" in done.stdout
    sent = re.search(r"order_thanks +([\d,]+) sent +0 failed", done.stdout)
    assert sent is not None, done.stdout
    assert int(sent[1].replace(",", "")) > 10
    assert "Traceback" not in done.stderr


def test_what_it_runs_makes_no_difference_to_its_history(tmp_path: Path) -> None:
    run(demo_command("--for=4s", "--speed=36000", f"--keep={tmp_path}"))
    backtest = [sys.executable, "-m", "legato", "backtest", "--json", str(tmp_path / "shop")]

    done = run([*backtest, f"--data={tmp_path / 'data'}"])

    assert done.returncode == 0, done.stderr
    assert "36,000x" in done.stderr
    report = json.loads(done.stdout)
    assert report["record_count"] > 100
    assert report["comparison"]["counts"] == {}


def test_what_is_kept_is_a_whole_workspace(tmp_path: Path) -> None:
    command = demo_command("--for=1s", f"--keep={tmp_path}")

    done = run(command)

    assert done.returncode == 0, done.stderr
    assert list(read_workspace(tmp_path / "shop")) == list(read_workspace(find_example()))
    assert (tmp_path / "data").is_dir()


def test_ctrl_c_ends_it_in_order() -> None:
    with subprocess.Popen(
        demo_command(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=ENVIRONMENT,
    ) as running:
        assert running.stdout is not None
        for line in running.stdout:
            if "events/s" in line:
                break
        running.send_signal(signal.SIGINT)
        rest, errors = running.communicate(timeout=60)

    assert running.returncode == 0, errors
    assert "journeys" in rest
    assert "Traceback" not in errors


def test_a_customer_may_text_stop_to_it_with_the_line_it_prints() -> None:
    with subprocess.Popen(
        demo_command(),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env=ENVIRONMENT,
    ) as running:
        assert running.stdout is not None
        line: str = next(each for each in running.stdout if "curl" in each)
        next(each for each in running.stdout if "events/s" in each)
        url = urlsplit(line.rsplit(maxsplit=1)[-1])
        link = HTTPConnection(url.netloc, timeout=60)
        link.request("POST", url.path, "STOP")
        answer = link.getresponse().read()
        link.close()
        running.send_signal(signal.SIGINT)
        running.communicate(timeout=60)

    assert answer == b"Legato has it.\n"


def test_a_taken_port_is_told_with_what_to_do() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

        done = run(demo_command(port=port))

    assert done.returncode == 1
    assert f"127.0.0.1:{port}" in done.stderr
    assert "fix:" in done.stderr


def test_a_removed_example_leaves_a_clean_workspace_and_its_users(tmp_path: Path) -> None:
    with subprocess.Popen(
        demo_command("--speed=36000", f"--keep={tmp_path}"),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=ENVIRONMENT,
    ) as running:
        assert running.stdout is not None
        next(line for line in running.stdout if re.search(r"; [1-9]\d* people;", line))
        standing = ask(tmp_path, "GET", "/api/example")
        people = ask(tmp_path, "GET", "/api/status")["status"]["counts"]["people"]

        removed = ask(tmp_path, "POST", "/api/example/remove")
        next(line for line in running.stdout if "A clean workspace is left" in line)
        after = ask(tmp_path, "GET", "/api/status")
        again = ask(tmp_path, "GET", "/api/example")
        audited = ask(tmp_path, "GET", "/api/audit?action=example.remove")
        users = ask(tmp_path, "GET", "/api/users")
        running.send_signal(signal.SIGINT)
        running.communicate(timeout=60)

    assert running.returncode == 0
    assert standing["is_there"]
    assert people > 0
    assert removed["is_removed"]
    assert after["status"]["is_ready"]
    assert after["status"]["counts"]["people"] == 0
    assert not again["is_there"]
    assert "example.remove" in json.dumps(audited)
    assert {user["email"] for user in users} >= {"ada@shop.example", "mara@shop.example"}
    assert not (tmp_path / "shop").exists()
    assert "journeys/welcome.yaml" in read_workspace(tmp_path / "workspace")
    held = (tmp_path / "data" / name for name in ("log.db", "state.db"))
    assert not any(b"cart_rescue" in file.read_bytes() for file in held)


def ask(folder: Path, method: str, path: str) -> Any:  # noqa: ANN401 - JSON
    """Call the API as this machine's own user."""
    client = json.loads((folder / "data" / "client.json").read_text())
    where = urlsplit(str(client["url"]))
    link = HTTPConnection(where.hostname or "", where.port or 0, timeout=30)
    link.request(method, path, headers={"authorization": f"Bearer {client['token']}"})
    answer = json.loads(link.getresponse().read())
    link.close()
    return answer
