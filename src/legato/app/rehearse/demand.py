"""Whether a workspace's scenarios show what it wants of them before it is applied.

They are lived through beside the process that serves, which must reach the network: no walls stand
here. Nothing of a rehearsed world can reach it, having no transport.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from legato.app.rehearse.scenarios import coverage_of, open_book, outcome_of, rehearse_scenario
from legato.model.definitions.property import Objection
from legato.model.note import Story
from legato.plan.load import SCENARIOS, Loaded
from legato.plan.scenarios.demand import uncovered, untold


def rehearsed(files: Mapping[str, str], loaded: Loaded) -> Iterable[Objection]:
    """Object to scenarios that come out otherwise, and to ways that none of them goes."""
    plan, demand = loaded.plan, loaded.demand
    if plan is None or demand is None:
        return
    texts = {file: text for file, text in files.items() if file.startswith(SCENARIOS)}
    definitions = {file: text for file, text in files.items() if file not in texts}
    book = open_book(texts, definitions, plan)
    yield from (Objection(problem=problem) for problem in book.problems)
    stories: list[list[Story]] = []
    for scenario in book.scenarios:
        lived = rehearse_scenario(scenario, plan, book.changes)
        stories.append(lived.stories)
        for one in outcome_of(lived).misses[:1]:
            told = untold(scenario.name, scenario.place, one.miss.expected, one.miss.actual)
            yield Objection(problem=told)
    coverage = coverage_of(plan, stories)
    edges = coverage.share("edges")
    if edges.walked < demand.coverage * edges.total:
        missing = coverage.missing["edges"]
        yield Objection(problem=uncovered(demand, edges.walked, edges.total, missing))
