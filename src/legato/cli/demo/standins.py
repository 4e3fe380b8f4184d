"""Stand-ins for the outside world of a demonstration: e-mail, SMS, push and ads APIs, and a CRM.

    python -m legato.cli.demo.standins --http 8790 --smtp 8725 --legato http://127.0.0.1:8000

They answer as the vendors do, deliver nothing, and keep what they were sent: `GET /received`.
Which one is meant says the first part of the path: /email, /sms, /push, /ads, /analytics, /crm.
The CRM, as real ones, takes an order at once and confirms it some time later, by an `Order Synced`
event sent to Legato under a write key of its own. What a phone answers is posted to
/sms/replies/NUMBER, and passed on with the gateway's signature. Faults and lags are shares of a
digest: the same requests meet the same luck.
"""

from __future__ import annotations

import asyncio
import base64
import hmac
import secrets
import signal
import sys
from collections import Counter, deque
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import click
import msgspec
from aiohttp import ClientError, ClientSession, ClientTimeout, web

from legato.cli.demo.mail import serve_mail
from legato.cli.demo.replay import authorization
from legato.model.ids import derive, share
from legato.model.noun import Noun

KEPT_MAX = 2_000
"""Newest requests kept whole; all are counted."""
BODY_BYTES_MAX = 1 << 20
CRM_ATTEMPTS_MAX = 8
LAG_MS_MIN = 50
"""A confirmation does not overtake the answer to the call that handed the order over."""
LATE_SHARE = 0.03
"""Of orders, that the CRM confirms only after twice its longest usual lag."""


class Received(Noun, frozen=True, kw_only=True):
    """One thing that a stand-in was sent."""

    kind: str
    method: str
    path: str
    headers: Mapping[str, str]
    body: str
    status: int


class Faults(Noun, frozen=True, kw_only=True):
    """How badly the stand-ins behave: shares of requests, and milliseconds."""

    share_429: float = 0.0
    share_500: float = 0.0
    latency_ms: int = 0


class Confirming(Noun, frozen=True, kw_only=True):
    """Where and when the CRM confirms orders."""

    legato_url: str
    write_key: str
    lag_ms_min: int = LAG_MS_MIN
    lag_ms_max: int = 1_000


class Replying(Noun, frozen=True, kw_only=True):
    """Where the SMS gateway passes on what phones answer, and the token that it signs with."""

    url: str
    token: str


