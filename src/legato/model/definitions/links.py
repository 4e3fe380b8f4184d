"""Links to hosted pages: the words that stand for them in a decided message, and their settings.

A message is decided by replayable code, which may not hold a signing key. So its links are words
of letters only, which every escaping leaves alone; they become signed links as the message leaves.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, TypeAlias

from legato.model.instant import DAY, Duration
from legato.model.noun import Noun

LinkKind: TypeAlias = Literal["unsubscribe", "preferences", "confirm"]

UNSUBSCRIBE = "LEGATOxUNSUBSCRIBExLINK"
PREFERENCES = "LEGATOxPREFERENCESxLINK"
CONFIRM = "LEGATOxCONFIRMxLINK"
"""Where a yes is confirmed: the delivery's `about` is its purpose, in the delivery's channel."""

LINKS: Mapping[str, str] = {
    "unsubscribe_url": UNSUBSCRIBE,
    "preferences_url": PREFERENCES,
    "confirm_url": CONFIRM,
}
"""What templates call them."""
KIND_OF: Mapping[str, LinkKind] = {
    UNSUBSCRIBE: "unsubscribe",
    PREFERENCES: "preferences",
    CONFIRM: "confirm",
}
WAYS_OUT = ("unsubscribe_url", "preferences_url")
"""Of which a promotional e-mail prints at least one."""

VALID_MIN: Duration = 60 * DAY
"""No link to unsubscribe may end earlier: CAN-SPAM asks for 30 days, mailboxes keep for longer."""
VALID: Duration = 400 * DAY


class Pages(Noun, frozen=True, kw_only=True):
    """The hosted pages: where they stand, how they look and what they say."""

    url: str = ""
    """Where the outside reaches this Legato, without a slash at its end; empty: there are none."""
    mailto: str = ""
    """A mailbox of theirs that takes unsubscriptions, offered beside the link."""
    valid: Duration = VALID
    """How long links to unsubscribe and to the preferences work."""
    title: str = ""
    logo_url: str = ""
    accent: str = ""
    background: str = ""
    font: str = ""
    privacy_url: str = ""
    texts: Mapping[str, Mapping[str, str]] = {}
    """Language -> name -> text, in place of what Legato says by itself."""


class Sender(Noun, frozen=True, kw_only=True):
    """Who writes, as the law wants it said at the foot of what is promotional."""

    name: str = ""
    postal_address: str = ""
