"""A Legato really started, as a user starts it, and the table of what it shows."""

from __future__ import annotations

import json
import os
import platform
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import load


def free_port() -> int:
    """Return a port that nobody listens at: two runs must not meet."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


PORT = free_port()


@dataclass
class Legato:
    """The real process, started as a user starts it."""

    folder: Path
    process: subprocess.Popen[bytes] | None = None
    started_s: float = 0.0
    secrets: Mapping[str, str] = field(default_factory=dict)
    options: Sequence[str] = ()
    """Of `legato up`."""

    def start(self) -> None:
        begin = time.perf_counter()
        self.process = subprocess.Popen(
            [
                str(Path(sys.executable).parent / "legato"),
                "up",
                str(self.folder / "workspace"),
                "--port",
                str(PORT),
                "--data",
                str(self.folder / "data"),
                *self.options,
            ],
            env={**os.environ, **self._secrets()},
            stdout=(self.folder / "out.log").open("ab"),
            stderr=subprocess.STDOUT,
        )
        while not self.is_ready():
            if self.process.poll() is not None or time.perf_counter() - begin > 300:
                raise SystemExit((self.folder / "out.log").read_text())
            time.sleep(0.02)
        self.started_s = time.perf_counter() - begin

    def _secrets(self) -> dict[str, str]:
        secrets = {"SINK_KEY": "bench-signing-key", **self.secrets}
        return {f"LEGATO_SECRET_{name}": value for name, value in secrets.items()}

    def is_ready(self) -> bool:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{PORT}/readyz", timeout=1) as answer:
                return answer.status == 200
        except OSError:
            return False

    def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        assert self.process is not None
        self.process.send_signal(how)
        self.process.wait(60)

    def reader(self) -> str:
        """Return a token that sees profiles whole, as a program's that greets by name."""
        wanted = {"name": "reader", "role": "engineer", "reveal_reason": "a measurement of reads"}
        request = urllib.request.Request(
            f"http://127.0.0.1:{PORT}/api/tokens",
            data=json.dumps(wanted).encode(),
            headers={
                "Authorization": f"Bearer {self.token()}",
                "Content-Type": "application/json",
            },
        )
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.loads(answer.read())["token"]

    def token(self) -> str:
        return json.loads((self.folder / "data" / "client.json").read_text())["token"]

    def status(self) -> dict[str, Any]:
        return self.get("/api/status")["status"]

    def get(self, path: str) -> dict[str, Any]:
        request = urllib.request.Request(
            f"http://127.0.0.1:{PORT}{path}", headers={"Authorization": f"Bearer {self.token()}"}
        )
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.loads(answer.read())

    def settle(self) -> float:
        """Wait until the engine has applied everything; return how long that took."""
        begin = time.perf_counter()
        while self.status()["backlog"]:
            time.sleep(0.05)
        return time.perf_counter() - begin

    def usage(self) -> tuple[float, float]:
        """Return (CPU seconds, resident MB), of its engine's process as well."""
        assert self.process is not None
        pid = self.process.pid
        tasks = Path(f"/proc/{pid}/task").iterdir()
        children = [child for task in tasks for child in (task / "children").read_text().split()]
        each = [_usage(one) for one in (str(pid), *children)]
        return sum(ticks for ticks, _ in each), sum(resident for _, resident in each)


def _usage(pid: str) -> tuple[float, float]:
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    ticks = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    # The proportional share: pages that both processes have in memory count once.
    rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
    proportional = next(line for line in rollup.splitlines() if line.startswith("Pss:"))
    return ticks, int(proportional.split()[1]) * 1024 / 1e6


class Table:
    """Prints rows as they come and keeps them."""

    def __init__(self) -> None:
        self.rows: list[tuple[str, str]] = []

    def add(self, what: str, figure: str) -> None:
        self.rows.append((what, figure))
        print(f"{what:<58} {figure}", flush=True)


def milliseconds(values: list[float]) -> str:
    if not values:
        return "no delivery"
    p50, p95, p99 = (load.percentile(values, share) for share in (0.5, 0.95, 0.99))
    return f"p50 {p50:.1f}  p95 {p95:.1f}  p99 {p99:.1f}  max {max(values):.0f} ms"


def machine() -> str:
    model = next(
        (
            line.partition(":")[2].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if line.startswith("model name")
        ),
        platform.processor(),
    )
    return f"{os.cpu_count()} x {model}, Python {platform.python_version()}"