class StandIns:
    """The running stand-ins. Close them with `close`."""

    def __init__(
        self, *, faults: Faults, confirming: Confirming | None, replying: Replying | None = None
    ) -> None:
        self.counts: Counter[str] = Counter()
        self.kept: deque[Received] = deque(maxlen=KEPT_MAX)
        self.http_port = 0
        self.smtp_port = 0
        self._faults = faults
        self._confirming = confirming
        self._replying = replying
        self._confirmations: dict[str, asyncio.Task[None]] = {}
        self._serial = 0
        self._runner: web.AppRunner | None = None
        self._mail: asyncio.Server | None = None
        self._session: ClientSession | None = None

    async def open(self, *, host: str, http_port: int, smtp_port: int) -> None:
        """Listen; port 0 takes a free one, which `http_port` and `smtp_port` then name."""
        app = web.Application(client_max_size=BODY_BYTES_MAX)
        app.router.add_get("/received", self._show)
        app.router.add_post("/sms/replies/{number}", self._pass_on)
        app.router.add_route("*", "/{kind}{rest:.*}", self._take)
        self._session = ClientSession(timeout=ClientTimeout(total=10))
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
        await self._runner.setup()
        await web.TCPSite(self._runner, host, http_port).start()
        self.http_port = self._runner.addresses[0][1]
        self._mail = await serve_mail(host, smtp_port, self._take_letter)
        self.smtp_port = self._mail.sockets[0].getsockname()[1]

    async def close(self) -> None:
        """Stop listening; confirmations not yet sent are dropped. Idempotent."""
        for task in list(self._confirmations.values()):
            task.cancel()
        await asyncio.gather(*self._confirmations.values(), return_exceptions=True)
        if self._mail is not None:
            self._mail.close()
        if self._session is not None:
            await self._session.close()
        if self._runner is not None:
            await self._runner.cleanup()

    async def _show(self, request: web.Request) -> web.Response:
        kind = request.query.get("kind", "")
        kept = [item for item in self.kept if kind in {"", item.kind}]
        answer = {"counts": dict(self.counts), "requests": kept}
        return web.Response(body=msgspec.json.encode(answer), content_type="application/json")

    async def _take(self, request: web.Request) -> web.Response:
        kind = request.match_info["kind"]
        body = (await request.read()).decode("utf-8", "replace")
        self._serial += 1
        if self._faults.latency_ms:
            await asyncio.sleep(self._faults.latency_ms / 1_000)
        answer = self._misbehave() or _answer(kind, body, str(self._serial))
        self._keep(kind, request, body, status=answer.status)
        if kind == "crm" and answer.status == web.HTTPOk.status_code:
            self._promise(body)
        return answer

    async def _pass_on(self, request: web.Request) -> web.Response:
        """Post a phone's answer to Legato as Twilio does; return what Legato said."""
        if self._replying is None:
            return web.Response(status=400, text="start the stand-ins with --legato\n")
        fields = {
            "From": request.match_info["number"],
            "Body": (await request.read()).decode("utf-8", "replace"),
            "MessageSid": f"SM{secrets.token_hex(16)}",
        }
        text = "".join(f"{name}{value}" for name, value in sorted(fields.items()))
        signed = (self._replying.url + text).encode()
        digest = hmac.digest(self._replying.token.encode(), signed, "sha1")
        headers = {"X-Twilio-Signature": base64.b64encode(digest).decode()}
        assert self._session is not None
        async with self._session.post(self._replying.url, data=fields, headers=headers) as answer:
            self.counts["sms replies"] += 1
            if not answer.ok:
                return web.Response(status=answer.status, text=await answer.text())
            return web.Response(text="Legato has it.\n")

    def _misbehave(self) -> web.Response | None:
        luck = share("standins", str(self._serial))
        if luck < self._faults.share_429:
            return web.Response(status=429, headers={"Retry-After": "1"}, text="slow down")
        if luck < self._faults.share_429 + self._faults.share_500:
            return web.Response(status=500, text="the stand-in fails, as it was told to")
        return None

    def _keep(self, kind: str, request: web.Request, body: str, *, status: int) -> None:
        self.counts[kind] += 1
        headers = {name.lower(): value for name, value in request.headers.items()}
        self.kept.append(
            Received(
                kind=kind,
                method=request.method,
                path=request.path_qs,
                headers=headers,
                body=body,
                status=status,
            )
        )

    def _take_letter(self, sender: str, recipient: str, message: bytes) -> None:
        self.counts["smtp"] += 1
        self.kept.append(
            Received(
                kind="smtp",
                method="DATA",
                path=recipient,
                headers={"from": sender},
                body=message.decode("utf-8", "replace"),
                status=250,
            )
        )

    def _promise(self, body: str) -> None:
        """Confirm an order later; one that was handed over twice is confirmed once."""
        order = _order(body)
        order_id = str(order.get("order_id", ""))
        if self._confirming is None or not order_id or order_id in self._confirmations:
            return
        task = asyncio.create_task(self._confirm(self._confirming, order_id, order))
        self._confirmations[order_id] = task
        task.add_done_callback(lambda _: self._confirmations.pop(order_id, None))

    async def _confirm(
        self, confirming: Confirming, order_id: str, order: Mapping[str, Any]
    ) -> None:
        await asyncio.sleep(lag_ms(confirming, order_id) / 1_000)
        event = {
            "userId": str(order.get("customer_id", "")),
            "event": "Order Synced",
            "messageId": derive("crm", order_id),
            "properties": {"order_id": order_id, "status": "updated"},
            "context": {"library": {"name": "stand-in CRM"}},
        }
        assert self._session is not None
        url, headers = f"{confirming.legato_url}/v1/track", authorization(confirming.write_key)
        for attempt in range(CRM_ATTEMPTS_MAX):
            with suppress(ClientError, TimeoutError):
                async with self._session.post(url, json=event, headers=headers) as answer:
                    if answer.status < web.HTTPInternalServerError.status_code:
                        self.counts["crm confirmations"] += 1
                        return
            await asyncio.sleep(0.1 * 2**attempt)
        self.counts["crm confirmations given up"] += 1


