"""The workspaces that seeds are tried on: every kind of step, gate and policy between them."""

from __future__ import annotations

from functools import cache

from legato.model.plan import Plan
from tests.sim.shopkeeping import compile_plan

SOURCES = """
source: crm
kind: segment
title: CRM
write_keys: [k-crm-0001]
"""
POLICIES = """
purposes:
  marketing: {{basis: consent, promotional: true, may_use: [service], title: Marketing}}
  service: {{basis: contract, promotional: false, title: Service}}
---
consent: {{opt_out_scope: {scope}, categories: {{Advertising: marketing}}}}
---
cap: few
at_most: {limit}
within: {window}
---
cap: texts
at_most: 1
within: 20h
channels: [sms]
---
quiet_hours: night
from: "21:00"
to: "08:00"
channels: [{quiet}]
unknown_zones: [Europe/London, America/New_York]
---
suppress: bought
when: {{did_same: Order Completed, on: "products[].product_id", within: 14d}}
because: bought it already
---
suppress: complaint
when: {{did: Ticket Opened, within: 12h}}
because: complained
---
holdout: control
share: {share}
salt: seeds
"""
TEMPLATES = """
template: reminder
title: Reminder
purpose: marketing
email: {subject: "Your cart", body: "{{ profile.name }}, {{ event.cart_id }}"}
sms: {body: "Your cart waits"}
---
template: offer
title: Offer
purpose: marketing
email: {subject: "An offer", body: "{{ event.product_id }}"}
sms: {body: "An offer"}
---
template: thanks
title: Thanks
purpose: service
email: {subject: "Thank you", body: "Order {{ event.order_id | default: '' }}"}
"""
CART = """
journey: cart
title: Cart rescue
owner: growth
purpose: marketing
overdue: {overdue}
enter: {{on: Checkout Started, when: {{value: {{over: 40}}}}, key: cart_id, again: {again}}}
leave:
  - {{on: Order Completed, same: cart_id, as: goal}}
  - {{when: {{did: Ticket Opened, at_least: 2, within: 6h}}, as: trouble}}
steps:
  - {{wait: 30m, label: start_over}}
  - send: {{message: reminder, on: {channels}, about: product_id, expires: 6h}}
  - wait_for:
      - {{on: Cart Updated, same: cart_id, go_to: start_over, at_most: 2}}
      - {{after: 5h}}
  - send: {{message: offer, on: [sms, email], about: product_id, expires: {expires}{others}}}
"""
BROWSE = """
journey: browse
title: Browse abandon
owner: growth
purpose: marketing
enter:
  on: Product Viewed
  when: {did: Product Viewed, at_least: 2, within: 2h}
  key: product_id
  again: after 4h
leave:
  - {on: Checkout Started, as: goal}
steps:
  - wait: 10m
  - split: tone
    arms:
      - name: warm
        share: 50%
        steps:
          - send:
              message: offer
              on: {cheapest_of: [sms, email]}
              about: product_id
              expires: 1d
      - name: cold
        share: 50%
        steps: [{wait: 2h}]
"""
THANKS = """
journey: thanks
title: Thanks
owner: service
purpose: service
enter: {on: Order Completed, key: order_id, again: once}
steps:
  - await_confirmation:
      on: Order Synced
      from: crm
      same: order_id
      within: 20m
      late: [{leave: unconfirmed}]
  - send: {message: thanks, on: email, about: order_id, expires: 1d}
"""
KEEN = """
journey: keen
title: Keen
owner: growth
purpose: marketing
enter: {segment: keen, again: any time}
steps:
  - wait_until: {time: "09:00"}
  - call:
      destination: mail
      content: {id: "{{ person.id }}"}
      timeout: 1m
      answers:
        - when: {answer: {status: gold}}
          then: [{send: {message: offer, on: email, expires: 3h}}]
      else: [{leave: plain}]
      failed: [{leave: unanswered}]
"""
SEGMENTS = """
segment: keen
title: Keen
owner: growth
when: {did: Product Viewed, at_least: 3, within: 6h}
"""


@cache
def plans() -> tuple[Plan, ...]:
    """Return the workspaces, compiled once a process."""
    return (
        _plan(scope="topic", limit=3, window="1d", quiet="sms", share="0%"),
        _plan(
            scope="global",
            limit=2,
            window="12h",
            quiet="sms, email",
            share="20%",
            others=", fall_back: 10m",
        ),
        _plan(
            scope="channel",
            limit=1,
            window="1h",
            quiet="email",
            share="0%",
            again="once",
            channels="{cheapest_of: [sms, email]}",
        ),
        _plan(
            scope="topic",
            limit=50,
            window="1d",
            quiet="sms",
            share="0%",
            again="any time",
            overdue="send",
            expires="2d",
            others=", fall_back: 1m",
        ),
    )


def _plan(
    *,
    again: str = "after exit",
    channels: str = "email",
    overdue: str = "skip",
    expires: str = "2h",
    others: str = "",
    **policies: object,
) -> Plan:
    cart = CART.format(
        again=again, channels=channels, overdue=overdue, expires=expires, others=others
    )
    return compile_plan(
        cart,
        BROWSE,
        THANKS,
        KEEN,
        policies=POLICIES.format(**policies),
        templates=TEMPLATES,
        sources=SOURCES,
        segments=SEGMENTS,
    )
