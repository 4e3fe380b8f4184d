"""Kafka: one node that is broker and controller. `scripts/kafka_for_tests.sh` fetches it."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import pytest

from legato.model.noun import Noun
from tests.services.process import free_port, is_listening, running
from tests.services.tls import Pair

JARS = Path(sys.prefix) / "kafka"
LEFT_OUT = "LEGATO_TEST_WITHOUT_KAFKA"
_CLUSTER = "bGVnYXRvLXRlc3RzLTAwMA"
_QUICK = ("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xshare:auto", "-Xmx256m")
USER, PASSWORD = "legato", "kafka of the tests"


class Ports(Noun, frozen=True, kw_only=True):
    """Where a broker listens."""

    plain: int
    scram: int
    """Where an account has to be proven."""
    tls: int
    controller: int


class Broker:
    """A broker that runs."""

    def __init__(self, ports: Ports, process: subprocess.Popen[bytes]) -> None:
        self.ports = ports
        self._process = process

    @contextmanager
    def held(self) -> Generator[None]:
        """Let it take what it is sent, and do nothing with it for a while."""
        self._process.send_signal(signal.SIGSTOP)
        os.waitpid(self._process.pid, os.WUNTRACED)  # until all of its threads stand still
        try:
            yield
        finally:
            self._process.send_signal(signal.SIGCONT)


@contextmanager
def kafka_server(folder: Path, made: Pair) -> Generator[Broker]:
    """Run a broker with a certificate of ours."""
    if os.environ.get(LEFT_OUT):
        pytest.skip(f"{LEFT_OUT} is set")
    java = shutil.which("java")
    missing = (
        "Kafka is not there: run `make kafka`, which needs Java 17 and Maven, "
        f"or set {LEFT_OUT}=1 to leave its tests out"
    )
    assert java is not None, missing
    assert any(JARS.glob("kafka_*.jar")), missing
    ports = Ports(plain=free_port(), scram=free_port(), tls=free_port(), controller=free_port())
    (folder / "both.pem").write_text(made.both)
    properties = folder / "server.properties"
    properties.write_text(_properties(folder, ports))
    base = [java, *_QUICK, "-cp", f"{JARS}/*"]
    scram_account = f"SCRAM-SHA-256=[name={USER},password={PASSWORD}]"
    format_it = ("format", "-t", _CLUSTER, "-c", str(properties), "--add-scram", scram_account)
    subprocess.run(
        [*base, "kafka.tools.StorageTool", *format_it],
        check=True,
        capture_output=True,
    )
    command = [*base, "kafka.Kafka", str(properties)]
    with running(command, folder, lambda: is_listening(ports.plain)) as process:
        yield Broker(ports, process)


def _properties(folder: Path, ports: Ports) -> str:
    listeners = (
        f"PLAINTEXT://127.0.0.1:{ports.plain},SASL_PLAINTEXT://127.0.0.1:{ports.scram},"
        f"SSL://127.0.0.1:{ports.tls}"
    )
    protocols = "CONTROLLER:PLAINTEXT," + ",".join(
        f"{name}:{name}" for name in ("PLAINTEXT", "SASL_PLAINTEXT", "SSL")
    )
    module = "org.apache.kafka.common.security.scram.ScramLoginModule"
    return "\n".join(
        [
            "process.roles=broker,controller",
            "node.id=1",
            f"controller.quorum.voters=1@127.0.0.1:{ports.controller}",
            f"listeners={listeners},CONTROLLER://127.0.0.1:{ports.controller}",
            f"advertised.listeners={listeners}",
            "controller.listener.names=CONTROLLER",
            f"listener.security.protocol.map={protocols}",
            "sasl.enabled.mechanisms=SCRAM-SHA-256",
            f"listener.name.sasl_plaintext.scram-sha-256.sasl.jaas.config={module} required;",
            "ssl.keystore.type=PEM",
            f"ssl.keystore.location={folder / 'both.pem'}",
            f"log.dirs={folder / 'data'}",
            "auto.create.topics.enable=false",
            "offsets.topic.replication.factor=1",
            "log.flush.interval.messages=100000",
            "num.network.threads=2",
            "num.io.threads=2",
            "background.threads=1",
            "log.cleaner.enable=false",
        ]
    )
