"""Properties: what shall hold on every way through the journeys; and waivers, where it need not."""

from __future__ import annotations

from typing import Literal, TypeAlias

from legato.model.instant import Duration
from legato.model.noun import Noun
from legato.model.problem import Place, Problem
from legato.model.rule import Rule


class Messages(Noun, frozen=True, kw_only=True):
    """Which messages a property speaks of."""

    kind: Literal["any", "promotional", "named"] = "any"
    names: tuple[str, ...] = ()
    by: tuple[str, ...] = ()
    """Channels; empty: whichever."""
    of: tuple[str, ...] = ()
    """Journeys that send them; empty: whichever."""


class NeverSends(Noun, frozen=True, kw_only=True, tag="never_sends"):
    """None of these is decided while all of this is so."""

    messages: Messages
    when: Rule | None = None
    after: str = ""
    """An event that happened since the person entered the journey."""
    same: str = ""
    """It agrees with the entry event on this property."""
    without: str = ""
    """A purpose that the person has not consented to by the channel."""


class NeverEnters(Noun, frozen=True, kw_only=True, tag="never_enters"):
    """Nobody comes into a journey while this is so."""

    journey: str
    when: Rule


class NeverBoth(Noun, frozen=True, kw_only=True, tag="never_both"):
    """No person gets one of these messages while in a journey that sends another of them."""

    names: tuple[str, ...]


class AtMost(Noun, frozen=True, kw_only=True, tag="at_most"):
    """No person gets more of these in any such time."""

    limit: int
    within: Duration
    messages: Messages


class Ends(Noun, frozen=True, kw_only=True, tag="ends"):
    """Whoever is in a journey has left it after so long."""

    journey: str
    within: Duration


Claim: TypeAlias = NeverSends | NeverEnters | NeverBoth | AtMost | Ends


class Property(Noun, frozen=True, kw_only=True):
    """A claim, with the name that reports call it by."""

    name: str
    title: str
    owner: str
    claim: Claim
    place: Place


class Waiver(Noun, frozen=True, kw_only=True):
    """Leave to go on although a check objects, and the reason that goes on the audit with it.

    Any check of a whole workspace can be waived in this way: it names its objection by a code,
    and perhaps by the journey and the step that it is about.
    """

    code: str
    """Or the name of a property."""
    because: str
    journey: str = ""
    """Empty: the objection about whatever."""
    step: str = ""
    """A label or a step's id; empty: about any step of the journey."""

    def is_about(self, objection: Objection) -> bool:
        """Return whether it is leave to go on in spite of this."""
        return (
            self.code in (objection.problem.code, objection.property)
            and self.journey in ("", objection.journey)
            and self.step in ("", objection.step)
        )


class Objection(Noun, frozen=True, kw_only=True):
    """Why a workspace whose definitions are right should still not run."""

    problem: Problem
    journey: str = ""
    """Empty: about the workspace."""
    step: str = ""
    property: str = ""
    """The promise that is not kept."""
