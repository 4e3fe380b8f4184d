"""What a proof finds: a property that a journey breaks, where, how, and what to do about it."""

from __future__ import annotations

from msgspec.structs import replace

from legato.model.definitions.journey import Journey
from legato.model.definitions.property import Objection
from legato.model.noun import Noun
from legato.model.problem import Place, Problem
from legato.simulate.proof.states import Move

CODES = {
    "V501": "no message without consent to what it is for",
    "V502": "nothing promotional for what was just bought",
    "V503": "nothing promotional in quiet hours",
    "V504": "every wait ends by itself",
    "V505": "every handoff is answered, or something else happens",
    "V506": "every step can be reached",
    "V507": "every guard decides something",
    "V508": "no message twice at a time",
    "V509": "every message expires soon enough",
    "V510": "what the workspace promises",
    "V511": "everything was looked at",
    "V512": "no promise goes around the gate of offers",
}
"""What is proved of every journey."""


class Violation(Noun, frozen=True, kw_only=True):
    """A property that does not hold, and the shortest way on which it does not."""

    code: str
    journey: str
    step: str = ""
    place: Place
    what: str
    fix: str
    property: str = ""
    """Of the workspace's own, its name."""
    channel: str = ""
    message: str = ""
    moves: tuple[Move, ...] = ()
    ending: tuple[Move, ...] = ()
    """What happens last, after the moves: the facts in which the violation lies."""
    story: tuple[str, ...] = ()
    """The same in words, a sentence each."""
    waived: str = ""
    """Why it does not stand, where somebody has said so."""
    beside: str = ""
    """Which older versions run with it, in words; empty: it is so of the present ones alone."""

    def after(self, moves: tuple[Move, ...]) -> Violation:
        """Return it with the way that leads to it; moves of its own follow the first."""
        return replace(self, moves=(*moves[:1], *self.moves, *moves[1:]))

    def objection(self) -> Objection:
        """Return it as what stands against applying the workspace."""
        told = f" ({self.beside})" if self.beside else ""
        told += f": {' '.join(self.story)}" if self.story else ""
        problem = Problem(code=self.code, place=self.place, what=f"{self.what}{told}", fix=self.fix)
        return Objection(
            problem=problem, journey=self.journey, step=self.step, property=self.property
        )


def place_of(journey: Journey, step: str = "") -> Place:
    """Return where a step stands, or the journey."""
    written = journey.places.get(step) or next(iter(journey.places.values()), "")
    file, _, line = written.rpartition(":")
    if not step:
        return Place(file=file or f"journeys/{journey.name}.yaml", line=1, column=1)
    return Place(file=file, line=int(line or 1), column=1)
