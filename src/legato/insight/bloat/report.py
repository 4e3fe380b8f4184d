"""The bloat report: what nothing reads, what never comes, what nobody declared; bytes and cost."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Literal, TypeAlias

from msgspec.structs import replace

from legato.core.admission.fields import shown_name
from legato.core.admit import CONSENT_EVENT
from legato.core.retirement.retired import gone_at
from legato.insight.bloat.past import Past, Unread
from legato.insight.bloat.weigh import Weighed, Weight
from legato.model.event import NAME_OF_KIND, SMS_RECEIVED
from legato.model.instant import Duration, Instant
from legato.model.noun import Noun
from legato.model.plan import Plan
from legato.plan.bloat.reading import things
from legato.plan.impact.readers import Ref
from legato.plan.retirement.check import retired_things

Finding: TypeAlias = Literal["unused", "unread", "absent", "undeclared", "retired"]
"""Nothing has read it for as long as was asked; nothing reads it, but not for so long; it is
declared and read, and did not come for so long; it comes, and nobody declared it; it is retired."""

GIGABYTE = 1_000_000_000
NOTHING = Weight()
KNOWN_EVENTS = (*NAME_OF_KIND.values(), CONSENT_EVENT, SMS_RECEIVED)
"""They need not be declared."""
ORDER: tuple[Finding, ...] = ("unused", "unread", "retired", "undeclared", "absent")


class Bloat(Noun, frozen=True, kw_only=True):
    """One field or definition."""

    finding: Finding
    family: str
    """`event`, `property`, `trait`, `computed`, `segment`, `template`, `identity` or `source`."""
    name: str
    """Of a property: `Order Completed/coupon`."""
    owner: str
    unread_since: Instant | None = None
    was_read_by: str = ""
    retired_at: Instant | None = None
    gone_at: Instant | None = None
    """Of a retired one: when what is stored of it is removed for good."""
    first_at: Instant | None = None
    last_at: Instant | None = None
    """When it last came in, as far as the log goes back."""
    events: int = 0
    """Records of the log that carry it."""
    people: int = 0
    """Whose state has it."""
    log_bytes: int = 0
    state_bytes: int = 0
    error_bytes: int = 0
    """By how much their sum may be off, 19 times out of 20: it is estimated from a sample."""
    cost_micros: int | None = None
    """A month, in millionths of the currency; None where no price is declared."""
    fix: str = ""


class BloatReport(Noun, frozen=True, kw_only=True):
    """What was found, the largest of each finding first."""

    since: Duration
    measured_at: Instant
    workspace_since: Instant
    """When its first plan was activated."""
    is_young: bool
    """It has not been there for that long: nothing can have been unused throughout."""
    records: int
    people: int
    log_bytes: int
    state_bytes: int
    one_in_records: int
    """One in so many was looked into; 1: each."""
    one_in_people: int
    is_cut: bool
    currency: str
    price_micros: int | None
    """Of a gigabyte for a month."""
    unused_bytes: int
    unused_error_bytes: int
    unused_cost_micros: int | None
    rows: tuple[Bloat, ...]


def report_of(
    plan: Plan, weighed: Weighed, past: Past, *, since: Duration, now: Instant
) -> BloatReport:
    """Put together what is bloat: unread, or not come, for as long as `since`."""
    begun_at = now if past.begun_at is None else past.begun_at
    rows = [
        _weighed(row, plan, weighed)
        for row in _rows(plan, weighed, past, horizon=now - since, is_young=begun_at > now - since)
    ]
    rows.sort(key=lambda row: (ORDER.index(row.finding), -_size(row), row.family, row.name))
    unused = [row for row in rows if row.finding == "unused"]
    size = sum(map(_size, unused))
    return BloatReport(
        since=since,
        measured_at=now,
        workspace_since=begun_at,
        is_young=begun_at > now - since,
        records=weighed.records,
        people=weighed.people,
        log_bytes=weighed.log_bytes,
        state_bytes=weighed.state_bytes,
        one_in_records=weighed.one_in_records,
        one_in_people=weighed.one_in_people,
        is_cut=weighed.is_cut,
        currency=plan.currency,
        price_micros=plan.storage_price_micros,
        unused_bytes=size,
        unused_error_bytes=sum(row.error_bytes for row in unused),
        unused_cost_micros=_cost(plan, size),
        rows=tuple(rows),
    )


def _size(row: Bloat) -> int:
    return row.log_bytes + row.state_bytes


def _rows(
    plan: Plan, weighed: Weighed, past: Past, *, horizon: Instant, is_young: bool
) -> Iterator[Bloat]:
    declared, retired = things(plan), retired_things(plan)
    for thing, owner in declared.items():
        unread = past.unread.get(thing)
        if thing in retired:
            yield _retired(thing, owner, unread, retired[thing])
        elif unread is not None:
            if not _is_inside_unread(thing, past.unread):
                yield _unread(thing, owner, unread, horizon=horizon)
        elif not is_young and thing.family in ("event", "property", "trait"):
            last_at = _last(thing, weighed)
            if last_at is None or last_at <= horizon:
                yield _absent(thing, owner)
    for kind in plan.identity.kinds:
        if Ref("identity", kind.name) not in weighed.states and not is_young:
            yield _absent(Ref("identity", kind.name), "")
    for name in plan.sources:
        last_at = _last(Ref("source", name), weighed)
        if not is_young and (last_at is None or last_at <= horizon):
            yield _absent(Ref("source", name), "")
    yield from _undeclared(plan, weighed, declared)


def _is_inside_unread(thing: Ref, unread: Mapping[Ref, Unread]) -> bool:
    """Return whether what a property is part of is unread as a whole, which says it already."""
    if thing.family != "property":
        return False
    event, _, path = thing.name.rpartition("/")
    *outer, _ = path.split(".")
    parts = [".".join(outer[: end + 1]) for end in range(len(outer))]
    around = (Ref("event", event), *(Ref("property", f"{event}/{part}") for part in parts))
    return any(each in unread for each in around)


def _unread(thing: Ref, owner: str, unread: Unread, *, horizon: Instant) -> Bloat:
    is_unused = unread.since <= horizon
    return Bloat(
        finding="unused" if is_unused else "unread",
        family=thing.family,
        name=thing.name,
        owner=owner,
        unread_since=unread.since,
        was_read_by=unread.was_read_by,
        fix=_WAYS_OUT[thing.family] if is_unused else "",
    )


def _retired(thing: Ref, owner: str, unread: Unread | None, since: Instant) -> Bloat:
    return Bloat(
        finding="retired",
        family=thing.family,
        name=thing.name,
        owner=owner,
        unread_since=unread.since if unread is not None else None,
        was_read_by=unread.was_read_by if unread is not None else "",
        retired_at=since,
        gone_at=gone_at(since),
        fix="to have it back, take `retired` off before it is gone",
    )


_RETIRE = "write `retired: DATE` on it: for 30 days that can be taken back"
_REMOVE = "remove its definition"
_WAYS_OUT: Mapping[str, str] = {
    "event": _RETIRE,
    "property": _RETIRE,
    "trait": _RETIRE,
    "computed": _REMOVE,
    "segment": _REMOVE,
    "template": _REMOVE,
}


def _absent(thing: Ref, owner: str) -> Bloat:
    fix = "have its source send it, or remove it and what reads it"
    return Bloat(finding="absent", family=thing.family, name=thing.name, owner=owner, fix=fix)


def _undeclared(plan: Plan, weighed: Weighed, declared: Mapping[Ref, str]) -> Iterator[Bloat]:
    """Walk what comes in or is kept, and is declared nowhere."""
    found: dict[Ref, None] = dict.fromkeys((*weighed.log, *weighed.states))
    names = {ref.name for ref in declared if ref.family == "property"}
    for ref in found:
        match ref.family:
            case "event":
                is_known = ref.name in plan.events or ref.name in KNOWN_EVENTS
            case "property":
                event, _, path = ref.name.rpartition("/")
                # Where an event or an object is undeclared itself, one line is enough.
                is_known = ref in declared or _is_open(plan, event, path, names)
            case "trait":
                is_known = ref in declared
            case _:
                is_known = True
        if not is_known:
            fix = "declare it, or have its source leave it out"
            yield Bloat(finding="undeclared", family=ref.family, name=ref.name, owner="", fix=fix)


def _is_open(plan: Plan, event: str, path: str, names: set[str]) -> bool:
    """Return whether a property needs no line: nothing around it is declared by name."""
    if event not in plan.events:
        return True
    parent, _, _ = path.rpartition(".")
    around = f"{event}/{parent}." if parent else f"{event}/"
    return not any(name.startswith(around) for name in names)


def _weighed(row: Bloat, plan: Plan, weighed: Weighed) -> Bloat:
    """Return a row with what it weighs, under a name that may be shown."""
    ref = Ref(row.family, row.name)
    log, state = weighed.log.get(ref, NOTHING), weighed.states.get(ref, NOTHING)
    if row.family == "computed":
        slot = plan.computed[row.name].slot.slot_id
        state = weighed.states.get(Ref("slot", slot), NOTHING)
    seen = [at for each in (log, state) for at in (each.first_at, each.last_at) if at is not None]
    return replace(
        row,
        name="/".join(shown_name(part) for part in row.name.split("/")),
        first_at=min(seen, default=None),
        last_at=max(seen, default=None),
        events=log.count,
        people=state.count,
        log_bytes=log.bytes,
        state_bytes=state.bytes,
        error_bytes=log.error + state.error,
        cost_micros=_cost(plan, log.bytes + state.bytes),
    )


def _last(thing: Ref, weighed: Weighed) -> Instant | None:
    found = (weighed.log.get(thing, NOTHING).last_at, weighed.states.get(thing, NOTHING).last_at)
    return max((at for at in found if at is not None), default=None)


def _cost(plan: Plan, size: int) -> int | None:
    if plan.storage_price_micros is None:
        return None
    return size * plan.storage_price_micros // GIGABYTE
