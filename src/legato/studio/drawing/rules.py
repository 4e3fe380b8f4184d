"""The route of one rule: read back in words, what is wrong with it, and who it is true of now."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from litestar import Router, post
from litestar.params import JSONBody

from legato.core.program import Program
from legato.insight.matching.matching import Matching, count_matching
from legato.model.noun import Noun
from legato.plan.drawing.rules.rule import FILE, rule_in, with_rule
from legato.plan.drawing.tree import DrawnProblem
from legato.studio.access import needs
from legato.studio.drawing.texts import check_depth, merged
from legato.studio.host import Host
from legato.studio.refusal import Refused
from legato.workspace import check_files

RULE_LENGTH_MAX = 20_000


class AskedRule(Noun, frozen=True, kw_only=True):
    """A rule, as it stands under `when`."""

    rule: Any
    event: str = ""
    """What begins the journey that it is of; empty: it is a segment's, or no event begins it."""
    path: str = ""
    """Where it stands in the journey's drawing: its problems' paths begin there."""
    files: Mapping[str, str | None] = {}
    """Texts in place of the running ones."""


class ShownRule(Noun, frozen=True, kw_only=True):
    sentence: str
    """After 'someone who'; where something is wrong, of what reads."""
    problems: tuple[DrawnProblem, ...]
    who: Matching | None
    """None: something is wrong with it."""


@post("/", opt=needs("rehearse"), status_code=200, summary="A rule in words, and who it is true of")
async def read_rule(data: JSONBody[AskedRule], host: Host) -> ShownRule:
    """Read a rule as the engine would; nothing is changed, and nobody is named."""
    check_depth(data.rule)
    files = with_rule(merged(host, data.files), data.rule, data.event)
    if len(files[FILE]) > RULE_LENGTH_MAX:
        raise Refused(
            status=413,
            code="request.too_large",
            message=f"A rule has at most {RULE_LENGTH_MAX:,} characters.",
            fix="Make a segment of a part of it.",
        )
    loaded = await asyncio.to_thread(check_files, files)
    read = rule_in(files, loaded, data.path)
    who = None
    if read.rule is not None and not read.problems:
        program, now = Program(host.plan()), host.clock.now()
        who = await asyncio.to_thread(count_matching, host.records, program, read.rows, now)
    return ShownRule(sentence=read.sentence, problems=read.problems, who=who)


RULES = Router("/api/drawing/rule", route_handlers=[read_rule], tags=["drawing"])
