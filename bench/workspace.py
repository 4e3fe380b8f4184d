"""Write the workspace that is measured: 50 segments and 10 journeys, all live."""

from __future__ import annotations

from pathlib import Path

WRITE_KEY = "bench-key"
EVENTS = (
    "Product Viewed",
    "Product Added",
    "Checkout Started",
    "Order Completed",
    "Search Done",
    "Wishlist Changed",
    "Coupon Entered",
    "Review Written",
    "Ticket Opened",
    "Signed In",
)
"""Order Completed is every fifth event and is answered by a message at once."""

HEAD = f"""
workspace: bench
zone: UTC
lateness: 10m
---
source: web
title: Load generator
kind: segment
write_keys: [{WRITE_KEY}]
---
identity:
  - {{kind: user_id, from: [user_id], unique: true}}
  - {{kind: email, from: [traits.email], lowercase: true, limit: 3}}
  - {{kind: anonymous_id, from: [anonymous_id], limit: 50}}
---
purposes:
  marketing: {{basis: consent, promotional: true, may_use: [service], title: Marketing}}
  service: {{basis: contract, promotional: false, title: Service}}
---
consent: {{opt_out_scope: global, categories: {{ads: marketing}}}}
---
cap: week
at_most: 3
within: 7d
---
quiet_hours: night
from: "21:00"
to: "08:00"
---
trait: email
title: E-mail
owner: bench
purpose: service
schema: {{type: string}}
---
template: thanks
title: Thanks
purpose: service
hook: {{body: "{{{{ event.order_id }}}}", sent_us: "{{{{ event.sent_us }}}}"}}
---
template: offer
title: Offer
purpose: marketing
hook: {{body: "for {{{{ person.id }}}}"}}
"""

DESTINATION = """
destination: sink
connector: webhook
settings: {{url: "http://127.0.0.1:{port}/hook", signing_key: {{secret: SINK_KEY}}}}
concurrency: 128
allow_private: true
---
channel: hook
destination: sink
address: identifier user_id
cost: 0
"""

EVENT = """
event: {name}
title: {name}
owner: bench
purpose: service
schema:
  type: object
  properties:
    order_id: {{type: string}}
    sku: {{type: string}}
    value: {{type: number}}
    sent_us: {{type: integer}}
  required: [sku]
"""

SEGMENT = """
segment: s{number}
title: Segment {number}
owner: bench
when: {condition}
"""

THANKS = """
journey: thanks
title: Thanks for the order
owner: bench
purpose: service
enter: {on: Order Completed, key: order_id, again: once}
steps:
  - send: {message: thanks, on: hook, expires: 1h}
"""

RESCUE = """
journey: rescue{number}
title: Rescue {number}
owner: bench
purpose: marketing
enter: {{on: {event}, when: {{value: {{over: {floor}}}}}, key: sku, again: after 24h}}
leave:
  - {{on: Order Completed, as: goal}}
steps:
  - wait: 30m
  - when: {{did: Product Viewed, at_least: 2, within: 2h}}
    then:
      - send: {{message: offer, on: hook, expires: 6h}}
"""


def write(folder: Path, sink_port: int) -> None:
    """Write the workspace into a folder."""
    texts = [HEAD, DESTINATION.format(port=sink_port), THANKS]
    texts += [EVENT.format(name=name) for name in EVENTS]
    texts += segments()
    for number in range(9):
        event = EVENTS[1 + number % (len(EVENTS) - 1)]
        event = "Product Added" if event == "Order Completed" else event
        texts.append(RESCUE.format(number=number, event=event, floor=900 + number * 10))
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "legato.yaml").write_text("\n---\n".join(texts))


def segments() -> list[str]:
    """Return the 50 segments."""
    return [SEGMENT.format(number=number, condition=_condition(number)) for number in range(50)]


def _condition(number: int) -> str:
    event = EVENTS[number % len(EVENTS)]
    match number // len(EVENTS):
        case 0:
            return f"{{did: {event}, at_least: 3, within: 1h}}"
        case 1:
            return f"{{did: {event}, within: 7d}}"
        case 2:
            return f"{{sum: value, of: {event}, within: 30d, over: 500}}"
        case 3:
            return f"{{did: {event}, where: {{value: {{over: 100}}}}, within: 1d}}"
        case _:
            return f"{{did: {event}, at_least: 10}}"
