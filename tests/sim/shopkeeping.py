"""A small workspace and a world to try it in."""

from __future__ import annotations

from collections.abc import Mapping

from legato.app.rehearse.worlds import open_world
from legato.model.consent import EVERY_CHANNEL, ConsentLine
from legato.model.event import ConsentSaid
from legato.model.ids import EventId, derive
from legato.model.plan import Plan
from legato.plan.load import load
from legato.simulate.world import World
from legato.workspace import shipped_connectors

__all__ = ["BASE", "CART", "compile_plan", "known_person", "open_world", "statement"]

BASE: Mapping[str, str] = {
    "legato.yaml": "workspace: test\nzone: UTC\nlateness: 10m\naccept_unknown: true\n",
    "identity.yaml": """
identity:
  - {kind: user_id, from: [user_id], unique: true, blocked: ["null"]}
  - {kind: email, from: [traits.email], lowercase: true, limit: 3}
  - {kind: anonymous_id, from: [anonymous_id], limit: 50}
""",
    "policies.yaml": """
purposes:
  marketing: {basis: consent, promotional: true, may_use: [service], title: Marketing}
  service: {basis: contract, promotional: false, title: Service}
---
consent: {opt_out_scope: global, categories: {Ads: marketing}}
""",
    "catalog.yaml": "\n---\n".join(
        f"trait: {name}\ntitle: {name}\nowner: crm\npurpose: service\nschema: {{type: {kind}}}"
        for name, kind in (
            ("email", "string"),
            ("phone", "string"),
            ("name", "string"),
            ("timezone", "string"),
            ("plan", "string"),
        )
    ),
    "events.yaml": "\n---\n".join(
        f"event: {name}\ntitle: {name}\nowner: web\npurpose: service\nschema: {{type: object}}"
        for name in (
            "Checkout Started",
            "Cart Updated",
            "Order Completed",
            "Order Synced",
            "Product Viewed",
            "Signed Up",
            "Ticket Opened",
            "Ticket Solved",
        )
    ),
    "channels.yaml": """
channel: email
destination: mail
address: trait email
cost: 0.001
---
channel: sms
destination: gateway
address: trait phone
cost: 0.05
""",
    "destinations.yaml": """
destination: mail
connector: file
settings: {path: "-"}
---
destination: gateway
connector: file
settings: {path: "-"}
""",
    "templates.yaml": """
template: reminder
title: Reminder
purpose: marketing
email: {subject: "Your cart", body: "Hello {{ profile.name | default: 'there' }}"}
sms: {body: "Your cart waits"}
---
template: receipt
title: Receipt
purpose: service
email: {subject: "Thank you", body: "Order {{ event.order_id | default: '' }}"}
""",
}

CART = """
journey: cart
title: Cart rescue
owner: growth
purpose: marketing
enter: {on: Checkout Started, key: cart_id, again: after exit}
leave:
  - {on: Order Completed, same: cart_id, as: goal}
steps:
  - wait: 30m
  - send: {message: reminder, on: email, expires: 6h}
  - wait: 1d
"""


def compile_plan(*journeys: str, **files: str) -> Plan:
    """Compile BASE with journeys; files are added or replaced (`policies` -> policies.yaml)."""
    texts = {**BASE, **{f"{name}.yaml": text for name, text in files.items()}}
    texts.update({f"journeys/{index}.yaml": text for index, text in enumerate(journeys)})
    loaded = load(texts, shipped_connectors())
    assert loaded.plan is not None, "\n".join(str(problem) for problem in loaded.problems)
    return loaded.plan


def known_person(world: World, who: str, *, consents: bool = True, zone: str = "UTC") -> None:
    """Let somebody introduce themselves, with or without consent to marketing."""
    traits = {"email": f"{who}@example.com", "phone": "+447700900001", "timezone": zone}
    world.identify(who, traits, {"consent": {"categoryPreferences": {"Ads": consents}}})


def statement(
    world: World, who: str, purpose: str, *, is_granted: bool, channel: str = EVERY_CHANNEL
) -> ConsentSaid:
    """Make a statement of now by person id, as a page or a keyword makes one."""
    state = world.state(who)
    assert state is not None
    return ConsentSaid(
        event_id=EventId(derive("ev", who, purpose, channel, str(is_granted), str(world.now))),
        received_at=world.now,
        occurred_at=world.now,
        person_id=state.person_id,
        lines=(ConsentLine(purpose=purpose, is_granted=is_granted, channel=channel),),
        source="page:preferences",
        wording="preferences-3",
    )
