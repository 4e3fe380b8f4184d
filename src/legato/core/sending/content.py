"""What a message says: templates filled with what the engine knows at the decision."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

from legato.core.moment import Moment
from legato.core.privacy.filled import Text
from legato.core.privacy.law import ceiling_of
from legato.expr.path import Json
from legato.expr.tally import measure
from legato.expr.template import TemplateFault, compile_template
from legato.model.definitions.links import LINKS
from legato.model.delivery import Used
from legato.model.event import decode_object
from legato.model.instant import format_instant
from legato.model.noun import Noun
from legato.model.state import Enrollment

HTML_FIELD = "html"
"""The field of a message whose variables are escaped, so that a name cannot carry markup."""


class Written(Noun, frozen=True, kw_only=True):
    """A text that was filled."""

    content: Mapping[str, Any] = {}
    used: tuple[Used, ...] = ()


def write(moment: Moment, enrollment: Enrollment | None, text: Text) -> Written | TemplateFault:
    """Fill a text. Outside of a journey the event is the one that is looked at."""
    entry = _entry(moment, enrollment)
    names = _variables(moment, enrollment, text, entry)
    content = _render_content(text.fields, names)
    if isinstance(content, TemplateFault):
        return content
    return Written(content=content, used=moment.program.filled.used(text, names, entry))


def _variables(
    moment: Moment, enrollment: Enrollment | None, text: Text, entry: str
) -> dict[str, Any]:
    """Return what templates may name: the person, the event, the sender, and links.

    Of the person and the event, only what the purpose and the destination may have.
    """
    state, program = moment.state, moment.program
    ceiling = ceiling_of(program.plan.destinations.get(text.destination))
    view = program.views.of(text.purpose, ceiling, entry)
    body = moment.body if enrollment is None else decode_object(enrollment.entry)
    profile = {name: trait.value for name, trait in state.traits.items() if name in view.traits}
    for name in view.computed:
        slot = program.computed[name]
        value = measure(slot, state.history.get(slot.slot_id), moment.at, moment.zone)
        if value is not None:
            profile[name] = value
    return {
        "profile": profile,
        "event": view.body(body),
        "journey": {"name": enrollment.journey if enrollment else ""},
        "person": {"id": state.person_id} if view.shows_person else {},
        "now": format_instant(moment.now),
        "sender": program.sender,
        **LINKS,
    }


def _entry(moment: Moment, enrollment: Enrollment | None) -> str:
    """Name the event that a message is given; empty where none began the journey."""
    if enrollment is None:
        return moment.name
    course = moment.program.courses.get(enrollment.version)
    entry = course.journey.entry if course is not None else None
    return entry.on if entry is not None and entry.kind == "event" else ""


def _render_content(
    content: Mapping[str, Any], names: Mapping[str, Any]
) -> dict[str, Any] | TemplateFault:
    """Fill every text of a nested mapping; with a fault, the first is returned instead."""
    faults: list[TemplateFault] = []
    filled = {key: _render(key, value, names, faults) for key, value in content.items()}
    return faults[0] if faults else filled


def _render(key: str, value: Json, names: Mapping[str, Any], faults: list[TemplateFault]) -> Json:
    if isinstance(value, str):
        template = compile_template(value, is_html=key == HTML_FIELD)
        text = template if isinstance(template, TemplateFault) else template.render(names)
        if isinstance(text, TemplateFault):
            faults.append(text)
        return text
    if isinstance(value, Mapping):
        inner = cast("Mapping[str, Json]", value)
        return {key: _render(key, one, names, faults) for key, one in inner.items()}
    if isinstance(value, list | tuple):
        return [_render(key, one, names, faults) for one in cast("Sequence[Json]", value)]
    return value
