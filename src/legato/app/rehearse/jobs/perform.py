"""Doing what was asked for, by the code that the commands of the same names call."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import assert_never

from legato.app.rehearse.backtest import (
    DRAFT,
    History,
    compare_plans,
    plan_named,
    read_index,
    start_of,
)
from legato.app.rehearse.hosts import Processes
from legato.app.rehearse.jobs.found import (
    BacktestFound,
    Beside,
    Counted,
    Covered,
    Found,
    Harm,
    Missed,
    Mistakes,
    NoHistory,
    ProofsFound,
    ProvedJourney,
    Said,
    ScenariosFound,
    StoryLine,
    TimelineRow,
    ToldDifference,
    ToldScenario,
    Walked,
)
from legato.app.rehearse.jobs.relive import relive
from legato.app.rehearse.jobs.simulating import simulated
from legato.app.rehearse.jobs.task import Backtest, Job, Prove, Relive, Scenarios, Simulate
from legato.app.rehearse.jobs.walk import walk_of
from legato.app.rehearse.parallel import Told, Work
from legato.app.rehearse.scenarios import (
    chosen,
    coverage_of,
    open_book,
    outcome_of,
    rehearse_scenario,
)
from legato.model.note import Story
from legato.model.plan import Plan
from legato.model.problem import LegatoError
from legato.plan.load import SCENARIOS, Loaded
from legato.plan.scale import scale_plan
from legato.simulate.backtest.compare import KINDS, Example
from legato.simulate.backtest.live import Span
from legato.simulate.backtest.report import LIMIT, MEANINGS, beside, kinds, sentence_of
from legato.simulate.backtest.went import Went
from legato.simulate.coverage.report import Coverage
from legato.simulate.proof.prove import Proof, prove
from legato.simulate.proof.script import exported
from legato.simulate.proof.violation import CODES, Violation
from legato.simulate.scenario.run import Lived
from legato.simulate.scenario.timeline import timeline
from legato.workspace import check_files


def perform(job: Job, tell: Told) -> Said:
    """Do it. Raises LegatoError."""
    if isinstance(job.task, Relive) and job.task.under == "running":
        return Said(found=relive(job.task, Path(job.data), None, tell))
    texts = {file: text for file, text in job.files.items() if file.startswith(SCENARIOS)}
    definitions = {file: text for file, text in job.files.items() if file not in texts}
    loaded = check_files(definitions)
    if loaded.plan is None:
        return Said(found=Mistakes(problems=loaded.problems))
    match job.task:
        case Scenarios(names=names):
            told = _rehearsed(texts, definitions, loaded, names=names, tell=tell)
            return Said(found=told)
        case Prove(journeys=journeys):
            return Said(found=_proved(loaded, job.meant(loaded.plan), journeys, tell))
        case Backtest():
            again = _lived_again(job.task, job, scale_plan(loaded.plan, job.speed), tell)
            return Said(found=again)
        case Simulate():
            return simulated(job.task, job, loaded.plan, tell)
        case Relive():
            draft = scale_plan(loaded.plan, job.speed)
            return Said(found=relive(job.task, Path(job.data), draft, tell))
        case _:
            assert_never(job.task)


def _rehearsed(
    texts: Mapping[str, str],
    definitions: Mapping[str, str],
    loaded: Loaded,
    *,
    names: tuple[str, ...],
    tell: Told,
) -> Found:
    plan = loaded.plan
    assert plan is not None, "it compiled"
    book = open_book(texts, definitions, plan)
    if book.problems:
        return Mistakes(problems=book.problems)
    scenarios = chosen(book.scenarios, names)
    shown: list[ToldScenario] = []
    stories: list[list[Story]] = []
    for number, scenario in enumerate(scenarios):
        tell("scenarios", number, len(scenarios))
        lived = rehearse_scenario(scenario, plan, book.changes)
        shown.append(_told(lived))
        stories.append(lived.stories)
    coverage = coverage_of(plan, stories)
    return ScenariosFound(
        scenarios=tuple(shown),
        coverage=tuple(_covered(coverage)),
        missing={measure: words for measure, words in coverage.missing.items() if words},
        demanded=None if loaded.demand is None else loaded.demand.coverage,
    )


def _told(lived: Lived) -> ToldScenario:
    outcome = outcome_of(lived)
    scenario = outcome.scenario
    return ToldScenario(
        name=scenario.name,
        place=scenario.place,
        zone=scenario.zone,
        is_right=outcome.is_right,
        misses=tuple(
            Missed(
                place=one.miss.place,
                person=one.miss.person,
                expected=one.miss.expected,
                actual=one.miss.actual,
                why=one.why,
            )
            for one in outcome.misses
        ),
        lines=tuple(
            TimelineRow(
                at=row.at,
                expected=row.expected,
                actual=row.actual,
                is_different=row.is_different,
            )
            for row in timeline(lived, [one.miss for one in outcome.misses])
        ),
    )


def _covered(coverage: Coverage) -> Iterator[Covered]:
    for name, shares in coverage.journeys.items():
        yield Covered(
            journey=name,
            shares={
                measure: Walked(walked=share.walked, total=share.total)
                for measure, share in shares.items()
            },
        )


def _proved(loaded: Loaded, plan: Plan, journeys: tuple[str, ...], tell: Told) -> Found:
    unknown = [name for name in journeys if name not in plan.journeys]
    if unknown:
        raise LegatoError(
            f"There is no journey named {unknown[0]}.",
            fix=f"There are: {', '.join(plan.journeys) or 'none'}.",
        )
    names = journeys or tuple(plan.journeys)
    order = {name: number for number, name in enumerate(names)}
    proofs = prove(
        plan,
        loaded.properties,
        loaded.waivers,
        only=journeys,
        progress=lambda name: tell("proofs", order[name], len(names)),
    )
    promises = {**CODES, **{one.name: one.title or one.name for one in loaded.properties}}
    return ProofsFound(
        journeys=tuple(_proof(proof, plan, loaded) for proof in proofs), promises=promises
    )


def _proof(proof: Proof, plan: Plan, loaded: Loaded) -> ProvedJourney:
    return ProvedJourney(
        journey=proof.journey,
        title=proof.title,
        state_count=proof.state_count,
        harms=tuple(_harm(each, plan, loaded) for each in proof.violations),
    )


def _harm(violation: Violation, plan: Plan, loaded: Loaded) -> Harm:
    scenario = exported(plan, violation, loaded.properties)
    return Harm(
        code=violation.code,
        promise=violation.property or violation.code,
        journey=violation.journey,
        step=violation.step,
        place=violation.place,
        what=violation.what,
        fix=violation.fix,
        story=violation.story,
        waived=violation.waived,
        scenario=scenario,
        walk=walk_of(violation.journey, scenario) if scenario else None,
    )


def _lived_again(task: Backtest, job: Job, draft: Plan, tell: Told) -> Found:
    work = Work(told=tell, processes=1)
    with History(Path(job.data)) as history:
        index = read_index(history, work)
        span = Span(start=start_of(task.since, index), end=index.last_at, speed=history.speed)
        was, now = (plan_named(name, index, draft) for name in (task.against, DRAFT))
        assert now is not None, "a draft is a plan"
        compared, count = compare_plans(history, index, span, (was, now), Processes(work))
    if count == 0:
        return NoHistory()
    return BacktestFound(
        against=task.against,
        start=span.start,
        end=span.end,
        currency=draft.currency,
        record_count=count,
        was=compared.was,
        now=compared.now,
        counts=tuple(
            Counted(difference=kind, meaning=MEANINGS[kind], count=all_of, certain=certain)
            for kind, all_of, certain in kinds(compared)
        ),
        same=compared.same,
        open=compared.open,
        gates=compared.gates,
        messages=compared.messages,
        stories=tuple(_story(one) for kind in KINDS for one in compared.examples.get(kind, ())),
        limit=LIMIT,
    )


def _story(example: Example) -> ToldDifference:
    difference = example.difference
    return ToldDifference(
        difference=difference.kind,
        person_id=difference.shown.person_id,
        sentence=sentence_of(example),
        is_certain=difference.is_first,
        beside=tuple(
            Beside(was=was and _line(was), now=now and _line(now)) for was, now in beside(example)
        ),
    )


def _line(one: Went) -> StoryLine:
    return StoryLine(
        at=one.at,
        message=one.message,
        channel=one.channel,
        fate=one.fate,
        why=one.why or one.reason,
    )
