"""Make examples/shop/history.jsonl.gz from the UCI Online Retail invoices.

    python scripts/make_shop_history.py online_retail.parquet examples/shop/history.jsonl.gz

For maintainers; Legato does not need it to run. Every invoice of the chosen weeks becomes the
session that must have led to it. What is recorded and what is reconstructed is set out in
examples/shop/README.md: change that page together with this program. All choices are digests of
a fact's own number, so the same invoices give the same bytes.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb

# The busiest weeks. London keeps Greenwich time in them, so the shop's clock is UTC.
FIRST = datetime(2011, 10, 31, tzinfo=UTC)
LAST = datetime(2011, 12, 10, tzinfo=UTC)
# Whoever bought in the data's first month was a customer before it; nobody knows since when.
RECORDS_BEGIN = datetime(2011, 1, 1, tzinfo=UTC)
LINES_MAX = 25
ZONES = {
    "United Kingdom": "Europe/London", "Germany": "Europe/Berlin", "France": "Europe/Paris",
    "Spain": "Europe/Madrid", "Italy": "Europe/Rome", "Portugal": "Europe/Lisbon",
    "Switzerland": "Europe/Zurich", "Finland": "Europe/Helsinki", "Belgium": "Europe/Brussels",
    "Channel Islands": "Europe/Jersey", "Austria": "Europe/Vienna", "Greece": "Europe/Athens",
    "Australia": "Australia/Sydney", "Denmark": "Europe/Copenhagen", "Malta": "Europe/Malta",
    "Sweden": "Europe/Stockholm", "Canada": "America/Toronto", "Poland": "Europe/Warsaw",
    "USA": "America/New_York", "Japan": "Asia/Tokyo", "Israel": "Asia/Jerusalem",
    "RSA": "Africa/Johannesburg", "Brazil": "America/Sao_Paulo", "EIRE": "Europe/Dublin",
    "Norway": "Europe/Oslo", "Cyprus": "Asia/Nicosia", "Netherlands": "Europe/Amsterdam",
    "Bahrain": "Asia/Bahrain", "United Arab Emirates": "Asia/Dubai",
}  # fmt: skip
FIRST_NAMES = str.split(
    "Ada Alma Amir Anna Aron Asha Bela Bert Carla Chen Clara Dario Dora Edith Elif Emil Erik Eva "
    "Faye Femi Finn Greta Hana Hugo Ida Igor Ines Iris Ivan Jana Jon Kaya Lara Leo Lina Luca Mara "
    "Mei Mina Nils Nora Olga Omar Otto Pia Priya Rafa Rosa Ruth Sami Sara Tara Theo Uma Vera Wanda "
    "Yara Yusuf Zoe"
)
LAST_NAMES = str.split(
    "Abbot Adler Almeida Baker Bauer Berg Castro Clarke Costa Dahl Dean Duarte Eklund Ellis Evans "
    "Fischer Ford Garcia Gray Haas Hale Hansen Ito Jansen Jones Kaya Keller King Kowal Lang Lopes "
    "Lund Marsh Meyer Moreau Nagy Neri Novak Olsen Patel Park Quinn Reis Rossi Sato Shaw Silva "
    "Stone Tanaka Turner Vidal Vogel Walsh Weber Wood Young Zeller"
)


@dataclass
class Line:
    product_id: str
    name: str
    quantity: int
    price: float


@dataclass
class Invoice:
    number: str
    customer: str
    country: str
    at: datetime
    lines: list[Line] = field(default_factory=list)

    @property
    def total(self) -> float:
        return round(sum(abs(line.quantity) * line.price for line in self.lines), 2)


@dataclass
class Customer:
    """A real buyer under a made-up identity."""

    key: str
    user_id: str
    traits: dict[str, Any]
    advertising: bool | None
    source: str
    is_new: bool
    known_devices: list[str] = field(default_factory=list)


def chance(*cause: str) -> float:
    """Return a number in [0, 1) that depends on its cause alone."""
    data = "\x00".join(cause).encode()
    return int.from_bytes(hashlib.blake2b(data, digest_size=7).digest(), "big") / 2**56


def between(low: float, high: float, *cause: str) -> float:
    return low + (high - low) * chance(*cause)


def code(size: int, *cause: str) -> str:
    return hashlib.blake2b("\x00".join(cause).encode(), digest_size=size).hexdigest()


def micros(at: datetime) -> int:
    return (at - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


def read_invoices(path: str) -> list[Invoice]:
    """Read goods lines, oldest invoice first; postage, fees and free goods are left out."""
    rows = duckdb.execute(
        "select InvoiceNo, customer, Country, InvoiceDate::timestamp, StockCode,"
        " coalesce(trim(Description), StockCode), Quantity::int, UnitPrice from read_parquet(?)"
        " where UnitPrice > 0 and regexp_matches(StockCode, '^[0-9]') and customer is not null"
        " order by InvoiceDate, InvoiceNo, StockCode, Quantity, UnitPrice",
        [path],
    ).fetchall()
    invoices: dict[str, Invoice] = {}
    for number, customer, country, at, product, name, quantity, price in rows:
        invoice = invoices.setdefault(
            number, Invoice(number, customer, country, at.replace(tzinfo=UTC))
        )
        invoice.lines.append(Line(product, name.capitalize(), quantity, price))
    return list(invoices.values())


def make_customers(invoices: list[Invoice]) -> dict[str, Customer]:
    since: dict[str, datetime] = {}
    for invoice in invoices:
        since.setdefault(invoice.customer, invoice.at)
    chosen = {i.customer: i for i in invoices if FIRST <= i.at < LAST}
    return {
        key: make_customer(chosen[key], since[key], index)
        for index, key in enumerate(sorted(chosen))
    }


def make_customer(invoice: Invoice, since: datetime, index: int) -> Customer:
    key = invoice.customer
    first = FIRST_NAMES[int(between(0, len(FIRST_NAMES), key, "first"))]
    last = LAST_NAMES[int(between(0, len(LAST_NAMES), key, "last"))]
    domain = ("example.com", "example.org", "example.net")[int(between(0, 3, key, "domain"))]
    if since < RECORDS_BEGIN:
        since = since.replace(year=int(between(2001, 2010, key, "since")))
    source = "app" if chance(key, "app") < 0.25 else "web"
    traits: dict[str, Any] = {
        "name": f"{first} {last}",
        "email": f"{first}.{last}.{code(2, key, 'mail')}@{domain}".lower(),
        "country": invoice.country,
        "customer_since": since.strftime("%Y-%m-%dT%H:%M:%S.000Z"),
    }
    if invoice.country in ZONES:
        traits["timezone"] = ZONES[invoice.country]
    if chance(key, "phone") < 0.7:
        # 07700 900000-900999 is Ofcom's range for drama: it reaches nobody.
        traits["phone"] = f"+447700900{index % 1000:03d}"
    if source == "app" and chance(key, "push") < 0.6:
        traits["push_token"] = f"standin-token-{code(8, key, 'push')}"
    asked = chance(key, "consent")
    advertising = None if asked < 0.08 else asked < 0.82
    return Customer(key, f"c{code(4, key, 'user')}", traits, advertising, source, since >= FIRST)


class Session:
    """What one person did in one go on one device, in order."""

    def __init__(self, person: Customer, name: str, at: datetime, device: str) -> None:
        self.person, self.name, self.at, self.device = person, name, at, device
        self.is_signed_in = False
        self.items: list[dict[str, Any]] = []

    def add(self, kind: str, body: dict[str, Any], event: str = "", **extra: object) -> None:
        count = str(len(self.items))
        item: dict[str, Any] = {"type": kind, "messageId": f"h-{code(8, self.name, count)}"}
        if event:
            item["event"] = event
        if self.is_signed_in:
            item["userId"] = self.person.user_id
        item["anonymousId"] = self.device
        item["traits" if kind == "identify" else "properties"] = body
        item.update(extra)
        self.items.append({"at": micros(self.at), "source": self.person.source, "item": item})

    def later(self, low: float, high: float, what: str) -> None:
        """Let some seconds pass."""
        self.at += timedelta(seconds=int(between(low, high, self.name, what, str(len(self.items)))))

    def track(self, event: str, body: dict[str, Any]) -> None:
        self.add("track", body, event)

    def look(self, lines: list[Line]) -> None:
        kind = "screen" if self.person.source == "app" else "page"
        self.add(kind, {"path": "/"}, name="Home")
        for line in lines:
            self.later(10, 70, "look")
            body = {"product_id": line.product_id, "name": line.name, "price": line.price}
            self.track("Product Viewed", {**body, "currency": "GBP"})

    def sign_in(self, *, sign_up: bool) -> None:
        self.is_signed_in = True
        context = consent_context(self.person)
        self.add("identify", self.person.traits, **({"context": context} if context else {}))
        if sign_up:
            self.track("Signed Up", {"method": self.person.source})
        self.track("Signed In", {})
        if self.device not in self.person.known_devices:
            self.person.known_devices.append(self.device)

    def fail_sign_in(self, times: int) -> None:
        for _ in range(times):
            self.track("Login Failed", {"why": "wrong_password"})
            self.later(20, 80, "fail")

    def fill_cart(self, cart_id: str, lines: list[Line], count: int) -> None:
        for line in lines[:count]:
            self.later(5, 40, "add")
            body = {"cart_id": cart_id, "product_id": line.product_id, "name": line.name}
            self.track("Product Added", {**body, "price": line.price, "quantity": line.quantity})

    def check_out(self, cart_id: str, lines: list[Line], *, value: float, line_count: int) -> None:
        self.later(15, 60, "till")
        body = {"cart_id": cart_id, "value": value, "currency": "GBP", "line_count": line_count}
        dearest = {"product_id": lines[0].product_id, "product_name": lines[0].name}
        self.track("Checkout Started", {**body, **dearest})


def consent_context(person: Customer) -> dict[str, Any]:
    """Say it as the person's SDK does: Segment's banner on the web, Rudder's in the app."""
    if person.advertising is None:
        return {}
    if person.source == "web":
        preferences = {"Advertising": person.advertising, "Analytics": True}
        return {"consent": {"categoryPreferences": preferences}}
    allowed, denied = ["Analytics"], list[str]()
    (allowed if person.advertising else denied).append("Advertising")
    return {"consentManagement": {"allowedConsentIds": allowed, "deniedConsentIds": denied}}


