"""How long it takes to make a request of an event: `python bench/mapping.py [CONNECTOR ...]`.

The event is an "Order Completed" of 1 KB with three products. Figures are medians and 99th
percentiles of one mapping each, from the event to the bytes of its first request, on one core.
"""

from __future__ import annotations

import statistics
import sys
import time
from typing import Any

import msgspec

from legato.connectors.compile import compile_manifest
from legato.connectors.exchange.exchange import Ask, begin
from legato.connectors.spec import Spec
from legato.connectors.terms import Terms
from legato.model.delivery import Delivery
from legato.model.ids import DeliveryId, EventId, PersonId
from legato.model.instant import DAY, SECOND
from legato.workspace import shipped_connectors

ROUNDS = 5_000
NOW = 1_767_225_600 * SECOND
SELF = "self"
PRODUCT = {"product_id": "p1", "sku": "G-32", "name": "Monopoly", "price": 14.5, "quantity": 1}
EVENT: dict[str, Any] = {
    "type": "track",
    "event": "Order Completed",
    "messageId": "2116ef8c-efc3-4ca4-851b-02ee60dad6ff",
    "userId": "user-4711",
    "anonymousId": "97c46c81-3140-456d-b2a9-690d70aaca35",
    "timestamp": "2026-01-01T00:00:00.000Z",
    "context": {
        "ip": "203.0.113.7",
        "userAgent": "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_14_5) AppleWebKit/537.36",
        "page": {"url": "https://shop.example/checkout", "title": "Checkout", "path": "/checkout"},
        "library": {"name": "analytics.js", "version": "2.11.1"},
        "campaign": {"source": "newsletter", "medium": "email", "name": "spring"},
        "traits": {
            "email": " Ana@Example.com ",
            "phone": "+49 151 23456789",
            "firstName": "Ana",
            "lastName": "Gold",
            "address": {"city": "Berlin", "country": "de", "postalCode": "10115"},
        },
    },
    "properties": {
        "order_id": "o-1",
        "total": "99.90",
        "currency": "EUR",
        "products": [PRODUCT, {**PRODUCT, "sku": "F-1"}, {**PRODUCT, "sku": "F-2"}],
    },
}
MANIFEST: dict[str, Any] = {
    "manifest": 1,
    "id": SELF,
    "name": "Twenty fields, four digests, a list of products, a table",
    "category": "ads",
    "docs": "https://example.org",
    "pii": ["email", "phone", "name"],
    "let": {
        "traits": "=event.context.traits",
        "kind": {"$lookup": "=event.event", "table": {"Order Completed": "Purchase"}},
    },
    "routes": [
        {
            "on": "event",
            "types": ["track"],
            "inputs": {
                "email": {"from": {"$first": ["=traits.email", "=event.properties.email"]}},
                "total": {"type": "number", "from": "=event.properties.total"},
            },
            "require": [{"that": "=in.email", "else": "there is no e-mail address"}],
            "request": {
                "url": "https://a.example/v1/events",
                "body": {
                    "event_name": "=kind",
                    "event_id": "=event.messageId",
                    "event_time": "=epoch(event.timestamp)",
                    "source_url": "=event.context.page.url",
                    "user": {
                        "em": "=hashed(in.email, 'email')",
                        "ph": "=hashed(traits.phone, 'phone')",
                        "fn": "=hashed(traits.firstName, 'name')",
                        "ln": "=hashed(traits.lastName, 'name')",
                        "ip": "=event.context.ip",
                        "agent": "=event.context.userAgent",
                        "id": {"$first": ["=event.userId", "=event.anonymousId"]},
                    },
                    "data": {
                        "order_id": "=event.properties.order_id",
                        "value": "=in.total",
                        "currency": "=upper(event.properties.currency)",
                        "contents": {
                            "$each": "=event.properties.products",
                            "do": {
                                "id": "=item.sku",
                                "quantity": "=item.quantity",
                                "item_price": "=item.price",
                            },
                        },
                        "num_items": "=length(event.properties.products)",
                    },
                },
            },
        }
    ],
}


def spec_of(name: str) -> Spec:
    compiled = compile_manifest(MANIFEST if name == SELF else shipped_connectors()[name])
    assert compiled.spec is not None, compiled.mistakes
    return compiled.spec


def measure(spec: Spec) -> tuple[float, float]:
    """Return the median and the 99th percentile, in microseconds of processor time."""
    text = {key: one for key, one in spec.settings.items() if one.default is None}
    settings = {key: one.default for key, one in spec.settings.items() if key not in text}
    settings |= {key: "https://a.example" for key, one in text.items() if one.type == "string"}
    terms = Terms(settings=settings, timeout=SECOND, token={"access_token": "t"})
    delivery = Delivery(
        delivery_id=DeliveryId("delivery_1"),
        person_id=PersonId("person_1"),
        operation="event",
        destination="bench",
        channel="",
        purpose="",
        message="",
        address="",
        content=EVENT,
        decided_at=NOW,
        expires_at=NOW + DAY,
        trace=EventId("event_1"),
        captured_at=NOW,
        plan="",
    )
    step = begin(spec, delivery, terms=terms, now=NOW).next()
    if not isinstance(step, Ask):
        raise SystemExit(f"With settings made up here it sends nothing: {step}")
    taken: list[float] = []
    for _ in range(ROUNDS):
        start = time.thread_time()
        begin(spec, delivery, terms=terms, now=NOW).next()
        taken.append((time.thread_time() - start) * 1e6)
    taken.sort()
    return statistics.median(taken), taken[int(ROUNDS * 0.99)]


def main() -> None:
    print(f"event: {len(msgspec.json.encode(EVENT))} bytes; {ROUNDS} rounds each")
    for name in sys.argv[1:] or (SELF, "webhook"):
        median, worst = measure(spec_of(name))
        print(f"{name:<20} median {median:7.1f} us   p99 {worst:7.1f} us")


if __name__ == "__main__":
    main()
