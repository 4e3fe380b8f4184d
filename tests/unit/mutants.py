"""Fifty-four faults, each planted alone into the example shop, as people make them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from legato.workspace import read_workspace

SHOP = Path(__file__).parents[2] / "examples" / "shop"


class Mutant(NamedTuple):
    """A fault: what is written in place of what, and the code that it must be found by."""

    fault: str
    code: str
    file: str
    old: str
    new: str
    also: tuple[tuple[str, str, str], ...] = ()
    """The rest of it, in other files."""

    def files(self) -> Mapping[str, str]:
        files = read_workspace(SHOP)
        # Else what a journey reads would be found to be kept for another purpose before.
        files[LAW] = files[LAW].replace("service: {", "service: {may_use: [analytics], ")
        for file, old, new in ((self.file, self.old, self.new), *self.also):
            assert files[file].count(old) >= 1, (file, old)
            files = {**files, file: files[file].replace(old, new, 1)}
        return files


CART, BROWSE = "journeys/cart_rescue.yaml", "journeys/browse_abandon.yaml"
CASE, AFTER = "journeys/complaint_hold.yaml", "journeys/post_purchase.yaml"
WELCOME, BACK = "journeys/welcome.yaml", "journeys/win_back.yaml"
LOGIN, ADS = "journeys/login_help.yaml", "journeys/ads_after_purchase.yaml"
STATE, PRESSURE, LAW = "policies/state.yaml", "policies/pressure.yaml", "policies/lawfulness.yaml"
OFFERS, REMINDERS = "offers.yaml", "templates/reminders.yaml"
MARKETING = "marketing: {basis: consent"
REMIND = "on: {cheapest_of: [push, email, sms]}, expires: 30m, about: product_id}"
LETTER = "{message: cart_reminder, on: email, expires: 30m, about: product_id}"
QUESTION = "{message: cart_question, on: email, expires: 12h, about: product_id}"
BOUGHT = """suppress: bought
when: {did_same: Order Completed, on: "products[].product_id", within: 14d}
because: bought it already
---
"""
COMPLAINT = """---
suppress: complaint
when: {in_segment: open_complaint}
because: has an open complaint
"""
WEEK = "cap: week\nat_most: 3\nwithin: 7d\n---\n"
TEXTS = "---\ncap: sms_week\nat_most: 1\nwithin: 7d\nchannels: [sms]\n"
LATE = """      late:
        # Soon matters more than cheap, and a letter is better than nothing.
        - send: {message: order_delayed, on: [sms, service_email], expires: 4h, fall_back: 10m}
        - wait_for:
            - {on: Order Synced, same: order_id}
            - {after: 2d, leave: never confirmed}
"""
RACE = """  - wait_for:
      - {on: Product Added, same: cart_id, go_to: patience, at_most: 2}
      - {after: 2d}
