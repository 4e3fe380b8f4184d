"""Rollouts: how many of those who enter a journey get its present version, and what the rest get.

Who is among them is drawn from the person and the journey's name alone. So a person who gets the
present version at one share gets it at every larger one, and a text that is mended meanwhile goes
to the same people.
"""

from __future__ import annotations

from legato.model.ids import PersonId, share
from legato.model.noun import Noun


class Rollout(Noun, frozen=True, kw_only=True):
    """The share of a journey's present version."""

    share: float
    """Of 1.0."""
    before: str | None = None
    """The version that the others enter: one of Plan.retired, or the present one, where nothing
    else ran before. Empty: there was none, and they are not let in. None: nobody knows yet, for
    the plan has not been compared with the one that runs; they are not let in either."""

    def takes(self, journey: str, person_id: PersonId) -> bool:
        """Return whether a person is among those who get the present version."""
        return drawn(journey, person_id) < self.share


def drawn(journey: str, person_id: PersonId) -> float:
    """Return where a person falls in [0, 1): a share above it takes them in. The same for ever."""
    return share(f"rollout:{journey}", person_id)


def percent(part: float) -> str:
    """Write a share as people do: `10 %`, `0.5 %`."""
    return f"{round(part * 100, 4):g} %"
