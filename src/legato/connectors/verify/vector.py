"""One recorded case, as its file has it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any, Literal, TypeAlias

import msgspec

from legato.connectors.language.value import fields_of, rows_of
from legato.model.delivery import Operation
from legato.model.noun import Noun

Kind: TypeAlias = Literal["processor", "action", "action_batch", "router", "batch", "delivery"]
_PRODUCTS = ("rs/", "sg/")
"""What others recorded; the rest are examples of ours."""
HELD_OUT = 3
"""One in three is only counted, never shown, so that nobody fits a manifest to it."""


class Expected(Noun, frozen=True, kw_only=True):
    """One request that was recorded, and what was answered."""

    method: str
    url: str
    params: Any
    headers: Mapping[str, Any]
    body: Any
    form: str
    response: Mapping[str, Any]


class Vector(Noun, frozen=True, kw_only=True):
    """One case."""

    id: str
    kind: Kind
    slug: str
    """The other product's name of the destination."""
    action: str
    raw: Mapping[str, Any]

    @property
    def is_held_out(self) -> bool:
        return int(hashlib.sha256(self.id.encode()).hexdigest(), 16) % HELD_OUT == 0

    @property
    def product(self) -> str:
        """How the ids of all cases of the same product begin, as `rs/`."""
        return self.id.partition("/")[0] + "/"

    @property
    def operation(self) -> Operation:
        """What it is: an event, unless an example of ours says otherwise."""
        return self.raw.get("operation", "event")

    @property
    def items(self) -> list[Mapping[str, Any]]:
        return [fields_of(item) for item in rows_of(self.raw["input"].get("items"))]

    @property
    def payloads(self) -> list[Mapping[str, Any]]:
        return [fields_of(one) for one in rows_of(self.raw["input"].get("payloads"))]

    @property
    def requests(self) -> list[Expected]:
        return [_expected(one) for one in rows_of(self.raw["expected"].get("requests"))]

    @property
    def batches(self) -> list[Mapping[str, Any]]:
        return [fields_of(one) for one in rows_of(self.raw["expected"].get("batches"))]

    @property
    def says_nothing(self) -> bool:
        """Whether neither a request nor a refusal was recorded, so that it cannot be told which.

        A refusal of one item of several and what a test kept to itself both look like this.
        """
        told = ("requests", "records", "batches", "errors")
        return (
            self.product in _PRODUCTS
            and self.kind != "delivery"
            and not any(self.raw["expected"].get(key) for key in told)
        )

    @property
    def has_records(self) -> bool:
        return bool(self.raw["expected"].get("records"))


def read_vectors(lines: str) -> list[Vector]:
    """Read the lines of a file of vectors."""
    return [_vector(msgspec.json.decode(line)) for line in lines.splitlines() if line.strip()]


def _vector(raw: Mapping[str, Any]) -> Vector:
    return Vector(
        id=raw["id"],
        kind=raw["kind"],
        slug=raw["destination"],
        action=raw.get("action") or "",
        raw=raw,
    )


def expected_of(batch: Mapping[str, Any]) -> list[Expected]:
    """Return the requests of one recorded batch."""
    return [_expected(one) for one in rows_of(batch.get("requests"))]


def _expected(raw: Mapping[str, Any]) -> Expected:
    return Expected(
        method=raw["method"],
        url=raw["url"],
        params=raw.get("params"),
        headers=fields_of(raw.get("headers")),
        body=raw.get("body"),
        form=raw.get("body_format", "json"),
        response=fields_of(raw.get("vendor_response")),
    )
