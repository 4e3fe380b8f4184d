"""A connector's vectors, run and counted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from legato.connectors.classify import classify
from legato.connectors.language.value import ExpressionError, fields_of
from legato.connectors.spec import Spec
from legato.connectors.verify.compare import Seen, differences, level, recorded
from legato.connectors.verify.conformance import (
    Conformance,
    facts_of,
    read_conformance,
    refused,
    skipped,
    with_constants,
    with_own,
    without,
)
from legato.connectors.verify.records import made_records
from legato.connectors.verify.run import Run, run_batch, run_one
from legato.connectors.verify.vector import Expected, Vector, expected_of
from legato.model.instant import Instant
from legato.model.noun import Noun
from legato.model.wire import Response

LEVELS = ("accepted", "url", "body", "headers")
_SEVERAL = ("router", "batch", "action_batch")
NOW: Instant = 1_700_000_000_000_000
"""The instant of cases that do not say theirs."""


_THEIRS = {
    "accepted": "success",
    "retry": "retryable",
    "denied": "retryable",
    "throttled": "throttled",
    "bounced": "aborted",
    "failed": "aborted",
    "refresh": "auth:REFRESH_TOKEN",
    "dead": "auth:AUTH_STATUS_INACTIVE",
}
"""What an answer means here -> what a recording calls it."""


class Case(Noun, frozen=True, kw_only=True):
    """How one vector came out."""

    id: str
    level: int
    """0: not even accepted or refused alike; 4: alike in all."""
    is_held_out: bool
    why: tuple[str, ...] = ()
    """What differs, where it may be shown."""
    skipped: str = ""
    refused: str = ""
    """Why the other product refuses it by its choice, where our request is not compared."""
    ignored: int = 0
    is_grouped: bool | None = None
    """Whether the same items travelled together; None: it is no case of several."""
    is_classed: bool | None = None
    """Whether an answer meant the same; None: it is no case of an answer."""


class Part(Noun, frozen=True, kw_only=True):
    """How many of some cases are alike."""

    cases: int
    alike: int


class Score(Noun, frozen=True, kw_only=True):
    """How a connector came out."""

    name: str
    cases: int
    levels: tuple[int, int, int, int]
    """How many reached each of LEVELS."""
    held_out: int
    held_out_body: int
    skipped: Mapping[str, int]
    """Why -> how many."""
    refused: Mapping[str, int]
    """Why the other product refuses by its choice -> how many."""
    ignored: int
    """Cases in which something was not compared."""
    details: tuple[Case, ...]
    grouping: Part | None = None
    """Of the cases of several items: what travels together."""
    classes: Part | None = None
    """Of the cases of answers: what they mean."""

    @property
    def body(self) -> float:
        return self.levels[2] / self.cases if self.cases else 0.0


def score(name: str, spec: Spec, vectors: Iterable[Vector]) -> Score:
    """Run every vector of a connector."""
    conformance, _ = read_conformance(spec)
    tuned: dict[tuple[str, str], Spec] = {}
    cases: list[Case] = []
    for vector in vectors:
        kind = (vector.product, vector.kind)
        if kind not in tuned:
            tuned[kind] = with_constants(spec, conformance, vector)
        cases.append(run_case(tuned[kind], conformance, vector))
    scored = [case for case in cases if not case.skipped]
    held = [case for case in scored if case.is_held_out]
    counts = [sum(case.level > at for case in scored) for at in range(len(LEVELS))]
    return Score(
        name=name,
        cases=len(scored),
        levels=(counts[0], counts[1], counts[2], counts[3]),
        held_out=len(held),
        held_out_body=sum(case.level > 2 for case in held),  # noqa: PLR2004 - body and above
        skipped=_counted(case.skipped for case in cases),
        refused=_counted(case.refused for case in scored),
        ignored=sum(case.ignored > 0 for case in scored),
        details=tuple(cases),
        grouping=_part([case.is_grouped for case in scored if case.is_grouped is not None]),
        classes=_part([case.is_classed for case in scored if case.is_classed is not None]),
    )


def _counted(reasons: Iterable[str]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for why in reasons:
        if why:
            counts[why] = counts.get(why, 0) + 1
    return counts


def _part(alike: Sequence[bool]) -> Part | None:
    return Part(cases=len(alike), alike=sum(alike)) if alike else None


def run_case(spec: Spec, conformance: Conformance, vector: Vector) -> Case:
    """Run one vector. Where an expression of `conformance:` fails on it, the case fails."""
    try:
        return _run_case(spec, conformance, vector)
    except ExpressionError as error:
        case = _case(vector, 0, (f"conformance cannot be worked out: {error}",))
        return msgspec.structs.replace(
            case,
            is_grouped=False if vector.kind in _SEVERAL else None,
            is_classed=False if vector.kind == "delivery" else None,
        )


def _run_case(spec: Spec, conformance: Conformance, vector: Vector) -> Case:
    facts = facts_of(vector)
    why = skipped(conformance, facts)
    vector, count = with_own(conformance, vector)
    choice = refused(conformance, facts) if not why and vector.kind != "delivery" else ""
    if choice:
        return _refused(vector, conformance, choice)
    case = _scored(spec, conformance, vector, why)
    return msgspec.structs.replace(case, ignored=case.ignored + count)


def _refused(vector: Vector, conformance: Conformance, choice: str) -> Case:
    """Hold the other product to its choice: what it says it refuses, it has not sent."""
    case = _compared(vector, conformance, Run(refused=choice), vector.requests)
    is_grouped = case.level > 0 if vector.kind in _SEVERAL else None
    return msgspec.structs.replace(case, refused=choice, ignored=1, is_grouped=is_grouped)


def _scored(spec: Spec, conformance: Conformance, vector: Vector, why: str) -> Case:
    if not why and vector.has_records and conformance.record is None:
        why = "recorded is no request, but a record for another transport"
    if not why and vector.says_nothing:
        why = "neither a request nor a refusal was recorded"
    if not why and vector.kind == "delivery" and vector.raw["expected"]["class"] == "unknown":
        why = "no class was recorded"
    if not why and vector.kind == "delivery" and not _is_answered(vector):
        why = "what was answered was not recorded"
    if why:
        return Case(id=vector.id, level=0, is_held_out=vector.is_held_out, skipped=why)
    if vector.kind == "delivery":
        return _classified(spec, conformance, vector)
    if vector.has_records and conformance.record is not None:
        made = made_records(conformance.record, vector, run_one(spec, conformance, vector))
        return _case(vector, made.level, made.why)
    if vector.kind in ("router", "batch"):
        return _grouped(spec, conformance, vector)
    if vector.kind == "action_batch":
        run = run_batch(spec, conformance, vector)
        case = _compared(vector, conformance, run, vector.requests)
        is_grouped = len(run.requests) == len(vector.requests)
        return msgspec.structs.replace(case, is_grouped=is_grouped)
    return _compared(vector, conformance, run_one(spec, conformance, vector), vector.requests)


def _compared(
    vector: Vector, conformance: Conformance, run: Run, wanted: Sequence[Expected]
) -> Case:
    if not wanted or not run.requests:
        is_alike = not wanted and not run.requests
        why = () if is_alike else (f"refused: {run.refused}" if wanted else _surplus(run),)
        return _case(vector, 4 if is_alike else 0, why)
    theirs = [recorded(one) for one in wanted]
    ours, count = _less(run.requests, conformance)
    theirs, other = _less(theirs, conformance)
    reached = level(ours, theirs)
    return _case(vector, reached, _why(ours, theirs), count + other)


def _surplus(run: Run) -> str:
    sent = ", ".join(f"{one.method} {one.url}" for one in run.requests)
    return f"sent where nothing was recorded: {sent}"


def _less(requests: Sequence[Seen], conformance: Conformance) -> tuple[list[Seen], int]:
    total, made = 0, list(requests)
    for ignored in conformance.ignored:
        for at, one in enumerate(made):
            made[at], count = without(one, ignored)
            total += count if ignored.path[0] != "headers" else 0
    return made, total


def _why(ours: Sequence[Seen], theirs: Sequence[Seen]) -> tuple[str, ...]:
    if len(ours) != len(theirs):
        sent = ", ".join(f"{one.method} {one.url}" for one in ours)
        wanted = ", ".join(f"{one.method} {one.url}" for one in theirs)
        return (f"sent [{sent}] where [{wanted}] was recorded",)
    lines: list[str] = []
    for one, other in zip(ours, theirs, strict=True):
        first, second = msgspec.structs.asdict(one), msgspec.structs.asdict(other)
        first["headers"] = {key: first["headers"].get(key) for key in other.headers}
        lines += differences(first, second)
    return tuple(lines)


def _case(vector: Vector, reached: int, why: tuple[str, ...], ignored: int = 0) -> Case:
    is_held_out = vector.is_held_out
    return Case(
        id=vector.id,
        level=reached,
        is_held_out=is_held_out,
        why=() if is_held_out else why,
        ignored=ignored,
    )


def _grouped(spec: Spec, conformance: Conformance, vector: Vector) -> Case:
    """Compare which items travelled together, and what was sent for them."""
    run = run_batch(spec, conformance, vector)
    wanted = [batch for batch in vector.batches if expected_of(batch)]
    ours = _together((_members(vector, packet.members), packet.requests) for packet in run.packets)
    theirs = _together(
        (_members(vector, batch["items"]), tuple(map(recorded, expected_of(batch))))
        for batch in wanted
    )
    if sorted(ours) != sorted(theirs):
        case = _case(vector, 0, (f"sent for {sorted(ours)}, not for {sorted(theirs)}",))
        return msgspec.structs.replace(case, is_grouped=False)
    reached, total = 4, 0
    why: list[str] = []
    for members, requests in theirs.items():
        one, count = _less(_in_order(ours[members]), conformance)
        other, second = _less(_in_order(requests), conformance)
        total += count + second
        reached = min(reached, level(one, other))
        why += _why(one, other)
    case = _case(vector, reached, tuple(why), total)
    return msgspec.structs.replace(case, is_grouped=True)


def _together(
    packets: Iterable[tuple[tuple[int, ...], tuple[Seen, ...]]],
) -> dict[tuple[int, ...], tuple[Seen, ...]]:
    """Join packets that have an item in common: one of its requests may travel with others."""
    groups: dict[tuple[int, ...], tuple[Seen, ...]] = {}
    for members, requests in packets:
        shared = [group for group in groups if any(at in members for at in group)]
        every = (*members, *(at for group in shared for at in group))
        before = tuple(one for group in shared for one in groups.pop(group))
        groups[tuple(sorted(dict.fromkeys(every)))] = (*before, *requests)
    return groups


def _in_order(requests: Iterable[Seen]) -> list[Seen]:
    """Return what several items sent in an order of its own: among each other they have none."""
    return sorted(requests, key=lambda one: (one.method, one.url))


def _members(vector: Vector, members: Iterable[int]) -> tuple[int, ...]:
    """Name items as the recording did: two of the same job are one to it."""
    jobs = [
        fields_of(item.get("metadata")).get("jobId", at) for at, item in enumerate(vector.items)
    ]
    return tuple(sorted(dict.fromkeys(jobs.index(jobs[member]) for member in members)))


def _is_answered(vector: Vector) -> bool:
    answer = fields_of(vector.raw.get("vendor_response"))
    return bool(answer.get("status") or answer.get("body"))


def _classified(spec: Spec, conformance: Conformance, vector: Vector) -> Case:
    """Compare what an answer means."""
    answer = fields_of(vector.raw.get("vendor_response"))
    response = Response(
        status=answer.get("status") or 500,
        headers={
            key.lower(): str(value) for key, value in fields_of(answer.get("headers")).items()
        },
        body=_body(answer.get("body")),
    )
    verdict = classify(spec, response, NOW)
    means = verdict.account or verdict.kind
    if verdict.reason is not None and verdict.reason.code == "destination.denied":
        means = "denied"
    found = "retryable" if verdict.items else conformance.classes.get(means, _THEIRS[means])
    wanted = str(vector.raw["expected"]["class"])
    wanted = {"configuration": "aborted", "instrumentation": "aborted"}.get(wanted, wanted)
    is_alike = found == wanted
    why = () if is_alike else (f"{response.status}: {found} where {wanted} was recorded",)
    case = _case(vector, 4 if is_alike else 0, why)
    return msgspec.structs.replace(case, is_classed=is_alike)


def _body(body: object) -> bytes:
    if body is None:
        return b""
    return body.encode() if isinstance(body, str) else msgspec.json.encode(body)