def product_bodies(lines: list[Line]) -> list[dict[str, Any]]:
    return [
        {"product_id": x.product_id, "name": x.name, "price": x.price, "quantity": abs(x.quantity)}
        for x in lines
    ]


def dearest_first(invoice: Invoice) -> list[Line]:
    return sorted(invoice.lines, key=lambda x: (-abs(x.quantity) * x.price, x.product_id))


def device_of(person: Customer, number: str) -> str:
    second = chance(number, "device") < 0.2
    return f"{person.source}-{code(6, person.key, 'second' if second else 'first')}"


def days_before(invoice: Invoice, person: Customer) -> Iterator[dict[str, Any]]:
    """Reconstruct an earlier evening: a look at what was then bought, or a cart left behind."""
    number = invoice.number
    taste = chance(number, "before")
    if taste >= 0.4:
        return
    days = 1 if taste < 0.34 else int(between(3, 6, number, "days"))
    hour = between(17, 22.4, number, "evening")
    start = invoice.at.replace(hour=0, minute=0) - timedelta(days=days) + timedelta(hours=hour)
    if start < FIRST:
        return
    session = Session(person, f"{number}/before", start, device_of(person, number))
    session.is_signed_in = session.device in person.known_devices
    lines = dearest_first(invoice)
    session.look(lines[: 3 + int(between(0, 3, number, "looks"))])
    leaves_cart = taste < 0.18 or days > 1
    if not session.is_signed_in and (leaves_cart or chance(number, "signs in") < 0.6):
        session.sign_in(sign_up=is_first_time(person))
    if leaves_cart:
        # Who comes back the next day finds the cart; who comes back later begins another.
        cart_id = f"cart-{number}" if days == 1 else f"cart-{number}-early"
        session.fill_cart(cart_id, lines, 3)
        session.check_out(cart_id, lines, value=invoice.total, line_count=len(lines))
    yield from session.items


