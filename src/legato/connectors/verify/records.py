"""What a client library was given, recorded in place of a request: compared with ours."""

from __future__ import annotations

from legato.connectors.language.frame import Frame
from legato.connectors.language.node import Node
from legato.connectors.language.value import MISSING, Value, rows_of
from legato.connectors.verify.compare import Seen, differences, is_same, normal
from legato.connectors.verify.conformance import facts_of
from legato.connectors.verify.run import Run
from legato.connectors.verify.vector import Vector
from legato.model.noun import Noun

ALIKE = 4
UNLIKE = 2
MISCOUNTED = 0


class Records(Noun, frozen=True, kw_only=True):
    """How far the records of a vector agree."""

    level: int
    why: tuple[str, ...] = ()


def made_records(record: Node, vector: Vector, run: Run) -> Records:
    """Make of each of our requests what the other product would have recorded of it."""
    theirs = [normal(one) for one in rows_of(vector.raw["expected"].get("records"))]
    ours = [_record(record, vector, request) for request in run.requests]
    if len(ours) != len(theirs):
        why = f"{len(ours)} where {len(theirs)} were recorded: {run.refused}"
        return Records(level=MISCOUNTED, why=(why,))
    if all(map(is_same, ours, theirs)):
        return Records(level=ALIKE)
    pairs = zip(ours, theirs, strict=True)
    return Records(level=UNLIKE, why=tuple(line for pair in pairs for line in differences(*pair)))


def _record(record: Node, vector: Vector, request: Seen) -> Value:
    data = {"url": request.url, "body": request.body}
    made = record.read(Frame({"request": data}, None, facts_of(vector)))
    return None if made is MISSING else normal(made)
