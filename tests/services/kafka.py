"""Kafka: one node that is broker and controller. `scripts/kafka_for_tests.sh` fetches it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.services.process import free_port, is_listening, running

JARS = Path(sys.prefix) / "kafka"
LEFT_OUT = "LEGATO_TEST_WITHOUT_KAFKA"
_CLUSTER = "bGVnYXRvLXRlc3RzLTAwMA"
_QUICK = ("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xshare:auto", "-Xmx256m")
USER, PASSWORD = "legato", "kafka of the tests"


@contextmanager
def kafka_server(folder: Path) -> Generator[tuple[int, int]]:
    """Run a broker, and yield a port without account and one with SCRAM."""
    if os.environ.get(LEFT_OUT):
        pytest.skip(f"{LEFT_OUT} is set")
    java = shutil.which("java")
    missing = (
        "Kafka is not there: run `make kafka`, which needs Java 17 and Maven, "
        f"or set {LEFT_OUT}=1 to leave its tests out"
    )
    assert java is not None, missing
    assert any(JARS.glob("kafka_*.jar")), missing
    plain, scram, controller = free_port(), free_port(), free_port()
    properties = folder / "server.properties"
    properties.write_text(_properties(folder, plain, scram, controller))
    base = [java, *_QUICK, "-cp", f"{JARS}/*"]
    scram_account = f"SCRAM-SHA-256=[name={USER},password={PASSWORD}]"
    format_it = ("format", "-t", _CLUSTER, "-c", str(properties), "--add-scram", scram_account)
    subprocess.run(
        [*base, "kafka.tools.StorageTool", *format_it],
        check=True,
        capture_output=True,
    )
    with running([*base, "kafka.Kafka", str(properties)], folder, lambda: is_listening(plain)):
        yield plain, scram


def _properties(folder: Path, plain: int, scram: int, controller: int) -> str:
    listeners = f"PLAINTEXT://127.0.0.1:{plain},SASL_PLAINTEXT://127.0.0.1:{scram}"
    protocols = "CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,SASL_PLAINTEXT:SASL_PLAINTEXT"
    module = "org.apache.kafka.common.security.scram.ScramLoginModule"
    return "\n".join(
        [
            "process.roles=broker,controller",
            "node.id=1",
            f"controller.quorum.voters=1@127.0.0.1:{controller}",
            f"listeners={listeners},CONTROLLER://127.0.0.1:{controller}",
            f"advertised.listeners={listeners}",
            "controller.listener.names=CONTROLLER",
            f"listener.security.protocol.map={protocols}",
            "sasl.enabled.mechanisms=SCRAM-SHA-256",
            f"listener.name.sasl_plaintext.scram-sha-256.sasl.jaas.config={module} required;",
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
