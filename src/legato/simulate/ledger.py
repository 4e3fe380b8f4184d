"""What the auditor remembers of one person: told by raw events alone, and simpler than a State."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal, TypeAlias
from zoneinfo import ZoneInfo

import msgspec

from legato.model.event import CustomerEvent, decode_object
from legato.model.instant import DAY, HOUR, Duration, Instant, to_datetime

Scope: TypeAlias = Literal["channel", "topic", "global"]

PURCHASE = "Order Completed"
COMPLAINT = "Ticket Opened"
CONFIRMATION = "Order Synced"
BOUGHT_FOR: Duration = 14 * DAY
COMPLAINT_FOR: Duration = 12 * HOUR
CONSENT_CATEGORY = "Advertising"


class Statement(msgspec.Struct, frozen=True):
    """Somebody said yes or no."""

    at: Instant
    is_granted: bool
    purpose: str
    channel: str
    """`*`: any."""
    is_own: bool = True
    """The person's own words, not what a consent tool says with every event."""

    def concerns(self, purpose: str, channel: str, scope: Scope) -> bool:
        """Return whether it speaks of sending for a (promotional) purpose by a channel."""
        if not self.is_granted and scope == "global":
            return True
        is_same_topic = self.purpose == purpose
        if not self.is_granted and scope == "topic":
            return is_same_topic
        return is_same_topic and self.channel in ("*", channel)


class Ledger:
    """One person, as an auditor sees them."""

    def __init__(self) -> None:
        self.statements: list[Statement] = []
        self.zones: list[tuple[Instant, str]] = []
        self.bought: dict[str, Instant] = {}
        """Product -> when it was last bought."""
        self.complaints: list[Instant] = []
        self.confirmed: dict[str, bool] = {}
        """Orders that the CRM has confirmed."""
        self.sends: list[Instant] = []
        """Of promotional messages."""
        self.sends_by_channel: dict[str, list[Instant]] = {}

    def take(self, event: CustomerEvent) -> None:
        """Write down what an event says."""
        body, context = decode_object(event.body), decode_object(event.context)
        at = event.occurred_at
        agreed = context.get("consent", {}).get("categoryPreferences", {}).get(CONSENT_CATEGORY)
        if agreed is not None:
            self.statements.append(Statement(at, agreed, "marketing", "*", is_own=False))
        match event.name:
            case "Consent Changed":
                channel = str(body.get("channel", "*"))
                self.statements.append(Statement(at, body["granted"], body["purpose"], channel))
            case "Identified":
                if "timezone" in body:
                    self.zones.append((at, body["timezone"]))
            case _:
                self._take_deed(event, body)

    def _take_deed(self, event: CustomerEvent, body: Mapping[str, Any]) -> None:
        if event.name == PURCHASE:
            for product in body["products"]:
                name = product["product_id"]
                self.bought[name] = max(event.occurred_at, self.bought.get(name, 0))
        elif event.name == COMPLAINT:
            self.complaints.append(event.occurred_at)
        elif event.name == CONFIRMATION and event.source == "crm":
            self.confirmed[body["order_id"]] = True

    def agrees(self, purpose: str, channel: str, scope: Scope) -> bool:
        """Return whether the newest word on it is yes; of two at one instant, no is newer.

        A tool's yes never undoes a person's own no, however often it is repeated.
        """
        said = [one for one in self.statements if one.concerns(purpose, channel, scope)]
        own = _newest([one for one in said if one.is_own])
        newest = _newest(said)
        is_refused = own is not None and not own.is_granted
        return newest is not None and newest.is_granted and not is_refused

    def minutes_of_day(self, now: Instant, otherwise: tuple[str, ...]) -> list[int]:
        """Return what clocks show where the person may be."""
        zones = (max(self.zones)[1],) if self.zones else otherwise
        clocks: list[datetime] = [to_datetime(now).astimezone(ZoneInfo(zone)) for zone in zones]
        return [clock.hour * 60 + clock.minute for clock in clocks]


def _newest(statements: list[Statement]) -> Statement | None:
    return max(statements, key=lambda one: (one.at, not one.is_granted), default=None)
