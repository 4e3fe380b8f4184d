"""Passages that are over, put away encoded: nothing but a late event looks inside them again.

A state is written whole with each of its person's events, and a busy visitor has ended dozens of
passages within the lateness horizon. As objects they were two fifths of what writing it cost; as
bytes they are copied. What still has a message on its way, or holds what somebody said, stays with
those that go on.
"""

from __future__ import annotations

from bisect import insort
from collections.abc import Collection

import msgspec

from legato.model.ids import EnrollmentId
from legato.model.state import Enrollment, State

_ENCODER = msgspec.msgpack.Encoder()
_DECODER = msgspec.msgpack.Decoder(Enrollment)


def put_away(state: State, enrollment: Enrollment) -> None:
    """Let an enrollment that is over be bytes. In order of ids: however it came, the same bytes."""
    state.enrollments.remove(enrollment)
    insort(state.ended.setdefault(enrollment.journey, []), _ENCODER.encode(enrollment))


def bring_back(state: State, journeys: Collection[str]) -> None:
    """Let what was put away of some journeys be objects again, among the others as they entered."""
    back = [one for name in journeys for one in ended_in(state, name)]
    if back:
        for name in journeys:
            state.ended.pop(name, None)
        state.enrollments = _in_order([*state.enrollments, *back])


def ended_in(state: State, journey: str, *words: str) -> list[Enrollment]:
    """Return what was put away of a journey: all of it, or what has all of these words in it."""
    packed = state.ended.get(journey, ())
    for word in words:
        told = word.encode()
        if told not in b"".join(packed):  # most often, and looked for at once
            return []
        packed = [data for data in packed if told in data]
    return [_DECODER.decode(data) for data in packed]


def enrollments_of(state: State) -> list[Enrollment]:
    """Return all of a person's enrollments, in the order in which they entered."""
    if not state.ended:
        return state.enrollments
    ended = [_DECODER.decode(data) for packed in state.ended.values() for data in packed]
    return _in_order([*state.enrollments, *ended])


def enrollment_of(state: State, enrollment_id: EnrollmentId) -> Enrollment | None:
    """Find one among all of a person's enrollments."""
    for one in state.enrollments:
        if one.enrollment_id == enrollment_id:
            return one
    ended = [one for journey in state.ended for one in ended_in(state, journey, enrollment_id)]
    return next((one for one in ended if one.enrollment_id == enrollment_id), None)


def count_ended(state: State) -> int:
    """Return how many were put away."""
    return sum([len(packed) for packed in state.ended.values()])


def _in_order(enrollments: list[Enrollment]) -> list[Enrollment]:
    return sorted(enrollments, key=lambda one: (one.entered_at, one.enrollment_id))
