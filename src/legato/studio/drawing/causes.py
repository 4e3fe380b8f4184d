"""Who changed what a draft rests on: problems of a drawing, beside the changes that made them."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable, Iterator, Sequence

from legato.app.app import App
from legato.app.audit import PLAN_APPLY, Recorded
from legato.model.instant import Instant
from legato.model.noun import Noun
from legato.plan.drawing.tree import Drawing
from legato.ports.audit import AuditQuestion

LOOKED_MAX = 50
"""Changes of what runs that are looked through, the latest first."""
_NAMED = re.compile(r"`([^`]+)`")
_CHANGE = re.compile(r"(?:removed|changed) \w+ (.+)")


class ProblemCause(Noun, frozen=True, kw_only=True):
    """A change of what runs that definitions in a draft do not fit."""

    change: str
    """As `removed event Order Completed`."""
    by: str
    at: Instant
    problems: tuple[str, ...]
    """What is wrong since."""


async def causes_of(host: App, drawing: Drawing) -> tuple[ProblemCause, ...]:
    """Return the latest changes of what a drawing's problems name."""
    told = [each.what for each in (*drawing.problems, *drawing.elsewhere)]
    if not told:
        return ()
    question = AuditQuestion(action=PLAN_APPLY, is_newest_first=True)
    rows = await asyncio.to_thread(host.audit.read, 0, LOOKED_MAX, question)
    return tuple(_causes(told, rows))


def _causes(told: Sequence[str], rows: Iterable[Recorded]) -> Iterator[ProblemCause]:
    left = list(told)
    for row in rows:
        for change in row.entry.detail.get("changes", "").split("; "):
            found = _CHANGE.fullmatch(change)
            wrong = [each for each in left if found and found[1] in _NAMED.findall(each)]
            if wrong:
                left = [each for each in left if each not in wrong]
                yield ProblemCause(
                    change=change, by=row.entry.actor, at=row.at, problems=tuple(wrong)
                )
