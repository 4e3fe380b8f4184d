"""Why a message went or did not, answered from notes: one test for each kind of answer."""

from __future__ import annotations

import msgspec
import pytest

from legato.insight.why.answer import Answer
from legato.insight.why.why import Question, Stopped, unknown_person, why
from legato.model.definitions.journey import Entry, Journey, Send, Wait
from legato.model.delivery import Outcome
from legato.model.ids import DeliveryId, EnrollmentId, EventId, PersonId
from legato.model.instant import HOUR, MINUTE, Instant
from legato.model.note import (
    Admitted,
    Candidate,
    Decided,
    Entered,
    GateSeen,
    Left,
    Moved,
    Note,
    NotEntered,
    Revoked,
    Settled,
    Story,
    Verdict,
)
from legato.model.plan import Plan, Template
from legato.model.problem import Reason
from legato.model.rule import PropertyIs
from legato.model.rule import Test as Comparison

ANA = PersonId("person_ana")
NOON: Instant = 1_772_452_800_000_000  # 2026-03-02T12:00:00Z
ENROLLED = EnrollmentId("enrollment_1")
DELIVERY = DeliveryId("delivery_1")
STARTED = EventId("event_1")
CONSENT = Reason(
    code="consent.missing",
    what="no consent to marketing by email is on record",
    definition="purposes/marketing",
)


def plan() -> Plan:
    rescue = Journey(
        name="cart_rescue",
        title="Cart rescue",
        owner="growth",
        purpose="marketing",
        entry=Entry(
            kind="event",
            on="Checkout Started",
            when=PropertyIs(path="value", test=Comparison(operator="over", value=40)),
        ),
        exits=(),
        steps={
            "1": Wait(step_id="1", next="2", duration=30 * MINUTE),
            "2": Send(step_id="2", next="", message="reminder", channels=("email", "sms")),
        },
        first="1",
        version="v7",
        places={"1": "journeys/cart.yaml:10", "2": "journeys/cart.yaml:12"},
    )
    return Plan(
        name="shop",
        journeys={"cart_rescue": rescue},
        templates={"reminder": Template(name="reminder", texts={})},
    )


def row(position: int, *notes: Note, at: Instant | None = None) -> Story:
    return Story(
        position=position,
        person_id=ANA,
        at=NOON + position * MINUTE if at is None else at,
        notes=notes,
    )


def entered() -> Story:
    return row(
        1,
        Admitted(event_id=STARTED, name="Checkout Started"),
        Entered(journey="cart_rescue", version="v7", enrollment_id=ENROLLED, key="c1"),
    )


def gate(name: str, verdict: Verdict = "pass", reason: Reason | None = None) -> GateSeen:
    would = "a consent to marketing by email" if reason else ""
    return GateSeen(
        gate=name, verdict=verdict, seen=f"{name} seen", reason=reason, would_change=would
    )


def decided(
    verdict: Verdict,
    *gates: GateSeen,
    channel: str = "email",
    reason: Reason | None = None,
    until: Instant | None = None,
) -> Decided:
    return Decided(
        delivery_id=DELIVERY,
        message="reminder",
        journey="cart_rescue",
        enrollment_id=ENROLLED,
        step="2",
        plan="plan9",
        version="v7",
        verdict=verdict,
        channel=channel if verdict == "pass" else "",
        candidates=(Candidate(channel=channel, cost_micros=400, gates=gates),),
        reason=reason,
        until=until,
    )


def settled(outcome: Outcome, *gates: GateSeen, reason: Reason | None = None) -> Settled:
    return Settled(
        delivery_id=DELIVERY,
        outcome=outcome,
        attempt_count=1,
        receipt="SM123" if outcome == "accepted" else "",
        reason=reason,
        gates=gates,
    )


def ask(story: list[Story], journey: str = "cart_rescue", message: str = "reminder") -> Answer:
    return why(story, Question(person_id=ANA, journey=journey, message=message), plan=plan())