def lag_ms(confirming: Confirming, order_id: str) -> int:
    """Return after how long the CRM confirms an order: mostly soon, now and then far too late."""
    luck = share("crm lag", order_id)
    if luck > 1 - LATE_SHARE:
        return 2 * confirming.lag_ms_max
    return confirming.lag_ms_min + int(
        (confirming.lag_ms_max - confirming.lag_ms_min) * luck * luck
    )


def _order(body: str) -> Mapping[str, Any]:
    """Find the order in whatever envelope it came in."""
    try:
        found = msgspec.json.decode(body, type=dict[str, Any])
    except msgspec.DecodeError:
        return {}
    if "order_id" in found:
        return found
    try:
        return msgspec.convert(found.get("content"), dict[str, Any])
    except msgspec.ValidationError:
        return {}


def _answer(kind: str, body: str, serial: str) -> web.Response:
    token = derive(kind, serial).rpartition("_")[2]
    match kind:
        case "email":
            return web.Response(status=202, headers={"X-Message-Id": token})
        case "sms":
            return web.json_response({"sid": f"SM{token}", "status": "queued"}, status=201)
        case "push":
            return web.json_response({"name": f"projects/shop/messages/{token}"})
        case "ads":
            return web.json_response({"session_id": token, "num_received": 1})
        case "analytics":
            return web.json_response({"received": 1})
        case "crm":
            return web.json_response({"accepted": bool(_order(body))})
        case _:
            text = "no such stand-in; there are /email, /sms, /push, /ads, /crm, /analytics"
            text += " and GET /received"
            return web.Response(status=404, text=text)


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--http", "http_port", default=8790, show_default=True, help="Port of the APIs.")
@click.option("--smtp", "smtp_port", default=8725, show_default=True, help="Port of the mail sink.")
@click.option("--legato", "legato_url", default="", help="Where the CRM confirms orders.")
@click.option("--crm-key", default="shop-crm-key", show_default=True, help="The CRM's write key.")
@click.option("--sms-source", default="sms_replies", show_default=True, help="Of SMS replies.")
@click.option("--sms-token", default="stand-in", show_default=True, help="It signs replies.")
@click.option("--lag-ms", default=1_000, show_default=True, help="The CRM's longest usual lag.")
@click.option("--share-429", default=0.0, help="Share of requests answered 429.")
@click.option("--share-500", default=0.0, help="Share of requests answered 500.")
@click.option("--latency-ms", default=0, help="Wait so long before every answer.")
@click.option("--attached", is_flag=True, help="Stop when standard input ends.")
def main(  # noqa: PLR0913 - one parameter for each option, as click hands them over
    *,
    host: str,
    http_port: int,
    smtp_port: int,
    legato_url: str,
    crm_key: str,
    sms_source: str,
    sms_token: str,
    lag_ms: int,
    share_429: float,
    share_500: float,
    latency_ms: int,
    attached: bool,
) -> None:
    """Stand-in providers for demonstrations and tests: they answer, and deliver nothing."""
    confirming = (
        Confirming(legato_url=legato_url, write_key=crm_key, lag_ms_max=lag_ms)
        if legato_url
        else None
    )
    standins = StandIns(
        faults=Faults(share_429=share_429, share_500=share_500, latency_ms=latency_ms),
        confirming=confirming,
        replying=Replying(url=f"{legato_url}/hooks/{sms_source}", token=sms_token)
        if legato_url
        else None,
    )
    asyncio.run(_run(standins, (host, http_port, smtp_port), attached=attached))


async def _run(standins: StandIns, where: tuple[str, int, int], *, attached: bool) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    if attached:
        # Whoever started us holds the other end: when it dies, however it dies, we go too.
        loop.add_reader(sys.stdin.fileno(), stop.set)
    host, http_port, smtp_port = where
    await standins.open(host=host, http_port=http_port, smtp_port=smtp_port)
    click.echo(
        f"stand-in providers: http://{host}:{standins.http_port}/received  "
        f"smtp://{host}:{standins.smtp_port}"
    )
    await stop.wait()
    await standins.close()


if __name__ == "__main__":
    main()