def is_first_time(person: Customer) -> bool:
    return person.is_new and not person.known_devices


def purchase(invoice: Invoice, person: Customer, visits: int) -> Iterator[dict[str, Any]]:
    """Reconstruct the session that ended in this invoice. Its minute is the recorded one."""
    number = invoice.number
    paid_at = invoice.at + timedelta(seconds=int(between(0, 60, number, "second")))
    start = paid_at - timedelta(minutes=between(9, 26, number, "start"))
    session = Session(person, number, start, device_of(person, number))
    lines = dearest_first(invoice)
    is_known = session.device in person.known_devices
    session.is_signed_in = is_known and chance(number, "remembered") < 0.7
    session.look(lines[: 1 + int(between(0, 3, number, "looks"))])
    if not session.is_signed_in:
        if is_known:
            trouble = chance(number, "trouble")
            session.fail_sign_in(3 if trouble < 0.2 else 1 if trouble < 0.4 else 0)
        elsewhere = "2001" <= person.traits["customer_since"] < "2010"
        again = elsewhere and visits == 0 and chance(person.key, "again") < 0.15
        session.sign_in(sign_up=again or is_first_time(person))
    session.fill_cart(f"cart-{number}", lines, 1 + int(between(0, 2, number, "adds")))
    session.check_out(f"cart-{number}", lines, value=invoice.total, line_count=len(lines))
    session.at = max(paid_at, session.at + timedelta(seconds=20))
    body = {
        "order_id": number,
        "cart_id": f"cart-{number}",
        "customer_id": person.user_id,
        "total": invoice.total,
        "currency": "GBP",
        "line_count": len(lines),
        "products": product_bodies(lines[:LINES_MAX]),
    }
    session.track("Order Completed", body)
    if visits == 1 and person.advertising and chance(person.key, "withdraws") < 0.08:
        session.later(20, 60, "letters")
        person.advertising = None
        withdrawal = {"purpose": "marketing", "granted": False, "wording": "letters-page-1"}
        session.track("Consent Changed", withdrawal)
    if chance(person.key, "box") < 0.04 and visits == 0:
        session.later(20, 60, "box")
        session.track("Subscription Changed", {"status": "started"})
    yield from session.items


