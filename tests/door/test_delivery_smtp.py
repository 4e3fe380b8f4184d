"""The way out over real SMTP on loopback, with STARTTLS and a certificate of its own."""

from __future__ import annotations

import asyncio
import email
import email.policy
import socket
import ssl
from collections.abc import Callable
from email.message import EmailMessage
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import pytest
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from legato.connectors.mail import Composed, Letter, compose
from legato.model.instant import SECOND
from legato.model.wire import Mail, Response
from legato.ports.sender import SendFault
from legato.transports.smtp import SmtpSender
from tests.services.tls import pair

T = TypeVar("T")

LETTER = Letter(
    sender="Shop <news@shop.example>",
    recipient="ana@example.com",
    subject="Olá, your cart",
    text="Still there.\n.\nA dot alone ends nothing.",
    html="<p>Still there — ç</p>",
    delivery_id="delivery_1",
    at=1_772_445_600 * SECOND,
    list_unsubscribe="https://shop.example/u?t=1",
)


class Mailbox:
    """The server's side: what it took, and what it says to the next ones."""

    def __init__(self) -> None:
        self.taken: list[Envelope] = []
        self.sessions: dict[int, None] = {}
        self.rcpt_says = "250 2.1.5 Ok"
        self.data_says = "250 2.0.0 Ok: queued as 1"
        self.logins: list[tuple[bytes, bytes]] = []

    async def handle_RCPT(  # noqa: N802 - aiosmtpd names it and calls it so
        self,
        server: SMTP,  # noqa: ARG002
        session: Session,
        envelope: Envelope,
        address: str,
        rcpt_options: list[str],  # noqa: ARG002
    ) -> str:
        self.sessions[id(session)] = None
        if self.rcpt_says.startswith("250"):
            envelope.rcpt_tos.append(address)
        return self.rcpt_says

    async def handle_DATA(  # noqa: N802 - aiosmtpd's name
        self,
        server: SMTP,
        session: Session,  # noqa: ARG002
        envelope: Envelope,
    ) -> str:
        if self.data_says == "hang up":
            assert isinstance(server.transport, asyncio.Transport)
            server.transport.abort()
            return "421 bye"
        self.taken.append(envelope)
        return self.data_says

    def log_in(self, *arguments: object) -> AuthResult:
        credentials = arguments[-1]
        assert isinstance(credentials, LoginPassword)
        self.logins.append((credentials.login, credentials.password))
        return AuthResult(success=credentials.password == b"right", handled=False)


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A key and a certificate for loopback, good for an hour, signed by itself."""
    path = tmp_path_factory.mktemp("tls") / "both.pem"
    path.write_text(pair().both)
    return path


def composed(letter: Letter = LETTER) -> Composed:
    made = compose(letter)
    assert isinstance(made, Composed)
    return made


def mail(port: int, **changes: object) -> Mail:
    made = composed()
    given = Mail(
        host="127.0.0.1",
        port=port,
        security="none",
        username="",
        password="",
        sender=made.sender,
        recipient=made.recipient,
        message=made.message,
        timeout=5 * SECOND,
        allow_private=True,
    )
    return msgspec.structs.replace(given, **changes)


def with_server(
    mailbox: Mailbox,
    talk: Callable[[SmtpSender, int], Any],
    certificate: Path | None = None,
) -> Any:  # noqa: ANN401 - whatever `talk` returns
    """Run `talk(sender, port)` beside a real server."""

    async def main() -> object:
        server_tls = client_tls = None
        if certificate is not None:
            server_tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
            server_tls.load_cert_chain(certificate)
            client_tls = ssl.create_default_context(cafile=str(certificate))

        def serve() -> SMTP:
            return SMTP(
                mailbox,
                hostname="mx.example",
                tls_context=server_tls,
                require_starttls=server_tls is not None,
                authenticator=mailbox.log_in,
                auth_require_tls=True,
            )

        server = await asyncio.get_running_loop().create_server(serve, "127.0.0.1", 0)
        sender = SmtpSender(client_tls)
        try:
            return await talk(sender, server.sockets[0].getsockname()[1])
        finally:
            await sender.close()
            server.close()
            await server.wait_closed()

    return asyncio.run(main())


def message_of(envelope: Envelope) -> EmailMessage:
    assert isinstance(envelope.content, bytes)
    made = email.message_from_bytes(envelope.content, policy=email.policy.default)
    assert isinstance(made, EmailMessage)
    return made


def test_a_letter_arrives_as_it_was_written() -> None:
    mailbox = Mailbox()

    async def talk(sender: SmtpSender, port: int) -> Response:
        return await sender.send(mail(port))

    response = with_server(mailbox, talk)

    assert response.status == 250
    [envelope] = mailbox.taken
    assert (envelope.mail_from, envelope.rcpt_tos) == ("news@shop.example", ["ana@example.com"])
    message = message_of(envelope)
    assert message["Subject"] == "Olá, your cart"
    assert message["Message-ID"] == "<delivery_1@shop.example>"
    assert message["Date"] == "Mon, 02 Mar 2026 10:00:00 +0000"
    assert message["List-Unsubscribe"] == "<https://shop.example/u?t=1>"
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    text, html = message.get_body(("plain",)), message.get_body(("html",))
    assert text is not None
    assert text.get_content().splitlines() == LETTER.text.splitlines()
    assert html is not None
    assert html.get_content().strip() == LETTER.html


def test_starttls_and_the_login_come_before_the_letter(certificate: Path) -> None:
    mailbox = Mailbox()

    async def talk(sender: SmtpSender, port: int) -> Response:
        return await sender.send(mail(port, security="starttls", username="shop", password="right"))

    assert with_server(mailbox, talk, certificate).status == 250
    assert mailbox.logins == [(b"shop", b"right")]
    assert len(mailbox.taken) == 1


def test_a_wrong_password_is_an_answer(certificate: Path) -> None:
    mailbox = Mailbox()

    async def talk(sender: SmtpSender, port: int) -> Response:
        return await sender.send(mail(port, security="starttls", username="shop", password="wrong"))

    assert with_server(mailbox, talk, certificate).status == 535
    assert mailbox.taken == []


def test_a_certificate_that_nobody_vouches_for_is_not_trusted(certificate: Path) -> None:
    mailbox = Mailbox()

    async def talk(_: SmtpSender, port: int) -> SendFault:
        stranger = SmtpSender()
        with pytest.raises(SendFault) as caught:
            await stranger.send(mail(port, security="starttls"))
        await stranger.close()
        return caught.value

    assert not with_server(mailbox, talk, certificate).is_in_doubt
    assert mailbox.taken == []


def test_a_password_never_travels_in_the_clear() -> None:
    async def talk(sender: SmtpSender, port: int) -> SendFault:
        with pytest.raises(SendFault) as caught:
            await sender.send(mail(port, username="shop", password="right"))
        return caught.value

    assert with_server(Mailbox(), talk).is_permanent


def test_letters_share_a_connection_and_a_refused_one_does_not_spoil_it() -> None:
    mailbox = Mailbox()

    async def talk(sender: SmtpSender, port: int) -> list[int]:
        statuses = [(await sender.send(mail(port))).status]
        mailbox.rcpt_says = "550 5.1.1 no such user"
        refused = await sender.send(mail(port))
        assert refused.body.startswith(b"5.1.1")
        mailbox.rcpt_says = "250 2.1.5 Ok"
        statuses.append(refused.status)
        statuses.append((await sender.send(mail(port))).status)
        return statuses

    assert with_server(mailbox, talk) == [250, 550, 250]
    assert len(mailbox.sessions) == 1


def test_a_connection_that_breaks_after_the_letter_leaves_it_in_doubt() -> None:
    mailbox = Mailbox()
    mailbox.data_says = "hang up"

    async def talk(sender: SmtpSender, port: int) -> SendFault:
        with pytest.raises(SendFault) as caught:
            await sender.send(mail(port))
        return caught.value

    assert with_server(mailbox, talk).is_in_doubt


def test_a_server_that_is_not_there_never_had_the_letter() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]

    async def main() -> SendFault:
        with pytest.raises(SendFault) as caught:
            await SmtpSender().send(mail(port))
        return caught.value

    fault = asyncio.run(main())
    assert (fault.is_in_doubt, fault.is_permanent) == (False, False)


def test_a_private_mail_server_is_refused_unless_allowed() -> None:
    async def talk(sender: SmtpSender, port: int) -> SendFault:
        with pytest.raises(SendFault) as caught:
            await sender.send(mail(port, allow_private=False))
        return caught.value

    assert with_server(Mailbox(), talk).is_permanent
