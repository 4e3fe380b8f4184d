"""Names that scenarios use, looked up in the plan that they are about."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from legato.core.program import ZONE_TRAIT
from legato.expr.wall import is_zone
from legato.model.definitions.journey import Journey, Send, Split
from legato.model.event import NAME_OF_KIND, SMS_RECEIVED
from legato.model.plan import Plan
from legato.model.problem import Place
from legato.model.rule import Scalar
from legato.plan.findings import Findings, listed, nearest
from legato.plan.scenarios.scenario import What
from legato.plan.scope import HOW_TO_DECLARE

LISTED_MAX = 8
_ZONES = (
    "Europe/London",
    "Europe/Lisbon",
    "Europe/Berlin",
    "America/New_York",
    "Asia/Tokyo",
    "UTC",
)


class Names:
    """What there is in a plan. An unknown name is reported, with the nearest that is known."""

    def __init__(self, findings: Findings, plan: Plan) -> None:
        self.findings = findings
        self.plan = plan
        events = dict.fromkeys([*plan.events, *NAME_OF_KIND.values()])
        if any(source.opt_outs for source in plan.sources.values()):
            events[SMS_RECEIVED] = None
        self._known: Mapping[str, Iterable[str]] = {
            "event": events,
            "trait": [*plan.traits, *plan.computed],
            "source": plan.sources,
            "identifier": [kind.name for kind in plan.identity.kinds],
            "segment": plan.segments,
            "purpose": plan.purposes,
            "channel": plan.channels,
            "destination": plan.destinations,
            "template": plan.templates,
            "journey": plan.journeys,
        }

    def refer(self, kind: str, name: str, place: Place) -> bool:
        """Return whether a name is known; report it when it is not."""
        known = self._known[kind]
        if name in known or (kind == "event" and self.plan.accept_unknown):
            return True
        noun = "message" if kind == "template" else kind
        declare = HOW_TO_DECLARE[kind].format(name=name)
        self._unknown(noun, name, place, known, declare)
        return False

    def refer_zone(self, name: str, place: Place) -> bool:
        """Return whether the tables have a zone, and people can be known to live in one."""
        if not is_zone(name):
            self._unknown("time zone", name, place, _ZONES, "write it as Europe/Lisbon")
            return False
        if ZONE_TRAIT not in self.plan.traits and not self.plan.accept_unknown:
            declare = HOW_TO_DECLARE["trait"].format(name=ZONE_TRAIT)
            self._unknown("trait", ZONE_TRAIT, place, (), f"{declare}: it says where people live")
            return False
        return True

    def refer_step(self, journey: Journey, name: str, place: Place) -> bool:
        """Return whether a journey has a step."""
        if name in journey.steps:
            return True
        declare = f"name a step of {journey.name} by its label, or by its number in the list"
        self._unknown(f"step of {journey.name}", name, place, journey.steps, declare)
        return False

    def salt_of(self, split: str, arm: str, place: Place) -> str | None:
        """Return the salt of a split that has an arm; its journey need not be said."""
        splits = {
            step.salt: [one.name for one in step.arms]
            for journey in self.plan.journeys.values()
            for step in journey.steps.values()
            if isinstance(step, Split)
        }
        named = [salt for salt in splits if split in (salt, salt.rpartition("/")[2])]
        if len(named) != 1:
            short = [*splits, *(salt.rpartition("/")[2] for salt in splits)]
            self._unknown("split", split, place, short, "name a `split:`, as `journey/split`")
            return None
        if arm not in splits[named[0]]:
            known = splits[named[0]]
            self._unknown(f"arm of {split}", arm, place, known, "name one of its arms")
            return None
        return named[0]

    def refer_holdout(self, name: str, place: Place) -> bool:
        """Return whether there is a holdout."""
        known = [one.name for one in self.plan.policies.holdouts]
        if name in known:
            return True
        self._unknown("holdout", name, place, known, f"declare it (`holdout: {name}`)")
        return False

    def what(self, written: Scalar, place: Place) -> What | None:
        """Read which messages are meant: `cart_reminder`, `sms` or `cart_reminder by sms`."""
        message, _, channel = str(written).partition(" by ")
        if not channel and message in self.plan.channels and message not in self.plan.templates:
            return What(channel=message)
        if message == "anything":
            message = ""
        elif not channel and message not in self.plan.templates:
            known = [*self.plan.templates, *self.plan.channels]
            self._unknown("message or channel", message, place, known, "name a template")
            return None
        elif not self.refer("template", message, place):
            return None
        if channel and not self.refer("channel", channel, place):
            return None
        return What(message=message, channel=channel)

    def senders(self, what: What) -> list[Journey]:
        """Return the journeys that may send this."""
        return [
            journey
            for journey in self.plan.journeys.values()
            if any(isinstance(s, Send) and _is_of(s, what) for s in journey.steps.values())
        ]

    def _unknown(
        self, noun: str, name: str, place: Place, known: Iterable[str], declare: str
    ) -> None:
        near, names = nearest(name, known), list(known)
        fix = f"did you mean `{near}`? else {declare}" if near else declare
        if not near and 0 < len(names) <= LISTED_MAX:
            fix = f"use {listed(names)}; else {declare}"
        self.findings.report("N202", place, f"there is no {noun} named `{name}`", fix)


def _is_of(step: Send, what: What) -> bool:
    is_message = what.message in ("", step.message)
    return is_message and (not what.channel or what.channel in step.channels)