"""
OFFERED = QUESTION.replace("}", ", offer: basket_10_off}")
TEN_OFF = "kind: discount\nprice: 10 % off\nitem: {from: product_id}\n"
IDEAS = "  - send: {message: welcome_ideas, on: email, expires: 1d}\n"

MUTANTS = (
    # Consent gone around.
    Mutant("marketing rests on legitimate interest", "V501", LAW, MARKETING,
           "marketing: {basis: legitimate_interest"),
    Mutant("marketing rests on a contract", "V501", LAW, MARKETING, "marketing: {basis: contract"),
    Mutant("a cart reminder goes as service", "V501", CART, REMIND,
           REMIND.replace("}", ", purpose: service}").replace("sms], purpose: service}", "sms]}")),
    Mutant("a cart letter goes as service", "V501", CART, LETTER,
           LETTER.replace("}", ", purpose: service}")),
    Mutant("a question goes as service", "V501", CART, QUESTION,
           QUESTION.replace("}", ", purpose: service}")),
    Mutant("a browse reminder goes as service", "V501", BROWSE, "expires: 12h,",
           "expires: 12h, purpose: service,"),
    Mutant("a welcome goes as service", "V501", WELCOME, "[email, push], expires: 1d",
           "[email, push], expires: 1d, purpose: service"),
    Mutant("a request for a review goes as service", "V501", AFTER, "purpose: marketing}",
           "purpose: service}"),
    Mutant("the cart reminder's template is service", "V501", "templates/reminders.yaml",
           "title: Your basket is still here\npurpose: marketing",
           "title: Your basket is still here\npurpose: service"),
    Mutant("people join advertisements as service", "V501", "segments/audiences.yaml",
           "purpose: marketing ", "purpose: service "),
    # What was bought, complaints.
    Mutant("what was bought is promoted", "V502", STATE, BOUGHT, ""),
    Mutant("only service knows what was bought", "V510", STATE, "because: bought it already",
           "because: bought it already\npurposes: [service]"),
    Mutant("a cooldown of an hour", "V510", STATE, "within: 14d", "within: 1h"),
    Mutant("orders are compared, not products", "V510", STATE, "products[].product_id", "order_id"),
    Mutant("an open complaint does not matter", "V510", STATE, COMPLAINT, ""),
    Mutant("a push goes as service at night", "V503", BACK, "expires: 2d",
           "expires: 2d, purpose: service"),
    Mutant("a complaint matters to service only", "V510", STATE, "because: has an open complaint",
           "because: has an open complaint\npurposes: [service]"),
    Mutant("a complaint is over when it is opened", "V510", "segments/customers.yaml",
           "    - in_journey: complaint_hold\n", ""),
    # Pressure and nights.
    Mutant("no cap a week", "V510", PRESSURE, WEEK, ""),
    Mutant("thirty a week", "V510", PRESSURE, "at_most: 3", "at_most: 30"),
    Mutant("three a day", "V510", PRESSURE, "within: 7d", "within: 1d"),
    Mutant("the cap does not count push", "V510", PRESSURE, "at_most: 3",
           "at_most: 3\nchannels: [email, sms]"),
    Mutant("no cap on texts", "V510", PRESSURE, TEXTS, ""),
    Mutant("five texts a week", "V510", PRESSURE, "at_most: 1\n", "at_most: 5\n"),
    Mutant("texts ring at night", "V510", PRESSURE, "channels: [push, sms]", "channels: [push]"),
    Mutant("the night begins at half past eleven", "V510", PRESSURE, 'from: "21:00"',
           'from: "23:30"'),
    Mutant("the night is over at six", "V510", PRESSURE, 'to: "08:00"', 'to: "06:00"'),
    Mutant("only service has nights", "V510", PRESSURE, "channels: [push, sms]",
           "channels: [push, sms]\npurposes: [service]"),
    # Time.
    Mutant("a confirmation is awaited for ever", "V504", AFTER,
           "            - {after: 2d, leave: never confirmed}\n", ""),
    Mutant("a complaint waits twice for ever", "V504", CASE, "      - {after: 2d}\n",
           '      - {when: {local_time: {after: "09:00"}}}\n'),
    Mutant("nobody asks what a late confirmation means", "V505", AFTER, LATE, ""),
    Mutant("a dead CRM counts as a yes", "V505", AFTER,
           "      failed:\n        - leave: CRM not reached\n", ""),
    Mutant("a reminder lives for a month", "V509", CART, "expires: 30m", "expires: 30d"),
    Mutant("a question lives for a quarter", "V509", CART, "expires: 12h", "expires: 90d"),
    Mutant("a receipt lives for a year", "V509", AFTER,
           "on: service_email, expires: 4h}\n  - wait: 6d",
           "on: service_email, expires: 365d}\n  - wait: 6d"),
    Mutant("baskets are remembered for a year", "V510", CART, "at_most: 2}", "at_most: 150}"),
    # Twice.
    Mutant("a reminder outlives the next one", "V508", CART, "expires: 30m", "expires: 6h"),
    Mutant("a minute of patience", "V508", CART, "wait: 30m", "wait: 1m"),
    Mutant("both arms of a race ask", "V508", CART, RACE,
           RACE.replace("go_to: patience, at_most: 2}", f"then: [send: {QUESTION}]}}").replace(
               "{after: 2d}", f"{{after: 2d, then: [send: {QUESTION}]}}").replace(
               "\n", "\n", 1)),
    Mutant("ideas are sent twice", "V508", WELCOME, IDEAS, IDEAS + IDEAS),
    Mutant("help at every failed sign-in", "V510", LOGIN, "again: after 24h", "again: any time"),
    Mutant("the same basket twice at a time", "V508", CART, "again: after 24h", "again: any time"),
    Mutant("the same order twice at a time", "V508", AFTER, "again: once", "again: any time"),
    # Guards.
    Mutant("a guard that always holds", "V506", CART,
           "when: {did: Product Viewed, at_least: 2, within: 3h}",
           "when: {did: Product Viewed, at_least: 0, within: 3h}"),
    Mutant("a guard that the entry excludes", "V506", CART,
           "when: {did: Product Viewed, at_least: 2, within: 3h}",
           "when: {entry: {value: {under: 30}}}"),
    Mutant("old customers are welcomed", "V510", WELCOME,
           "      - age_of: {trait: customer_since, under: 30d}\n", ""),
    Mutant("only old customers are welcomed", "V510", WELCOME, "under: 30d", "over: 30d"),
    # Ways out and channels.
    Mutant("a buyer is still reminded", "V510", CART,
           "  - {on: Order Completed, same: cart_id, as: goal}\n", ""),
    Mutant("a buyer still gets first ideas", "V510", WELCOME,
           "leave:\n  - {on: Order Completed, as: goal}\n", ""),
    Mutant("a browse reminder does not say of what", "V502", BROWSE, ", about: product_id", ""),
    # Offers.
    Mutant("a discount goes with the full price", "V512", OFFERS, "kind: discount\n",
           "kind: discount\ngoes_with: [full_price]\n"),
    Mutant("a discount on all that is like it", "V512", OFFERS, TEN_OFF,
           TEN_OFF.replace("item: {from: product_id}", "category: {from: product_name}")),
    Mutant("a browse reminder does not say what it offers", "V512", REMINDERS,
           "offer: at_this_price\n", ""),
    Mutant("a question tells of its offer in one place of two", "V512", CART, LETTER,
           QUESTION, also=(
               (CART, f"\n  - send: {QUESTION}", f"\n  - send: {OFFERED}"),
               (REMINDERS, "offer: basket_10_off\n", ""),
           )),
)  # fmt: skip
