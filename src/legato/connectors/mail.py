"""Letters: an RFC 5322 message from texts that nobody here wrote.

Every header value is checked before it is set: a line break in a subject would begin a header of
the sender's choosing. The Message-ID comes from the delivery, so that a repeated attempt is the
same message to every mailbox that looks; the boundary too, so that its bytes are the same.
"""

from __future__ import annotations

import re
from email.headerregistry import BaseHeader, HeaderRegistry, UnstructuredHeader
from email.message import EmailMessage
from email.policy import SMTP, Policy
from email.utils import format_datetime, formataddr, parseaddr

from legato.model.instant import Instant, to_datetime
from legato.model.noun import Noun

SUBJECT_LENGTH_MAX = 998
"""RFC 5322, 2.1.1: no line is longer."""

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_ADDRESS = re.compile(r"[^\s<>()\[\],;:\\\"@\x00-\x1f\x7f]+@[^\s<>()\[\],;:\\\"@\x00-\x1f\x7f]+")
_LINK = re.compile(r"(?:https?://|mailto:)[!-;=?-~]+")


class _Links(UnstructuredHeader, BaseHeader):
    """A header of links, each whole on a line: encoded, no mailbox would find them any more."""

    def fold(self, *, policy: Policy) -> str:
        """Return the header as lines."""
        return f"{self.name}: {str(self).replace(', ', ',' + policy.linesep + ' ')}{policy.linesep}"


_HEADERS = HeaderRegistry()
_HEADERS.map_to_type("list-unsubscribe", _Links)
_POLICY = SMTP.clone(header_factory=_HEADERS)


class Letter(Noun, frozen=True, kw_only=True):
    sender: str
    """An address, or `Name <address>`."""
    recipient: str
    subject: str
    text: str
    html: str
    delivery_id: str
    at: Instant
    reply_to: str = ""
    list_unsubscribe: str = ""
    """A link (RFC 2369); one over https is also offered as one click (RFC 8058)."""
    unsubscribe_mailto: str = ""
    """A mailbox beside the link, as a mailto: of its own."""


class Composed(Noun, frozen=True, kw_only=True):
    sender: str
    """For the envelope: the bare address."""
    recipient: str
    message: bytes


def compose(letter: Letter) -> Composed | str:
    """Return the message, or what is wrong with the letter."""
    name, sender = parseaddr(letter.sender)
    sender, recipient = _ascii(sender), _ascii(letter.recipient)
    wrong = _wrong(letter, name, sender, recipient)
    if wrong:
        return wrong
    message = EmailMessage(policy=_POLICY)
    message["From"] = formataddr((name, sender))
    message["To"] = recipient
    if letter.reply_to:
        message["Reply-To"] = _ascii(letter.reply_to)
    message["Subject"] = letter.subject
    message["Date"] = format_datetime(to_datetime(letter.at))
    message["Message-ID"] = f"<{letter.delivery_id}@{sender.rpartition('@')[2]}>"
    ways = [link for link in (letter.list_unsubscribe, letter.unsubscribe_mailto) if link]
    if ways:
        message["List-Unsubscribe"] = ", ".join(f"<{link}>" for link in ways)
        if letter.list_unsubscribe.startswith("https://"):
            message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    _fill(message, letter)
    return Composed(sender=sender, recipient=recipient, message=message.as_bytes())


def _wrong(letter: Letter, name: str, sender: str, recipient: str) -> str:
    reply_to = _ascii(letter.reply_to) if letter.reply_to else sender
    links = [link for link in (letter.list_unsubscribe, letter.unsubscribe_mailto) if link]
    claims = {
        "the sender is not an e-mail address": not _ADDRESS.fullmatch(sender),
        "the address is not an e-mail address": not _ADDRESS.fullmatch(recipient),
        "the reply address is not an e-mail address": not _ADDRESS.fullmatch(reply_to),
        "the subject or the sender's name holds a line break or control character": (
            _CONTROL.search(letter.subject) or _CONTROL.search(name)
        ),
        f"the subject is longer than {SUBJECT_LENGTH_MAX} characters": (
            len(letter.subject) > SUBJECT_LENGTH_MAX
        ),
        "the unsubscribe link is neither http(s) nor mailto": (
            not all(_LINK.fullmatch(link) for link in links)
        ),
        "the message has neither text nor HTML": not letter.text and not letter.html,
    }
    return next((what for what, is_wrong in claims.items() if is_wrong), "")


def _ascii(address: str) -> str:
    """Write an international domain in its ASCII form; '' where the address has none."""
    local, _, domain = address.strip().rpartition("@")
    try:
        return f"{local.encode('ascii').decode()}@{domain.encode('idna').decode()}"
    except UnicodeError:
        return ""


def _fill(message: EmailMessage, letter: Letter) -> None:
    # Quoted-printable passes every server; 8-bit asks for an extension that some do not have.
    if letter.text:
        message.set_content(letter.text, cte="quoted-printable")
    if letter.html and letter.text:
        message.add_alternative(letter.html, subtype="html", cte="quoted-printable")
        message.set_boundary(f"=_{letter.delivery_id}")
    elif letter.html:
        message.set_content(letter.html, subtype="html", cte="quoted-printable")
