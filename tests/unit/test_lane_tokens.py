"""OAuth tokens in lanes: fetched once for everybody, kept, and a dead account only holds."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from urllib.parse import parse_qs

import msgspec
import pytest

from legato.model.plan import Destination, Plan
from legato.model.problem import LegatoError
from legato.model.wire import HttpRequest, Request, Response
from legato.ports.accounts.tokens import KeptToken
from legato.stores.memory import MemoryStore
from tests.unit.lane_world import OK, Attempt, LaneWorld, delivery, destination, run

MANIFEST = {
    "manifest": 1,
    "id": "crm",
    "name": "Crm",
    "category": "crm",
    "docs": "https://crm.example/docs",
    "settings": {
        "name": {"type": "string"},
        "client": {"type": "string", "secret": True},
        "refresh": {"type": "string", "secret": True},
    },
    "auth": {
        "kind": "oauth2",
        "grant": "refresh_token",
        "token_url": "https://login.example/token",
        "client_id": "=settings.client",
        "refresh_token": "=settings.refresh",
    },
    "routes": [
        {
            "on": "send",
            "request": {
                "url": "https://{{ settings.name }}.example/in",
                "body": {"person_id": "=delivery.person_id"},
            },
        }
    ],
    "delivery": {
        "success": [200],
        "refresh": [401],
        "dead": [410],
        "retry": [503],
    },
}


def crm(name: str = "crm", **changes: object) -> Destination:
    given = destination(
        name,
        manifest=MANIFEST,
        settings={
            "name": name,
            "client": {"secret": "CLIENT"},
            "refresh": {"secret": "REFRESH"},
        },
        concurrency=500,
    )
    return msgspec.structs.replace(given, **changes)


class Kept:
    """A store of tokens in memory; it cannot be read, or written, when a test says so."""

    def __init__(self) -> None:
        self.kept: dict[str, KeptToken] = {}
        self.is_broken = False

    def read(self) -> Mapping[str, KeptToken]:
        if self.is_broken:
            raise LegatoError("the tokens cannot be opened", fix="Bring the key back.")
        return dict(self.kept)

    async def write(self, kept: Mapping[str, KeptToken]) -> None:
        if self.is_broken:
            raise LegatoError("the tokens cannot be written", fix="Free some space.")
        self.kept = dict(kept)


Answer = Callable[[Mapping[str, str]], Awaitable[Response]]


class Provider(LaneWorld):
    """Destinations that ask for a token, and the one login they have."""

    def __init__(
        self,
        *destinations: Destination,
        kept: Kept | None = None,
        store: MemoryStore | None = None,
    ) -> None:
        super().__init__(*destinations, store=store, tokens=kept)
        self.secrets |= {"CLIENT": "c", "REFRESH": "r0"}
        self.asked: list[Mapping[str, str]] = []
        self.asked_at: list[float] = []
        self.tokens: list[str] = []
        """Given so far; the newest is the one that is taken."""
        self.used: list[str] = []
        self.answer: Answer = self.give
        self.status = 200
        """Of destinations, to whoever has the newest token."""

    async def send(self, request: Request) -> Response:
        assert isinstance(request, HttpRequest)
        if request.url == "https://login.example/token":
            form = {name: values[0] for name, values in parse_qs(request.body.decode()).items()}
            self.asked.append(form)
            self.asked_at.append(self.seconds())
            return await self.answer(form)
        token = request.headers["Authorization"].removeprefix("Bearer ")
        self.used.append(token)
        answer = await super().send(request)
        if not self.tokens or token != self.tokens[-1]:
            return Response(status=401)
        return answer if self.status == 200 else Response(status=self.status)

    async def give(self, _: Mapping[str, str]) -> Response:
        await asyncio.sleep(0.2)
        self.tokens.append(f"t{len(self.tokens) + 1}")
        body = {"access_token": self.tokens[-1], "expires_in": 3_600}
        return Response(status=200, body=msgspec.json.encode(body))

    async def rotate(self, form: Mapping[str, str]) -> Response:
        """Give a new refresh token with every token, and take only the newest."""
        if form["refresh_token"] != f"r{len(self.tokens)}":
            return Response(status=400, body=b'{"error": "invalid_grant"}')
        answer = await self.give(form)
        given = msgspec.json.decode(answer.body) | {"refresh_token": f"r{len(self.tokens)}"}
        return Response(status=200, body=msgspec.json.encode(given))

    async def disown(self, _: Mapping[str, str]) -> Response:
        return Response(status=400, body=b'{"error": "invalid_grant"}')


def test_hundreds_of_deliveries_share_one_fetch_of_a_token() -> None:
    async def scenario() -> None:
        world = Provider(crm())
        world.lanes.start()

        world.decide(*map(delivery, range(400)))
        outcomes = await world.outcomes(400)

        assert set(outcomes.values()) == {"accepted"}
        assert len(world.asked) == 1
        assert set(world.used) == {"t1"}

    run(scenario)


def test_a_token_is_fetched_again_before_it_ends() -> None:
    async def scenario() -> None:
        world = Provider(crm())
        world.lanes.start()

        world.decide(delivery(1))
        await world.outcomes(1)
        await asyncio.sleep(3_500)
        world.decide(delivery(2))
        await world.outcomes(2)
        await asyncio.sleep(100)
        world.decide(delivery(3))
        await world.outcomes(3)

        assert world.used == ["t1", "t1", "t2"]
        assert len(world.asked) == 2

    run(scenario)


def test_a_token_that_hundreds_hear_is_old_is_replaced_once() -> None:
    async def scenario() -> None:
        world = Provider(crm())
        world.lanes.start()
        world.decide(delivery(0))
        await world.outcomes(1)

        world.tokens.append("another")  # the provider has withdrawn t1
        world.decide(*map(delivery, range(1, 401)))
        outcomes = await world.outcomes(401)

        assert set(outcomes.values()) == {"accepted"}
        assert len(world.asked) == 2
        assert world.lanes.status()["crm"].breaker == "closed"
        assert world.seconds() < 2  # nobody waits for more than the token

    run(scenario)


def test_new_tokens_that_are_refused_at_once_are_not_fetched_in_a_loop() -> None:
    async def scenario() -> None:
        world = Provider(crm())
        world.status = 401
        world.lanes.start()

        world.decide(*map(delivery, range(50)))
        await asyncio.sleep(600)

        assert 3 <= len(world.asked) <= 12
        world.status = 200
        assert set((await world.outcomes(50)).values()) == {"accepted"}

    run(scenario)


def test_destinations_of_one_account_share_a_token_and_others_have_their_own() -> None:
    async def scenario() -> None:
        other = {"name": "ads", "client": {"secret": "CLIENT"}, "refresh": {"secret": "ADS"}}
        world = Provider(crm(), crm("contacts"), crm("ads", settings=other))
        world.secrets["ADS"] = "another"
        world.lanes.start()

        world.decide(delivery(1, to="crm"), delivery(2, to="contacts"))
        await world.outcomes(2)
        world.decide(delivery(3, to="ads"))
        await world.outcomes(3)

        assert [form["refresh_token"] for form in world.asked] == ["r0", "another"]

    run(scenario)


def test_a_changed_refresh_token_is_kept_and_used_after_a_restart() -> None:
    kept, store = Kept(), MemoryStore()

    async def before() -> None:
        world = Provider(crm(), kept=kept)
        world.answer = world.rotate
        world.lanes.start()
        world.decide(delivery(1))
        await world.outcomes(1)
        await asyncio.sleep(7_200)
        world.decide(delivery(2))
        await world.outcomes(2)
        assert [form["refresh_token"] for form in world.asked] == ["r0", "r1"]
        await world.lanes.close()

    async def after() -> None:
        world = Provider(crm(), kept=kept, store=store)
        world.answer = world.rotate
        world.tokens = ["t1", "t2"]
        world.lanes.start()
        world.decide(delivery(3))
        await world.outcomes(1)
        assert world.used == ["t2"]  # the one that was kept, without asking
        assert world.asked == []
        await asyncio.sleep(14_400)  # this world's clock has begun anew
        world.decide(delivery(4))
        await world.outcomes(2)
        assert [form["refresh_token"] for form in world.asked] == ["r2"]
        assert world.used == ["t2", "t3"]

    run(before)
    run(after)


def test_a_store_that_cannot_be_read_or_written_costs_a_request_and_nothing_else() -> None:
    async def scenario() -> None:
        kept = Kept()
        kept.is_broken = True
        world = Provider(crm(), kept=kept)
        world.lanes.start()

        world.decide(*map(delivery, range(20)))
        outcomes = await world.outcomes(20)

        assert set(outcomes.values()) == {"accepted"}
        assert len(world.asked) == 1

    run(scenario)


def test_an_account_that_is_no_longer_connected_holds_and_goes_on_when_it_is() -> None:
    async def scenario() -> None:
        world = Provider(crm())
        world.answer = world.disown
        world.lanes.start()

        world.decide(*map(delivery, range(30)))
        await asyncio.sleep(24 * 3_600)  # four times as long as attempts are made
        held = world.lanes.status()["crm"].held
        asked = len(world.asked)
        world.answer = world.give
        world.secrets["REFRESH"] = "anew"
        world.lanes.renewed("REFRESH")
        outcomes = await world.outcomes(30)

        assert asked == 1
        assert held is not None
        assert "legato connectors connect crm" in held.what
        assert set(outcomes.values()) == {"accepted"}
        assert world.asked[-1]["refresh_token"] == "anew"
        assert world.lanes.status()["crm"].held is None

    run(scenario)


def test_a_destination_that_calls_its_account_dead_holds_what_is_in_flight_too() -> None:
    async def scenario() -> None:
        async def reply(_: Attempt) -> Response:
            await asyncio.sleep(0.1)
            return OK

        world = Provider(crm(), crm("contacts", settings={**crm().settings, "name": "contacts"}))
        world.lanes.start()
        world.reply = reply
        world.status = 410

        world.decide(*map(delivery, range(30)))
        await asyncio.sleep(24 * 3_600)
        sent = len(world.used)
        world.status = 200
        world.decide(delivery(99, to="contacts"))
        await world.outcomes(1)  # of the same account: it has heard nothing of the kind
        world.lanes.renewed("CLIENT")
        outcomes = await world.outcomes(31)

        assert sent == 30
        assert set(outcomes.values()) == {"accepted"}

    run(scenario)


def test_time_spent_held_does_not_use_up_the_time_for_attempts() -> None:
    async def scenario() -> None:
        world = Provider(crm())
        world.lanes.start()
        world.status = 503
        world.decide(delivery(1))
        await asyncio.sleep(10)
        world.status = 410
        await asyncio.sleep(3 * 24 * 3_600)

        world.status = 503
        world.lanes.renewed("REFRESH")
        await asyncio.sleep(60)
        world.status = 200

        assert await world.outcomes(1) == {"delivery_1": "accepted"}

    run(scenario)


SECRET = "hunter2"


@pytest.mark.parametrize(
    "answer",
    [
        Response(status=200, body=b"<html>hunter2</html>"),
        Response(status=200, body=b'{"access_token": "hunter2'),
        Response(status=200, body=b'{"access_token": ["hunter2"]}'),
        Response(status=200, body=b'[{"access_token": "hunter2"}]'),
        Response(status=302, headers={"location": "https://hunter2.example"}),
        Response(status=500, body=b"hunter2"),
        Response(status=429, headers={"retry-after": "90"}, body=b"hunter2"),
    ],
)
def test_an_answer_that_is_no_token_is_a_fault_with_back_off_and_stays_out_of_sight(
    answer: Response, caplog: pytest.LogCaptureFixture
) -> None:
    async def scenario() -> None:
        async def odd(_: Mapping[str, str]) -> Response:
            return answer

        world = Provider(crm(), kept=Kept())
        world.answer = odd
        world.lanes.start()

        world.decide(*map(delivery, range(40)))
        await asyncio.sleep(85)
        asked = len(world.asked)
        shown = repr(world.lanes.status())
        await asyncio.sleep(500)
        world.answer = world.give
        outcomes = await world.outcomes(40)

        assert asked <= (1 if answer.status == 429 else 7)
        assert set(outcomes.values()) == {"accepted"}
        assert SECRET not in shown + repr(world.reports) + caplog.text

    run(scenario)


def test_an_account_is_forgotten_with_the_destination_that_used_it() -> None:
    async def scenario() -> None:
        kept = Kept()
        world = Provider(crm(), kept=kept)
        world.lanes.start()
        world.decide(delivery(1))
        await world.outcomes(1)
        assert [one.destinations for one in kept.kept.values()] == [("crm",)]

        world.lanes.change_plan(Plan(name="t", destinations={}))
        await world.lanes.close()

        assert kept.kept == {}

    run(scenario)


def test_a_slow_login_is_waited_for_once_by_everybody() -> None:
    async def scenario() -> None:
        async def slow(form: Mapping[str, str]) -> Response:
            await asyncio.sleep(30)
            return await world.give(form)

        world = Provider(crm())
        world.answer = slow
        world.lanes.start()

        world.decide(*map(delivery, range(300)))
        outcomes = await world.outcomes(300)

        assert set(outcomes.values()) == {"accepted"}
        assert len(world.asked) == 1
        assert 30 < world.seconds() < 31

    run(scenario)