def test_a_message_the_provider_took_is_a_yes_with_one_thread_from_event_to_receipt() -> None:
    story = [entered(), row(2, decided("pass", gate("consent"))), row(3, settled("accepted"))]

    answer = ask(story)

    assert answer.is_sent
    assert answer.sentence.startswith("Yes: 'reminder' of cart rescue was sent by email")
    assert (answer.trace, answer.delivery_id, answer.receipt) == (STARTED, DELIVERY, "SM123")
    assert [stage.position for stage in answer.way] == [1, 1, 2, 3]
    assert (answer.plan, answer.journey_version) == ("plan9", "v7")
    assert answer.journey_step == "2 (journeys/cart.yaml:12)"
    assert answer.first_blocking is None


def test_what_a_provider_says_of_the_end_stays_the_last_word() -> None:
    ends = [row(3, settled("delivered")), row(4, settled("accepted"))]

    answer = ask([entered(), row(2, decided("pass", gate("consent"))), *ends])

    assert answer.state == "delivered"


def test_a_refused_message_names_the_first_gate_that_blocked_and_its_remedy() -> None:
    gates = (gate("consent", "refuse", CONSENT), gate("cap", "refuse", CONSENT), gate("expiry"))
    story = [entered(), row(2, decided("refuse", *gates, reason=CONSENT))]

    answer = ask(story)

    assert (answer.kind, answer.is_sent) == ("refused", False)
    assert answer.sentence.endswith("because no consent to marketing by email is on record.")
    assert answer.first_blocking is not None
    assert answer.first_blocking.gate == "consent"
    assert [line.gate for line in answer.weighed[0].gates] == ["consent", "cap", "expiry"]
    assert answer.would_change == "a consent to marketing by email"


def test_a_message_no_channel_was_open_for_names_each_channel_and_its_gate() -> None:
    email = Candidate(channel="email", cost_micros=400, gates=(gate("consent", "refuse", CONSENT),))
    sms = Candidate(channel="sms", cost_micros=45_000, gates=(gate("cap", "refuse", CONSENT),))
    refused = msgspec.structs.replace(decided("refuse", reason=CONSENT), candidates=(email, sms))

    answer = ask([entered(), row(2, refused)])

    assert answer.sentence.endswith("no channel was open: email for consent, sms for cap.")
    assert answer.would_change.count("; or ") == 1


def test_a_held_message_says_until_when() -> None:
    quiet = Reason(code="quiet_hours.now", what="it is quiet hours where the person is")
    held = decided("hold", gate("quiet_hours", "hold", quiet), reason=quiet, until=NOON + 8 * HOUR)

    answer = ask([entered(), row(2, held)])

    assert answer.kind == "held"
    assert "is held until 2026-03-02 20:00:00 UTC, because it is quiet hours" in answer.sentence


def test_a_message_taken_back_at_sending_shows_the_gates_read_then() -> None:
    withdrawn = Reason(code="consent.withdrawn", what="consent to marketing was withdrawn")
    closed = settled("refused", gate("consent", "refuse", withdrawn), reason=withdrawn)
    story = [entered(), row(2, decided("pass", gate("consent"))), row(3, closed)]

    answer = ask(story)

    assert answer.kind == "revoked"
    assert [(each.moment, each.gates[0].verdict) for each in answer.weighed] == [
        ("decision", "pass"),
        ("sending", "refuse"),
    ]
    assert answer.first_blocking is not None
    assert answer.first_blocking.code == "consent.withdrawn"


def test_a_chosen_message_without_an_outcome_is_still_on_its_way() -> None:
    answer = ask([entered(), row(2, decided("pass", gate("consent")))])

    assert (answer.kind, answer.is_sent) == ("waiting", False)
    assert answer.sentence.startswith("Not yet:")


