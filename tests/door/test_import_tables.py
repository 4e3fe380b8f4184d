"""`legato import` of Parquet and databases into a started Legato, by the command itself."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sqlite3
import subprocess
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import urlsplit

import duckdb
import pytest
from click.testing import CliRunner, Result

from legato.cli.client import Client, Failure
from legato.cli.rows.command import bring
from tests.door.test_cli_up import COMMAND, WAIT_SECONDS, Running
from tests.services.process import free_port

ROWS = 2_100
MAPPING = """
events:
  - when: item.state == 'paid'
    emit:
      event: Order Completed
      user_id: =item.customer
      properties: {order_id: =item.code, value: =item.total}
"""
TABLE = """
create table orders (id integer primary key, customer text, state text, code text, total real,
paid_at text)
"""
QUERY = "select * from orders where id > 0;"


class Desk(Running):
    """A started Legato, and imports into it."""

    def write_key(self) -> str:
        text = (self.workspace / "sources" / "web.yaml").read_text()
        return text.partition("write_keys: [")[2].partition("]")[0]

    def command(self, *args: str, url: str) -> list[str]:
        return [*COMMAND, "import", *args, "--map", "map.yaml", "--url", url, "--token", "t"]

    def surroundings(self) -> dict[str, str]:
        return {**os.environ, "LEGATO_WRITE_KEY": self.write_key(), "COLUMNS": "200"}

    def bring(self, *args: str, **environment: str) -> Result:
        """Run an import to its end."""
        mapping = str(self.workspace / "map.yaml")
        where = ("--url", self.connection.url, "--token", self.connection.token)
        key = {"LEGATO_WRITE_KEY": self.write_key(), "COLUMNS": "200"}
        return CliRunner().invoke(
            bring, [*args, "--map", mapping, *where], env={**key, **environment}
        )

    def orders_of(self, family: str) -> int:
        client = Client(self.connection).stating("a test of imports")
        people = [client.get(f"/api/people/{family}{each}", dict[str, Any]) for each in (0, 1)]
        traits = [trait for person in people for trait in person["traits"]]
        return sum(trait["value"] for trait in traits if trait["name"] == "orders_30d")


class _Killing(BaseHTTPRequestHandler):
    """Hands requests on, and ends whoever sent the one at which it shall."""

    server: Between  # pyright: ignore[reportIncompatibleVariableOverride] - its own kind of server

    def log_message(self, format: str, *args: object) -> None: ...  # noqa: A002 - its signature

    def do_POST(self) -> None:
        self._pass()

    def do_GET(self) -> None:
        self._pass()

    def _pass(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        kind = "batch" if self.command == "POST" else "verdicts"
        moment = self.server.moment
        if moment == f"before {kind}" and self.server.is_now():
            return
        link = HTTPConnection(self.server.behind, timeout=WAIT_SECONDS)
        link.request(self.command, self.path, body or None, dict(self.headers))
        answer = link.getresponse()
        data = answer.read()
        link.close()
        if moment == f"after {kind}" and self.server.is_now():
            return
        self.send_response(answer.status)
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


class Between(ThreadingHTTPServer):
    """Stands between an import and Legato."""

    def __init__(self, behind: str, moment: str, number: signal.Signals) -> None:
        super().__init__(("127.0.0.1", 0), _Killing)
        self.behind = behind
        self.moment = moment
        self.number = number
        self.left = 12 if moment.endswith("verdicts") else 2  # of the second batch
        self.process: subprocess.Popen[str] | None = None

    def is_now(self) -> bool:
        self.left -= 1
        if self.left == 0:
            assert self.process is not None
            self.process.send_signal(self.number)
            self.process.wait(WAIT_SECONDS)
        return self.left == 0


@contextmanager
def between(desk: Desk, moment: str, number: signal.Signals) -> Generator[Between]:
    server = Between(urlsplit(desk.connection.url).netloc, moment, number)
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join(WAIT_SECONDS)
    server.server_close()


def orders(family: str, count: int = ROWS) -> list[tuple[object, ...]]:
    """Return orders of two people, the last two of which are not as they should be."""
    good = [
        (number, f"{family}{number % 2}", "paid", f"{family}-{number}", 1.5, "")
        for number in range(1, count + 1)
    ]
    bad = (count + 1, f"{family}0", "paid", None, 1.5, "")
    return [*good, bad, (count + 2, f"{family}0", "lost", "x", 1.5, "")]


def in_sqlite(path: Path, rows: Sequence[tuple[object, ...]]) -> None:
    with sqlite3.connect(path) as base:
        base.execute(TABLE)
        base.executemany("insert into orders values (?, ?, ?, ?, ?, ?)", rows)
    base.close()


def in_duckdb(path: Path, rows: Sequence[tuple[object, ...]]) -> None:
    with duckdb.connect(path) as base:
        base.execute(TABLE)
        base.executemany("insert into orders values (?, ?, ?, ?, ?, ?)", rows)


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    desk = Desk(tmp_path_factory.mktemp("import"))
    (desk.workspace / "map.yaml").write_text(MAPPING)
    yield desk
    desk.stop()


def test_a_row_that_lacks_what_is_required_is_told_with_its_name(desk: Desk) -> None:
    rows = desk.workspace / "lacking.jsonl"
    rows.write_text(json.dumps({"state": "paid", "customer": "lea", "total": 2}) + "\n")

    check = desk.bring(str(rows), "--check")

    missing = "1 x event.shape, first in row 1: `order_id` is missing, and the schema requires it"
    assert missing in check.output


def test_parquet_is_checked_and_then_brought_in_as_was_foretold(desk: Desk) -> None:
    base, parquet = desk.workspace / "orders.duckdb", desk.workspace / "orders.parquet"
    in_duckdb(base, orders("pia", 40))
    with duckdb.connect(base) as tables:
        tables.execute(f"copy orders to '{parquet}'")

    check = desk.bring(str(parquet), "--check")
    with pytest.raises(Failure, match="Nobody"):
        desk.orders_of("pia")
    brought = desk.bring(str(parquet))
    again = desk.bring(str(parquet), "--check")

    told = "42 rows: 40 events {}accepted, 1 quarantined, 1 rows rejected."
    assert told.format("would be ") in check.output
    assert (
        "1 x event.shape, first in row 41: `order_id` is not of the schema's type" in check.output
    )
    assert "Nothing was stored." in check.output
    assert told.format("") in brought.output, brought.output
    assert desk.orders_of("pia") == 40
    assert "0 events would be accepted, 40 known before" in again.output


@pytest.mark.parametrize("moment", ["before batch", "after batch", "after verdicts"])
def test_a_killed_import_goes_on_without_a_loss_or_a_double(desk: Desk, moment: str) -> None:
    user = moment.replace(" ", "-")
    in_sqlite(desk.workspace / f"{user}.db", orders(user))
    args = (f"sqlite:///{desk.workspace}/{user}.db", "--query", QUERY, "--by", "id")

    progress = desk.workspace / "map.yaml.progress"
    progress.unlink(missing_ok=True)

    with between(desk, moment, signal.SIGKILL) as server:
        url = f"http://127.0.0.1:{server.server_port}"
        server.process = subprocess.Popen(
            desk.command(*args, url=url),
            cwd=desk.workspace,
            env=desk.surroundings(),
            stdout=subprocess.DEVNULL,
            text=True,
        )
        code = server.process.wait(WAIT_SECONDS)
    reached = json.loads(progress.read_text())["rows"]
    rest = desk.bring(*args)
    nothing = desk.bring(*args)

    assert code == -signal.SIGKILL
    assert reached == 1_000
    told = f"{ROWS + 2:,} rows: {ROWS:,} events accepted, 1 quarantined, 1 rows rejected."
    assert told in rest.output, rest.output
    assert told in nothing.output
    assert desk.orders_of(user) == ROWS
    assert len((desk.workspace / "map.yaml.rejected.jsonl").read_text().splitlines()) == 1


def _hear_interrupts() -> None:
    signal.signal(signal.SIGINT, signal.default_int_handler)


def test_an_import_that_is_interrupted_says_where_it_is(desk: Desk) -> None:
    in_sqlite(desk.workspace / "stopped.db", orders("stopped"))
    args = (f"sqlite:///{desk.workspace}/stopped.db", "--query", QUERY, "--by", "id")

    with between(desk, "before batch", signal.SIGINT) as server:
        server.process = subprocess.Popen(
            desk.command(*args, url=f"http://127.0.0.1:{server.server_port}"),
            cwd=desk.workspace,
            env=desk.surroundings(),
            stdout=subprocess.PIPE,
            text=True,
            # Whoever runs the tests in the background has it ignored, and children inherit that.
            preexec_fn=_hear_interrupts,  # noqa: PLW1509 - it only sets a signal
        )
        said, _ = server.process.communicate(timeout=WAIT_SECONDS)

    assert server.process.returncode == 130
    assert "Stopped after 1,000 rows. Run it again: it goes on there." in said


def test_what_cannot_be_read_is_said_and_nothing_is_sent(desk: Desk) -> None:
    in_sqlite(desk.workspace / "small.db", orders("small", 5))
    url = f"sqlite:///{desk.workspace}/small.db"

    secret = desk.bring("postgresql://me:hunter2@127.0.0.1/x", "--query", QUERY, "--by", "id")
    unnamed = desk.bring(url)
    typo = desk.bring(url, "--query", "select nope from orders", "--by", "id")
    doubled = desk.bring(url, "--query", QUERY, "--by", "state")
    absent = desk.bring("sqlite:////nowhere/x.db", "--query", QUERY, "--by", "id")
    unset = desk.bring(
        "mysql://me@127.0.0.1/x", "--query", QUERY, "--by", "id", "--password", "SHOP_DB"
    )

    assert "The URL holds a password" in secret.output
    assert "hunter2" not in secret.output + secret.stdout
    assert "--query" in unnamed.output
    assert "no such column: nope" in typo.output
    assert "the same value in two rows" in doubled.output
    assert "cannot be opened" in absent.output
    assert "legato secrets set SHOP_DB" in unset.output
    assert [one.exit_code for one in (secret, unnamed, typo, doubled, absent, unset)] == [1] * 6


@contextmanager
def postgres(folder: Path) -> Generator[int]:
    """Run a PostgreSQL of our own, which asks for a password."""
    user = "postgres" if os.geteuid() == 0 else None
    for parent in (folder, *folder.parents[:3]):
        parent.chmod(parent.stat().st_mode | 0o011)
    folder.chmod(0o777)
    (folder / "password").write_text("hunter2")
    binaries = Path(shutil.which("postgres") or "").resolve().parent
    port = free_port()

    def run(program: str, *args: str | Path) -> None:
        command = [binaries / program, "-D", folder / "data", *args]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, user=user)

    password = ("--pwfile", folder / "password", "-A", "scram-sha-256")
    run("initdb", "-U", "reader", *password, "--no-sync")
    settings = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories="
    run("pg_ctl", "-w", "-l", folder / "log", "-o", settings, "start")
    try:
        yield port
    finally:
        run("pg_ctl", "-w", "-m", "immediate", "stop")


@pytest.mark.skipif(shutil.which("postgres") is None, reason="no PostgreSQL on this machine")
def test_a_query_of_postgresql_is_brought_in_with_a_secret(desk: Desk, tmp_path: Path) -> None:
    with postgres(tmp_path) as port:
        environment = {**os.environ, "PGPASSWORD": "hunter2"}
        rows = ",".join(
            f"({number}, 'pg{number % 2}', 'paid', 'pg-{number}', {number}.5, now())"
            for number in range(1, 31)
        )
        made = TABLE.replace("paid_at text", "paid_at timestamptz").replace("real", "numeric(9,2)")
        subprocess.run(
            ["psql", "-h", "127.0.0.1", "-p", str(port), "-U", "reader", "postgres"],
            input=f"{made}; insert into orders values {rows};",
            text=True, check=True, env=environment, stdout=subprocess.DEVNULL,
        )  # fmt: skip
        url = f"postgresql://reader@127.0.0.1:{port}/postgres"
        args = (url, "--query", QUERY, "--by", "id", "--password", "SHOP_DB")

        brought = desk.bring(*args, LEGATO_SECRET_SHOP_DB="hunter2")
        progress = desk.workspace / "map.yaml.progress"
        come = json.loads(progress.read_text())
        progress.write_text(json.dumps({**come, "place": "int:20", "rows": 20, "events": 20}))
        rest = desk.bring(*args, LEGATO_SECRET_SHOP_DB="hunter2")
        writing = desk.bring(
            url, "--query", "delete from orders returning id", "--by", "id",
            "--password", "SHOP_DB", LEGATO_SECRET_SHOP_DB="hunter2",
        )  # fmt: skip
        refused = desk.bring(*args, LEGATO_SECRET_SHOP_DB="wrong")

    assert "30 rows: 30 events accepted" in brought.output, brought.output
    assert "30 rows: 30 events accepted" in rest.output
    assert desk.orders_of("pg") == 30
    assert writing.exit_code == refused.exit_code == 1
    assert "hunter2" not in brought.output
    assert "wrong" not in refused.output
