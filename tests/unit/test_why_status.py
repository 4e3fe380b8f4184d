"""Counts kept from the note stream: who entered what, what was sent, what was refused and why."""

from __future__ import annotations

from legato.insight.status import SENTENCES_MAX, Watch
from legato.model.delivery import Outcome
from legato.model.ids import DeliveryId, EnrollmentId, EventId, PersonId
from legato.model.note import Decided, Entered, Left, Note, Rejected, Settled, Story, Verdict
from legato.model.problem import Reason

CAPPED = Reason(code="cap.reached", what="has had 3 of 3 in 7 days")
E1 = EnrollmentId("e1")


def seen(*notes: Note) -> Watch:
    watch = Watch()
    for position, note in enumerate(notes, 1):
        story = Story(position=position, person_id=PersonId("person_ana"), at=0, notes=(note,))
        watch.see([story])
    return watch


def decided(delivery: str, verdict: Verdict, reason: Reason | None = None) -> Decided:
    return Decided(
        delivery_id=DeliveryId(delivery),
        message="reminder",
        journey="cart_rescue",
        enrollment_id=E1,
        step="2",
        plan="p",
        version="v",
        verdict=verdict,
        channel="email" if verdict == "pass" else "",
        candidates=(),
        reason=reason,
    )


def settled(delivery: str, outcome: Outcome, reason: Reason | None = None) -> Settled:
    return Settled(delivery_id=DeliveryId(delivery), outcome=outcome, reason=reason)


def test_entries_and_goals_are_counted_by_journey() -> None:
    activity = seen(
        Entered(journey="cart_rescue", version="v", enrollment_id=E1, key=""),
        Left(journey="cart_rescue", enrollment_id=E1, step="1", outcome="goal"),
    ).activity()

    (journey,) = activity.journeys
    assert (journey.entered, journey.left, journey.goals) == (1, 1, 1)


def test_a_message_counts_as_sent_once_though_its_provider_speaks_twice() -> None:
    activity = seen(
        decided("d1", "pass"), settled("d1", "accepted"), settled("d1", "delivered")
    ).activity()

    (message,) = activity.messages
    assert (message.decided, message.sent, message.failed) == (1, 1, 0)


def test_refusals_are_counted_by_reason_at_decision_and_at_sending() -> None:
    activity = seen(
        decided("d1", "refuse", CAPPED),
        decided("d2", "pass"),
        settled("d2", "refused", CAPPED),
    ).activity()

    (refusal,) = activity.refusals
    assert (refusal.code, refusal.count) == ("cap.reached", 2)
    assert refusal.what == "has had 3 of 3 in 7 days"


def test_sentences_are_bounded_and_name_nobody() -> None:
    rejected = Rejected(event_id=EventId("e"), reason=CAPPED)

    activity = seen(*[rejected] * (SENTENCES_MAX + 50)).activity(SENTENCES_MAX * 2)

    assert len(activity.sentences) == SENTENCES_MAX
    assert activity.quarantined == SENTENCES_MAX + 50
    assert activity.sentences[-1].text.startswith("person on_ana had an event refused")
