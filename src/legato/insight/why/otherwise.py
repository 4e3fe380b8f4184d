"""What would have changed an answer, computed: the decision taken again with a change."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import structs

from legato.fold.then import Chronicle
from legato.fold.what_if import Otherwise, what_if
from legato.insight.sentences import moment
from legato.insight.why.answer import Answer
from legato.insight.why.thread import threads
from legato.model.ids import PersonId
from legato.model.note import Story
from legato.model.problem import Reason


def computed(answer: Answer, story: Sequence[Story], *, chronicle: Chronicle) -> Answer:
    """Return an answer with what would have sent the message, or why that cannot be computed."""
    if answer.kind not in ("refused", "held"):
        return answer
    thread = next(one for one in threads(story) if one.delivery_id == answer.delivery_id)
    row, decided = thread.decisions[-1]
    found = what_if(chronicle, PersonId(answer.person_id), decided, row)
    if isinstance(found, Reason):
        words = f"{answer.would_change}; say the gates, for it cannot be computed: {found.what}"
        return structs.replace(answer, would_change=words)
    return structs.replace(answer, would_change=_words(found), otherwise=found)


def _words(found: Sequence[Otherwise]) -> str:
    if not found:
        return "no change that was tried, nor any two of them together; more were not tried"
    first = found[0]
    what = " and ".join(first.changes)
    sent = f"it would have been sent by {first.channel} at {moment(first.at)}"
    is_pair = len(first.changes) > 1
    if len(found) == 1:
        return f"no single change; with {what} together {sent}" if is_pair else f"{what}: {sent}"
    ways = [f"{' and '.join(one.changes)} (by {one.channel})" for one in found]
    single = "no single change; " if is_pair else ""
    return f"{single}any one of: {'; '.join(ways)}"
