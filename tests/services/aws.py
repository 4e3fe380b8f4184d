"""S3, Kinesis, Firehose and EventBridge by moto's server, in a thread."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

import boto3  # pyright: ignore[reportMissingTypeStubs] - it has none
from moto.server import ThreadedMotoServer

REGION = "eu-west-1"


@contextmanager
def aws_server() -> Generator[int]:
    """Run the services, and yield the port of all."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        _, port = server.get_host_and_port()
        yield port
    finally:
        server.stop()


def client(service: str, port: int) -> Any:  # noqa: ANN401 - made from a description at run time
    """Return Amazon's own client, to look at what has arrived."""
    library: Any = boto3
    return library.client(
        service,
        region_name=REGION,
        endpoint_url=f"http://127.0.0.1:{port}",
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )
