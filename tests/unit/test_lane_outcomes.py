"""What becomes of one delivery in its lane."""

from __future__ import annotations

import asyncio
from itertools import pairwise

import pytest

from legato.connectors.auth.proof import signature
from legato.core.gate import Clearance
from legato.model.delivery import Delivery
from legato.model.ids import DeliveryId
from legato.model.instant import HOUR, MINUTE, SECOND
from legato.model.plan import Plan, Retry
from legato.model.problem import LegatoError, Reason
from legato.model.wire import Response
from legato.ports.sender import SendFault
from legato.stores.memory import MemoryStore
from tests.unit.lane_world import OK, START, Attempt, LaneWorld, delivery, destination, run


class Script:
    """Answers one attempt after the other from a list, the last one for ever."""

    def __init__(self, *answers: Response | SendFault, latency: float = 0.01) -> None:
        self._answers = list(answers)
        self._latency = latency

    async def __call__(self, _: Attempt) -> Response:
        await asyncio.sleep(self._latency)
        answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        if isinstance(answer, SendFault):
            raise answer
        return answer


UNAVAILABLE = Response(status=503)
BROKEN = SendFault("the connection broke", is_in_doubt=True)
NOT_REACHED = SendFault("no connection", is_in_doubt=False)


def test_a_healthy_destination_takes_a_delivery_at_the_first_attempt() -> None:
    async def scenario() -> None:
        world = LaneWorld(destination("crm"))
        world.lanes.start()

        world.decide(delivery(1))
        outcomes = await world.outcomes(1)

        assert outcomes == {"delivery_1": "accepted"}
        assert world.reports[0].attempt_count == 1
        assert world.store.waiting("crm", 0, 10) == []

    run(scenario)


def test_retries_wait_longer_each_time_and_carry_the_same_key() -> None:
    async def scenario() -> None:
        world = LaneWorld(destination("crm"), reply=Script(*[UNAVAILABLE] * 4, OK))
        world.lanes.start()

        world.decide(delivery(1))
        outcomes = await world.outcomes(1)

        assert outcomes == {"delivery_1": "accepted"}
        assert {attempt.delivery_id for attempt in world.attempts} == {"delivery_1"}
        times = [attempt.at for attempt in world.attempts]
        waits = [later - earlier for earlier, later in pairwise(times)]
        for wait, nominal in zip(waits, (1, 2, 4, 8), strict=True):
            assert 0.74 * nominal <= wait <= 1.27 * nominal
        assert world.reports[0].attempt_count == 5

    run(scenario)


def test_a_delivery_is_given_up_after_its_hours_and_kept_as_dead() -> None:
    async def scenario() -> None:
        world = LaneWorld(destination("crm"), reply=Script(UNAVAILABLE))
        world.lanes.start()

        world.decide(delivery(1))
        outcomes = await world.outcomes(1)

        assert outcomes == {"delivery_1": "failed"}
        assert 5.8 * 3_600 < world.seconds() < 6.1 * 3_600
        assert world.reports[0].reason is not None
        assert world.reports[0].reason.code == "delivery.gave_up"
        [(_, dead)] = world.store.dead("crm", 0, 10)
        assert dead.delivery == delivery(1)

    run(scenario)


def test_a_dead_delivery_that_is_redriven_begins_anew() -> None:
    async def scenario() -> None:
        world = LaneWorld(destination("crm"), reply=Script(Response(status=400), OK))
        world.lanes.start()
        world.decide(delivery(1))
        await world.outcomes(1)

        again = world.store.redrive(DeliveryId("delivery_1"), world.now())
        assert again is not None
        world.lanes.redrive([again])
        await world.outcomes(2)

        assert [report.outcome for report in world.reports] == ["failed", "accepted"]
        assert world.reports[1].attempt_count == 1

    run(scenario)


class Down:
    """Is down until some hours after the start."""

    def __init__(self, hours: float) -> None:
        self.hours = hours

    async def __call__(self, attempt: Attempt) -> Response:
        await asyncio.sleep(0.01)
        return UNAVAILABLE if attempt.at < self.hours * 3_600 else OK


def test_an_opt_out_is_told_to_a_system_that_was_down_for_71_hours() -> None:
    async def scenario() -> None:
        world = LaneWorld(destination("crm"), reply=Down(71))
        world.lanes.start()

        world.decide(delivery(1, operation="opt_out"))
        outcomes = await world.outcomes(1)

        assert outcomes == {"delivery_1": "accepted"}
        assert 71 * 3_600 <= world.seconds() < 72 * 3_600

    run(scenario)


def test_an_opt_out_that_could_not_be_told_in_a_week_is_dead_and_has_another_week() -> None:
    async def scenario() -> None:
        down = Down(8 * 24)
        world = LaneWorld(destination("crm"), reply=down)
        world.lanes.start()
        world.decide(delivery(1, operation="opt_out"))
        assert await world.outcomes(1) == {"delivery_1": "failed"}
        [(_, dead)] = world.store.dead("crm", 0, 10)

        again = world.store.redrive(DeliveryId("delivery_1"), world.now())
        assert again is not None
        world.lanes.redrive([again])
        await world.outcomes(2)

        assert dead.settle.reason is not None
        assert dead.settle.reason.code == "delivery.gave_up"
        assert [report.outcome for report in world.reports] == ["failed", "accepted"]
        assert world.store.dead("crm", 0, 10) == []

    run(scenario)


def test_a_message_that_expired_is_not_kept() -> None:
    async def scenario() -> None:
        never = Retry(first=SECOND, factor=2, longest=HOUR, give_up=30 * 24 * HOUR)
        world = LaneWorld(destination("crm", retry=never), reply=Script(UNAVAILABLE))
        world.lanes.start()

        world.decide(delivery(1))

        assert await world.outcomes(1) == {"delivery_1": "expired"}
        assert world.store.dead("crm", 0, 10) == []

    run(scenario)


def test_retry_after_pauses_the_whole_lane_for_exactly_that_long() -> None:
    async def scenario() -> None:
        slow = Response(status=429, headers={"retry-after": "120"})
        world = LaneWorld(destination("crm", concurrency=1), reply=Script(slow, OK))
        world.lanes.start()

        world.decide(*(delivery(number) for number in range(5)))
        outcomes = await world.outcomes(5)

        assert set(outcomes.values()) == {"accepted"}
        times = [attempt.at for attempt in world.attempts]
        assert all(at >= times[0] + 120 for at in times[1:])
        assert times[1] < times[0] + 120.2

    run(scenario)


def test_a_broken_connection_is_sent_again_where_the_key_is_trusted() -> None:
    async def scenario() -> None:
        world = LaneWorld(destination("crm", on_doubt="resend"), reply=Script(BROKEN, OK))
        world.lanes.start()

        world.decide(delivery(1))

        assert await world.outcomes(1) == {"delivery_1": "accepted"}
        assert len(world.attempts) == 2

    run(scenario)


def test_a_broken_connection_is_left_in_doubt_where_twice_would_be_seen() -> None:
    async def scenario() -> None:
        world = LaneWorld(destination("crm", on_doubt="skip"), reply=Script(BROKEN, OK))
        world.lanes.start()

        world.decide(delivery(1))

        assert await world.outcomes(1) == {"delivery_1": "in_doubt"}
        assert len(world.attempts) == 1

    run(scenario)


def test_an_attempt_that_never_left_is_made_again_even_then() -> None:
    async def scenario() -> None:
        world = LaneWorld(destination("crm", on_doubt="skip"), reply=Script(NOT_REACHED, OK))
        world.lanes.start()

        world.decide(delivery(1))

        assert await world.outcomes(1) == {"delivery_1": "accepted"}

    run(scenario)


def test_after_a_crash_an_attempt_under_way_is_in_doubt() -> None:
    async def scenario(on_doubt: str) -> tuple[dict[str, str], int]:
        store = MemoryStore()
        before = LaneWorld(destination("crm"), store=store, reply=Script(OK, latency=3_600))
        before.lanes.start()
        before.decide(delivery(1))
        await asyncio.sleep(1)
        await before.lanes.close(0)  # what a crash leaves: begun, never ended

        after = LaneWorld(destination("crm", on_doubt=on_doubt), store=store)
        after.lanes.start()
        return await after.outcomes(1), len(after.attempts)

    assert run(lambda: scenario("skip")) == ({"delivery_1": "in_doubt"}, 0)
    assert run(lambda: scenario("resend")) == ({"delivery_1": "accepted"}, 1)


def test_a_second_attempt_is_on_record_after_the_end_of_the_first() -> None:
    async def scenario() -> None:
        store = MemoryStore()
        retry = Retry(first=SECOND, longest=SECOND)
        reply = Script(UNAVAILABLE, OK, latency=60)
        world = LaneWorld(destination("crm", retry=retry), store=store, reply=reply)
        world.write_seconds = 5  # the store is slower than the retry
        world.lanes.start()
        world.decide(delivery(1))
        await asyncio.sleep(90)
        assert len(world.attempts) == 2
        await world.lanes.close(0)

        (row,) = store.waiting("crm", 0, 9)
        assert (row.attempt_count, row.is_in_doubt) == (2, True)

    run(scenario)


def test_a_restart_keeps_the_retry_schedule() -> None:
    async def scenario() -> None:
        store = MemoryStore()
        retry = Retry(first=10 * MINUTE, longest=10 * MINUTE)
        before = LaneWorld(destination("crm", retry=retry), store=store, reply=Script(UNAVAILABLE))
        before.lanes.start()
        before.decide(delivery(1))
        await asyncio.sleep(1)
        await before.lanes.close(0)
        [row] = store.waiting("crm", 0, 10)
        assert row.next_attempt_at is not None

        after = LaneWorld(destination("crm", retry=retry), store=store)
        after.lanes.start()
        await after.outcomes(1)

        planned = (row.next_attempt_at - START) / SECOND
        assert after.seconds() >= planned
        assert after.reports[0].attempt_count == 2

    run(scenario)


def test_what_expires_while_the_destination_is_down_is_reported_when_it_does() -> None:
    async def scenario() -> None:
        world = LaneWorld(destination("crm"), reply=Script(UNAVAILABLE))
        world.lanes.start()

        world.decide(*(delivery(n, expires_at=START + 10 * MINUTE) for n in range(50)))
        outcomes = await world.outcomes(50)

        assert set(outcomes.values()) == {"expired"}
        assert world.seconds() == pytest.approx(600, abs=0.001)

    run(scenario)


def test_a_gate_that_closes_before_an_attempt_stops_it() -> None:
    async def scenario() -> None:
        world = LaneWorld(destination("crm"), reply=Script(UNAVAILABLE, OK))
        world.lanes.start()
        world.decide(delivery(1))
        await asyncio.sleep(0.1)

        reason = Reason(code="consent.missing", what="consent was withdrawn")
        world.closed[DeliveryId("delivery_1")] = Clearance(is_clear=False, reason=reason)
        outcomes = await world.outcomes(1)

        assert outcomes == {"delivery_1": "refused"}
        assert world.reports[0].reason == reason
        assert len(world.attempts) == 1

    run(scenario)


def test_a_gate_that_is_closed_for_now_is_asked_again_when_it_opens() -> None:
    async def scenario() -> None:
        world = LaneWorld(destination("crm"))
        quiet = Clearance(is_clear=False, until=START + 8 * HOUR)
        world.closed[DeliveryId("delivery_1")] = quiet
        world.lanes.start()
        world.decide(delivery(1))
        await asyncio.sleep(3_600)
        assert world.attempts == []

        del world.closed[DeliveryId("delivery_1")]
        await world.outcomes(1)

        assert world.seconds() == pytest.approx(8 * 3_600, abs=0.001)

    run(scenario)


def test_a_delivery_taken_back_before_it_left_is_refused() -> None:
    async def scenario() -> None:
        world = LaneWorld(destination("crm"), reply=Script(UNAVAILABLE, OK))
        world.lanes.start()
        world.decide(delivery(1, person="ana"), delivery(2, person="ana"))
        await asyncio.sleep(0.1)

        reason = Reason(code="journey.left", what="the journey was left")
        world.lanes.revoke([(DeliveryId("delivery_1"), reason)])

        outcomes = await world.outcomes(2)
        assert outcomes == {"delivery_1": "refused", "delivery_2": "accepted"}

    run(scenario)


def test_a_missing_secret_waits_for_the_operator() -> None:
    async def scenario() -> None:
        settings = {"url": "https://crm.example/in", "signing_key": {"secret": "KEY"}}
        world = LaneWorld(destination("crm", settings=settings))
        world.lanes.start()
        world.decide(delivery(1))
        await asyncio.sleep(60)
        fault = world.lanes.status()["crm"].last_fault
        assert fault is not None
        assert fault.what == "there is no secret named KEY"

        world.secrets["KEY"] = "s"

        assert await world.outcomes(1) == {"delivery_1": "accepted"}

    run(scenario)


class Keyless(LaneWorld):
    """A host that cannot open the keys of links for a while."""

    def fill(self, delivery: Delivery, *, is_email: bool) -> Delivery:
        if self.seconds() < 60:
            raise LegatoError("the key is not here", fix="Put it back.")
        return super().fill(delivery, is_email=is_email)


def test_while_links_cannot_be_signed_messages_wait() -> None:
    async def scenario() -> None:
        world = Keyless(destination("crm"))
        world.lanes.start()

        world.decide(delivery(1))
        outcomes = await world.outcomes(1)

        assert outcomes == {"delivery_1": "accepted"}
        assert [attempt.at >= 60 for attempt in world.attempts] == [True]

    run(scenario)


def test_a_renewed_secret_signs_the_next_attempt() -> None:
    async def scenario() -> None:
        settings = {"url": "https://crm.example/in", "signing_key": {"secret": "KEY"}}
        world = LaneWorld(destination("crm", settings=settings), reply=Script(UNAVAILABLE, OK))
        world.secrets["KEY"] = "old"
        world.lanes.start()
        world.decide(delivery(1))
        await asyncio.sleep(0.1)

        world.secrets["KEY"] = "renewed"
        await world.outcomes(1)

        keys = [
            key
            for attempt in world.attempts
            for key in ("old", "renewed")
            if attempt.signature == signature(key, _second_of(attempt), attempt.body)
        ]
        assert keys == ["old", "renewed"]

    run(scenario)


def _second_of(attempt: Attempt) -> int:
    return (START + round(attempt.at * SECOND)) // SECOND


def test_a_report_that_the_log_does_not_take_is_offered_again() -> None:
    async def scenario() -> None:
        world = LaneWorld(destination("crm"))
        world.busy_count = 5
        world.lanes.start()

        world.decide(delivery(1))

        assert await world.outcomes(1) == {"delivery_1": "accepted"}
        assert len(world.reports) == 1
        assert world.seconds() == pytest.approx(5, abs=0.1)

    run(scenario)


def test_a_bug_in_the_intake_costs_reports_no_more_than_time() -> None:
    async def scenario() -> None:
        world = LaneWorld(destination("crm"))
        asyncio.get_running_loop().set_exception_handler(lambda _loop, _what: None)
        world.bug_count = 1
        world.lanes.start()

        world.decide(delivery(1))
        await asyncio.sleep(1)
        world.decide(delivery(2))

        assert await world.outcomes(2) == {"delivery_1": "accepted", "delivery_2": "accepted"}

    run(scenario)


def test_a_delivery_to_a_destination_that_is_gone_fails_with_its_reason() -> None:
    async def scenario() -> None:
        world = LaneWorld(destination("crm"), reply=Script(UNAVAILABLE))
        world.lanes.start()
        world.decide(delivery(1))
        await asyncio.sleep(0.1)

        world.lanes.change_plan(Plan(name="t"))
        outcomes = await world.outcomes(1)

        assert outcomes == {"delivery_1": "failed"}
        assert world.reports[0].reason is not None
        assert world.reports[0].reason.code == "destination.unknown"

    run(scenario)


def test_an_answer_of_a_call_comes_back_with_the_report() -> None:
    async def scenario() -> None:
        world = LaneWorld(
            destination("crm"), reply=Script(Response(status=200, body=b'{"score": 7}'))
        )
        world.lanes.start()

        world.decide(delivery(1, operation="call"))
        await world.outcomes(1)

        assert world.reports[0].answer == b'{"score":7}'

    run(scenario)


def test_a_fault_of_our_own_stops_neither_the_lane_nor_the_person() -> None:
    class Odd:
        """A sender that fails in a way no sender may, once."""

        count = 0

        async def __call__(self, _: Attempt) -> Response:
            self.count += 1
            if self.count == 1:
                raise ZeroDivisionError
            return OK

    async def scenario() -> None:
        world = LaneWorld(destination("crm"), reply=Odd())
        world.lanes.start()

        world.decide(delivery(1, person="ana"), delivery(2, person="ana"))

        outcomes = await world.outcomes(2)
        assert outcomes == {"delivery_1": "failed", "delivery_2": "accepted"}

    run(scenario)