def cancellation(
    invoice: Invoice, person: Customer, earlier: list[Invoice]
) -> Iterator[dict[str, Any]]:
    """Tell a recorded cancellation and, for some, the complaint that may have led to it."""
    codes = {line.product_id for line in invoice.lines}
    matching = [i for i in earlier if codes & {line.product_id for line in i.lines}]
    about = {"order_id": matching[-1].number} if matching else {}
    desk = Session(person, invoice.number, invoice.at, device_of(person, invoice.number))
    desk.is_signed_in = True
    ticket = {"ticket_id": f"T-{invoice.number[1:]}"}
    opened = invoice.at - timedelta(hours=between(1, 30, invoice.number, "opened"))
    complains = chance(invoice.number, "complains") < 0.6 and opened > FIRST
    if complains:
        desk.at = opened
        if not person.known_devices:
            desk.add("identify", person.traits)
        desk.track("Ticket Opened", {**ticket, "category": "complaint", **about})
    desk.at = max(invoice.at, desk.at + timedelta(minutes=1))
    body = {"refund_id": invoice.number, "total": invoice.total, "currency": "GBP"}
    lines = product_bodies(dearest_first(invoice)[:LINES_MAX])
    desk.track("Order Refunded", {**body, **about, "products": lines})
    if complains and chance(invoice.number, "solved") < 0.85:
        desk.at += timedelta(hours=between(0.2, 20, invoice.number, "solving"))
        desk.track("Ticket Solved", ticket)
    yield from desk.items


def make_history(invoices: list[Invoice]) -> list[dict[str, Any]]:
    people = make_customers(invoices)
    earlier: dict[str, list[Invoice]] = {}
    visits: dict[str, int] = {}
    items: list[dict[str, Any]] = []
    for invoice in invoices:
        mine = earlier.setdefault(invoice.customer, [])
        if FIRST <= invoice.at < LAST:
            person = people[invoice.customer]
            if invoice.number.startswith("C"):
                items.extend(cancellation(invoice, person, mine))
            elif all(line.quantity > 0 for line in invoice.lines):
                items.extend(days_before(invoice, person))
                items.extend(purchase(invoice, person, visits.get(person.key, 0)))
                visits[person.key] = visits.get(person.key, 0) + 1
        if not invoice.number.startswith("C"):
            mine.append(invoice)
    # Stable: what one session did within one second stays in order.
    return sorted(items, key=lambda item: item["at"])


def main(source: str, target: str) -> None:
    items = make_history(read_invoices(source))
    text = "".join(json.dumps(item, separators=(",", ":")) + "\n" for item in items)
    Path(target).write_bytes(gzip.compress(text.encode(), 9, mtime=0))
    counts: dict[str, int] = {}
    for item in items:
        name = item["item"].get("event", item["item"]["type"])
        counts[name] = counts.get(name, 0) + 1
    print(f"{len(items)} items, {Path(target).stat().st_size / 1e6:.2f} MB")
    print(", ".join(f"{name} {count}" for name, count in sorted(counts.items())))


if __name__ == "__main__":
    main(*sys.argv[1:])