def test_who_waits_at_the_first_step_is_told_where_that_stands() -> None:
    answer = ask([entered()])

    assert answer.kind == "in_journey"
    assert answer.sentence.endswith("before 'reminder', waiting for 30 minutes to pass.")
    assert answer.journey_step == "1 (journeys/cart.yaml:10)"


def test_a_message_called_back_on_its_way_says_why() -> None:
    bought = Reason(code="journey.left", what="the person left the journey")
    story = [
        entered(),
        row(2, decided("pass", gate("consent"))),
        row(3, Revoked(delivery_id=DELIVERY, reason=bought)),
        row(4, settled("refused")),
    ]

    assert ask(story[:3]).sentence.startswith("No, unless it has already gone")
    assert "because the person left the journey" in ask(story).sentence


@pytest.mark.parametrize(
    ("outcome", "kind", "begins"),
    [
        ("delivered", "sent", "Yes"),
        ("complained", "sent", "Yes"),
        ("bounced", "bounced", "No"),
        ("failed", "failed", "No"),
        ("expired", "expired", "No"),
        ("in_doubt", "in_doubt", "Perhaps"),
    ],
)
def test_the_last_word_of_the_destination_decides_the_answer(
    outcome: Outcome, kind: str, begins: str
) -> None:
    story = [
        entered(),
        row(2, decided("pass", gate("consent"))),
        row(3, settled("accepted")),
        row(4, settled(outcome)),
    ]

    answer = ask(story)

    assert answer.kind == kind
    assert answer.sentence.startswith(begins)
    assert answer.receipt == "SM123"


EMAIL = DeliveryId("delivery_2")
SLOW = Reason(code="fallback.too_slow", what="push did not take it within 10 minutes")


def by_email_instead(verdict: Verdict = "pass", reason: Reason | None = None) -> Decided:
    again = decided(verdict, gate("consent"), channel="email", reason=reason)
    return msgspec.structs.replace(again, delivery_id=EMAIL, instead_of=DELIVERY, fell_back=SLOW)


def tried_by_push() -> list[Story]:
    return [
        entered(),
        row(2, decided("pass", gate("consent"), channel="push")),
        row(3, Revoked(delivery_id=DELIVERY, reason=SLOW)),
    ]


def test_a_message_that_went_by_another_channel_says_why_and_shows_both() -> None:
    story = [
        *tried_by_push(),
        row(4, settled("refused", reason=SLOW), by_email_instead()),
        row(5, msgspec.structs.replace(settled("accepted"), delivery_id=EMAIL)),
    ]

    answer = ask(story)

    assert answer.kind == "sent"
    assert "was sent by email" in answer.sentence
    assert answer.sentence.endswith(
        "Before that, push did not take it within 10 minutes, so email was tried."
    )
    assert answer.trace == STARTED
    assert [stage.position for stage in answer.way] == [1, 1, 2, 3, 4, 4, 5]


def test_a_message_that_no_other_channel_would_take_either_says_both() -> None:
    refused = by_email_instead("refuse", CONSENT)
    story = [*tried_by_push(), row(4, settled("refused", reason=SLOW), refused)]

    answer = ask(story)

    assert answer.kind == "refused"
    assert CONSENT.what in answer.sentence
    assert "push did not take it within 10 minutes, so the others were tried" in answer.sentence


def test_a_message_that_may_have_arrived_says_why_nothing_else_was_tried() -> None:
    what = "it may have arrived by push, and must not arrive twice"
    kept = msgspec.structs.replace(
        settled("in_doubt"), kept_to=Reason(code="fallback.in_doubt", what=what)
    )

    answer = ask([*tried_by_push()[:2], row(4, kept)])

    assert answer.kind == "in_doubt"
    assert answer.sentence.endswith(f"No other channel was tried, because {what}.")


