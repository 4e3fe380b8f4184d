"""What went instead of a message that did not: named only where the notes say so."""

from __future__ import annotations

from legato.insight.why.answer import Instead
from legato.insight.why.why import Question, why
from legato.model.ids import DeliveryId, EnrollmentId, PersonId
from legato.model.instant import DAY, HOUR, Instant, format_instant
from legato.model.note import Candidate, Decided, GateSeen, Settled, Story
from legato.model.plan import Plan
from legato.model.problem import Reason

ANA = PersonId("person_ana")
NOON: Instant = 1_772_452_800_000_000
CONSENT = Reason(code="consent.missing", what="no consent is on record")


def decided(
    name: str,
    *,
    journey: str = "cart_rescue",
    reason: Reason | None = None,
    instead_of: str = "",
    message: str = "reminder",
) -> Decided:
    refused = (
        () if reason is None else (GateSeen(gate="x", verdict="refuse", seen="", reason=reason),)
    )
    return Decided(
        delivery_id=DeliveryId(name),
        message=message,
        journey=journey,
        enrollment_id=EnrollmentId(f"enrollment of {journey}"),
        step="2",
        plan="p",
        version="v",
        verdict="pass" if reason is None else "refuse",
        channel="email" if reason is None else "",
        candidates=(Candidate(channel="email", cost_micros=0, gates=refused),),
        reason=reason,
        instead_of=DeliveryId(instead_of) if instead_of else None,
    )


def told(*steps: tuple[Instant, Decided | Settled]) -> tuple[Instead, ...]:
    """Return what went instead of the message `d0`."""
    story = [
        Story(position=number, person_id=ANA, at=NOON + at, notes=(note,))
        for number, (at, note) in enumerate(steps, 1)
    ]
    answer = why(story, Question(person_id=ANA, delivery="d0"), plan=Plan(name=""))
    assert answer.instead is not None
    return answer.instead


def test_the_same_message_by_another_channel_is_what_they_got() -> None:
    bounced = Settled(delivery_id=DeliveryId("d0"), outcome="bounced")

    (one,) = told((0, decided("d0")), (HOUR, bounced), (HOUR, decided("d1", instead_of="d0")))

    assert (one.relation, one.delivery_id, one.at) == ("same", "d1", NOON + HOUR)


def test_the_same_message_later_on_the_same_way_is_what_they_got() -> None:
    (one,) = told((0, decided("d0", reason=CONSENT)), (3 * DAY, decided("d1")))

    assert one.relation == "same"


def test_the_offer_that_stood_against_it_is_known_by_when_it_was_made() -> None:
    what = (
        "it contradicts half_price for the same item, which browse_abandon offered on "
        f"{format_instant(NOON - 2 * DAY)} for 7 days"
    )
    against = Reason(code="offer.contradicts", what=what)

    (one,) = told(
        (-3 * DAY, decided("d1", journey="browse_abandon")),
        (-2 * DAY, decided("d2", journey="browse_abandon")),
        (0, decided("d0", reason=against)),
    )

    assert (one.relation, one.delivery_id) == ("offer", "d2")


def test_what_went_more_than_a_day_away_or_did_not_go_is_not_named() -> None:
    failed = Settled(delivery_id=DeliveryId("d3"), outcome="failed")

    found = told(
        (-2 * DAY, decided("d1", journey="thanks")),
        (-HOUR, decided("d3", journey="thanks")),
        (-HOUR, failed),
        (-HOUR, decided("d4", journey="thanks", reason=CONSENT)),
        (0, decided("d0", reason=CONSENT)),
        (HOUR, decided("d2", journey="thanks", message="thanks")),
    )

    assert [(one.relation, one.message) for one in found] == [("near", "thanks")]
