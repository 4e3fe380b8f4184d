"""Why a rule cannot be told of people as they stand."""

from __future__ import annotations

from legato.core.program import Program
from legato.expr import depends
from legato.model.rule import Rule


def why_untold(program: Program, rule: Rule) -> str:
    """Say why a part cannot be told for people as the running plan has them; empty: it can."""
    plan = program.plan
    is_of_event = depends.paths(rule, "event") or depends.paths(rule, "entry")
    if is_of_event or depends.paths(rule, "answer") or depends.reads_about(rule):
        return "it looks at what happens then, not at the person"
    if any(slot.slot_id not in program.slots for slot in depends.slots(rule)):
        return "it is not measured yet: it will be, of the past too, when this is applied"
    if any(name not in plan.segments for name in depends.segments(rule)):
        return "a segment that it names does not run yet"
    if any(not _is_there(program, name) for name in depends.traits(rule)):
        return "a trait that it names is not kept yet"
    return ""


def _is_there(program: Program, name: str) -> bool:
    """Return whether what runs keeps such a trait: `address.city` may lead into `address`."""
    plan = program.plan
    head = name.partition(".")[0].removesuffix("[]")
    return name in plan.traits or name in plan.computed or head in plan.traits
