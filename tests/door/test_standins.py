"""The stand-ins answer as the vendors do, keep what they are sent, and confirm orders late."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from email.message import EmailMessage
from typing import Any

import aiosmtplib
from aiohttp import ClientSession, web

from legato.cli.demo.standins import Confirming, Faults, StandIns, lag_ms

ORDER = {"order_id": "536367", "customer_id": "c1", "total": "54.10"}


def with_standins(
    use: Callable[[StandIns, ClientSession], Awaitable[None]],
    *,
    faults: Faults = Faults(),  # noqa: B008 - an immutable value
    confirming: Confirming | None = None,
) -> None:
    async def run() -> None:
        standins = StandIns(faults=faults, confirming=confirming)
        await standins.open(host="127.0.0.1", http_port=0, smtp_port=0)
        url = f"http://127.0.0.1:{standins.http_port}"
        try:
            async with ClientSession(base_url=url) as session:
                await use(standins, session)
        finally:
            await standins.close()

    asyncio.run(run())


def test_each_vendor_is_answered_for_in_its_own_way() -> None:
    async def use(_: StandIns, session: ClientSession) -> None:
        paths = ("/email/v3/mail/send", "/sms/Messages.json", "/push/messages:send", "/ads/users")

        answers = [await session.post(path, json={}) for path in paths]

        assert [answer.status for answer in answers] == [202, 201, 200, 200]
        assert answers[0].headers["X-Message-Id"]
        assert (await answers[1].json())["sid"].startswith("SM")
        assert (await answers[2].json())["name"].startswith("projects/shop/messages/")

    with_standins(use)


def test_what_was_received_can_be_asked_for() -> None:
    async def use(_: StandIns, session: ClientSession) -> None:
        await session.post("/sms/Messages.json", data="Body=hello", headers={"X-Key": "k1"})
        await session.post("/ads/users", json={})

        found = await (await session.get("/received", params={"kind": "sms"})).json()

        assert found["counts"] == {"sms": 1, "ads": 1}
        (request,) = found["requests"]
        assert (request["method"], request["path"]) == ("POST", "/sms/Messages.json")
        assert (request["headers"]["x-key"], request["body"]) == ("k1", "Body=hello")

    with_standins(use)


def test_an_unknown_vendor_is_not_answered_for() -> None:
    async def use(_: StandIns, session: ClientSession) -> None:
        assert (await session.post("/fax", data="hello")).status == 404

    with_standins(use)


def test_faults_that_were_asked_for_happen() -> None:
    async def use(_: StandIns, session: ClientSession) -> None:
        statuses = [(await session.post("/sms/m", data="")).status for _ in range(40)]

        assert {201, 429, 500} == {*statuses}

    with_standins(use, faults=Faults(share_429=0.3, share_500=0.3))


def test_a_letter_is_kept_as_it_was_sent() -> None:
    async def use(standins: StandIns, _: ClientSession) -> None:
        letter = EmailMessage()
        letter["From"], letter["To"] = "shop@example.com", "ada@example.com"
        letter["Subject"] = "Thank you"
        letter.set_content("line one\n.a line that begins with a dot\n")

        await aiosmtplib.send(letter, hostname="127.0.0.1", port=standins.smtp_port)

        (kept,) = standins.kept
        assert (kept.kind, kept.path) == ("smtp", "ada@example.com")
        assert "Subject: Thank you" in kept.body
        assert "\r\n.a line that begins with a dot" in kept.body

    with_standins(use)


def test_the_crm_takes_an_order_and_confirms_it_to_legato() -> None:
    got: asyncio.Queue[tuple[str, dict[str, Any]]] = asyncio.Queue()

    async def track(request: web.Request) -> web.Response:
        got.put_nowait((request.headers["Authorization"], await request.json()))
        return web.json_response({"success": True})

    async def run() -> None:
        app = web.Application()
        app.router.add_post("/v1/track", track)
        legato = web.AppRunner(app)
        await legato.setup()
        await web.TCPSite(legato, "127.0.0.1", 0).start()
        url = f"http://127.0.0.1:{legato.addresses[0][1]}"
        standins = StandIns(
            faults=Faults(),
            confirming=Confirming(legato_url=url, write_key="shop-crm-key", lag_ms_max=1),
        )
        await standins.open(host="127.0.0.1", http_port=0, smtp_port=0)
        async with ClientSession() as session:
            crm = f"http://127.0.0.1:{standins.http_port}/crm/orders"
            answer = await session.post(crm, json=ORDER)
            assert await answer.json() == {"accepted": True}
        authorization, event = await asyncio.wait_for(got.get(), timeout=60)
        await standins.close()
        await legato.cleanup()

        assert authorization == "Basic c2hvcC1jcm0ta2V5Og=="
        assert (event["userId"], event["event"]) == ("c1", "Order Synced")
        assert event["properties"] == {"order_id": "536367", "status": "updated"}

    asyncio.run(run())


def test_the_crm_is_mostly_in_time_and_now_and_then_too_late() -> None:
    confirming = Confirming(legato_url="", write_key="", lag_ms_min=100, lag_ms_max=1_000)

    lags = [lag_ms(confirming, str(order)) for order in range(2_000)]

    late = [lag for lag in lags if lag > 1_000]
    assert min(lags) >= 100
    assert 30 < len(late) < 90