def test_a_held_message_decided_again_is_one_message() -> None:
    quiet = Reason(code="quiet_hours.now", what="it is quiet hours where the person is")
    story = [
        entered(),
        row(2, decided("hold", gate("quiet_hours", "hold", quiet), reason=quiet)),
        row(3, decided("pass", gate("quiet_hours"))),
        row(4, settled("accepted")),
    ]

    answer = ask(story)

    assert answer.kind == "sent"
    assert len(answer.decisions) == 1


def test_a_person_still_before_the_message_is_told_what_the_journey_waits_for() -> None:
    answer = ask([entered()])

    assert answer.kind == "in_journey"
    assert "waiting for 30 minutes to pass" in answer.sentence
    assert answer.trace == STARTED


def test_a_person_who_left_first_is_told_how() -> None:
    left = Left(journey="cart_rescue", enrollment_id=ENROLLED, step="1", outcome="goal")

    answer = ask([entered(), row(2, left)])

    assert answer.kind == "left"
    assert "left cart rescue at 2026-03-02 12:02:00 UTC (goal)" in answer.sentence


def test_a_late_event_that_puts_somebody_back_counts_as_still_in_it() -> None:
    left = Left(journey="cart_rescue", enrollment_id=ENROLLED, step="1", outcome="goal")
    back = Moved(
        journey="cart_rescue",
        enrollment_id=ENROLLED,
        from_step="",
        to_step="1",
        why="late event",
    )

    assert ask([entered(), row(2, left), row(3, back)]).kind == "in_journey"


def test_a_person_the_journey_did_not_take_is_told_the_reason() -> None:
    once = Reason(code="journey.once", what="a person enters it once")
    refusal = NotEntered(journey="cart_rescue", key="c1", reason=once)

    answer = ask([row(1, Admitted(event_id=STARTED, name="Checkout Started"), refusal)])

    assert answer.kind == "not_entered"
    assert answer.first_blocking is not None
    assert answer.first_blocking.code == "journey.once"


def test_an_event_in_quarantine_is_why_nobody_entered() -> None:
    shape = Reason(code="catalog.shape", what="'value' is missing")
    stopped = Stopped(position=42, at=NOON, name="Checkout Started", reason=shape)

    answer = why([], Question(person_id=ANA, message="reminder"), plan=plan(), stopped=[stopped])

    assert answer.kind == "quarantined"
    assert answer.would_change.endswith("`legato quarantine replay 42`")


def test_a_person_who_never_came_near_is_told_what_the_journey_needs() -> None:
    answer = ask([], journey="")

    assert (answer.kind, answer.journey) == ("not_begun", "cart_rescue")
    assert "'Checkout Started'" in answer.would_change
    assert "40" in answer.would_change


def test_without_a_question_every_decision_is_listed_in_one_line() -> None:
    other = msgspec.structs.replace(
        decided("refuse", gate("consent", "refuse", CONSENT), reason=CONSENT),
        delivery_id=DeliveryId("delivery_2"),
    )
    story = [entered(), row(2, decided("pass", gate("consent"))), row(3, other)]

    answer = ask(story, journey="", message="")

    assert [(line.delivery_id, line.kind) for line in answer.decisions] == [
        ("delivery_1", "waiting"),
        ("delivery_2", "refused"),
    ]


def test_names_that_are_not_in_the_plan_suggest_the_nearest() -> None:
    journey = ask([], journey="cart_rescu", message="")
    message = ask([], journey="", message="remnder")

    assert (journey.kind, message.kind) == ("unknown_journey", "unknown_message")
    assert "'cart_rescue'" in journey.would_change
    assert "'reminder'" in message.would_change


def test_nobody_known_is_an_answer_too() -> None:
    answer = unknown_person(Question(person_id="", message="reminder"))

    assert answer.kind == "unknown_person"
    assert answer.sentence.startswith("No:")


def test_every_answer_goes_through_json_unchanged() -> None:
    story = [entered(), row(2, decided("pass", gate("consent"))), row(3, settled("accepted"))]
    answer = ask(story)

    assert msgspec.json.decode(msgspec.json.encode(answer), type=Answer) == answer
