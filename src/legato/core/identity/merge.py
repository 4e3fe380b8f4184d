"""Two persons turn out to be one: their states become one, in any order with the same result."""

from __future__ import annotations

import msgspec

from legato.core.consents.standing import merge_signals, newer_consent
from legato.core.program import Program
from legato.expr import places
from legato.expr.tally import merge as merge_tallies
from legato.model.instant import Instant
from legato.model.noun import to_bytes
from legato.model.state import Enrollment, Passage, State, Trait


def merge(program: Program, survivor: State, gone: State, horizon: Instant) -> None:
    """Fold `gone` into `survivor`. Segments are looked at anew by the caller's step."""
    survivor.first_seen = min(survivor.first_seen, gone.first_seen)
    survivor.last_seen = max(survivor.last_seen, gone.last_seen)
    survivor.observed_at = max(survivor.observed_at, gone.observed_at)
    for kind, values in gone.identifiers.items():
        _keep_earliest(survivor.identifiers.setdefault(kind, {}), values)
    for name, trait in gone.traits.items():
        survivor.traits[name] = later_trait(survivor.traits.get(name), trait)
    for key, consent in gone.consents.items():
        survivor.consents[key] = newer_consent(survivor.consents.get(key), consent)
    merge_signals(survivor, gone)
    for slot_id, tally in gone.history.items():
        slot = program.slots.get(slot_id)
        if slot is not None:
            mine = survivor.history.get(slot_id)
            merged = merge_tallies(slot, mine, tally, horizon)
            if merged is not None:
                survivor.history[slot_id] = merged
    for mine, theirs in (
        (survivor.suppressed, gone.suppressed),
        (survivor.segments, gone.segments),
        (survivor.audiences, gone.audiences),
        (survivor.groups, gone.groups),
    ):
        _keep_earliest(mine, theirs)
    for name, addresses in gone.listed.items():
        mine = survivor.listed.get(name, [])
        survivor.listed[name] = list(dict.fromkeys([*mine, *addresses]))
    survivor.contacts = sorted(
        {contact.delivery_id: contact for contact in survivor.contacts + gone.contacts}.values(),
        key=lambda contact: (contact.at, contact.delivery_id),
    )
    survivor.pending.update(gone.pending)
    survivor.fallbacks.update(gone.fallbacks)
    survivor.untold.update(gone.untold)
    # Destinations may know each of the two: what was not told of both is told again.
    survivor.told = {
        key: known for key, known in survivor.told.items() if known == gone.told.get(key)
    }
    survivor.handed = {}  # to some destinations they were two
    survivor.decided.update(gone.decided)
    survivor.held.extend(gone.held)
    survivor.offers.extend(gone.offers)  # the caller's step settles what contradicts
    survivor.merged.extend(gone.merged)
    survivor.apart = list(dict.fromkeys([*survivor.apart, *gone.apart]))
    recent = {one.event_id: one for one in survivor.recent + gone.recent}
    survivor.recent = sorted(recent.values(), key=lambda one: (one.at, one.position, one.event_id))
    survivor.seen = places.join(survivor.seen, gone.seen)
    _merge_journeys(survivor, gone)
    survivor.plan = ""  # every segment is looked at again
    if survivor.measured != gone.measured:
        survivor.measured = ""  # the past of one of them may be missing


def later_trait(one: Trait | None, other: Trait) -> Trait:
    """Return the last writer; of two at one instant, the one whose value's bytes are greater."""
    if one is None or one.at < other.at:
        return other
    if one.at > other.at:
        return one
    return max(one, other, key=lambda trait: to_bytes(trait.value))


def _keep_earliest(mine: dict[str, Instant], theirs: dict[str, Instant]) -> None:
    for key, at in theirs.items():
        mine[key] = min(mine.get(key, at), at)


def _merge_journeys(survivor: State, gone: State) -> None:
    """Keep the older of two passages through one journey with one key; the other ends as merged."""
    for enrollment in gone.enrollments:
        _add_enrollment(survivor, enrollment)
    for journey, packed in gone.ended.items():
        survivor.ended[journey] = sorted([*survivor.ended.get(journey, ()), *packed])
    survivor.enrollments.sort(key=lambda one: (one.entered_at, one.enrollment_id))
    for key, passage in gone.passages.items():
        mine = survivor.passages.get(key)
        survivor.passages[key] = passage if mine is None else _merged_passage(mine, passage)


def _add_enrollment(survivor: State, enrollment: Enrollment) -> None:
    for mine in survivor.enrollments:
        is_same = (mine.journey, mine.key) == (enrollment.journey, enrollment.key)
        if is_same and mine.ended_at is None and enrollment.ended_at is None:
            younger = max(mine, enrollment, key=lambda one: (one.entered_at, one.enrollment_id))
            younger.ended_at = max(mine.since, enrollment.since)
            younger.due_at = None
            younger.outcome = "merged"
    survivor.enrollments.append(enrollment)


def _merged_passage(one: Passage, other: Passage) -> Passage:
    last = max(one, other, key=lambda passage: (passage.entered_at, passage.outcome))
    return msgspec.structs.replace(
        last,
        entry_count=one.entry_count + other.entry_count,
        reached_goal=one.reached_goal or other.reached_goal,
    )
