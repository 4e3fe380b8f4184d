"""A simulation that was asked for at a door: the crowd found, cast, and let live."""

from __future__ import annotations

from pathlib import Path

from msgspec.structs import replace

from legato.app.rehearse.jobs.crowd import CrowdFound, life_of
from legato.app.rehearse.jobs.found import Mistakes, NoHistory, Said
from legato.app.rehearse.jobs.task import Job, Simulate
from legato.app.rehearse.parallel import Told, Work
from legato.app.rehearse.simulation import Asked, Simulated, deeds_of_data, simulate
from legato.model.instant import DAY
from legato.model.plan import Plan
from legato.model.problem import LegatoError
from legato.plan.crowds.crowd import Crowd
from legato.plan.crowds.read import Crowds, read_crowds
from legato.plan.diff import following
from legato.plan.load import SCENARIOS
from legato.simulate.crowd.lives import Record, read_lives
from legato.simulate.crowd.page import page
from legato.simulate.world import START
from legato.workspace import check_files

SHARES = 1_000
"""Into how many parts the work is divided for whoever watches."""


def simulated(task: Simulate, job: Job, plan: Plan, tell: Told) -> Said:
    """Let the crowd live under a plan, and perhaps under what runs as well."""
    crowds = read_crowds(job.crowds, plan)
    if crowds.problems:
        return Said(found=Mistakes(problems=crowds.problems))
    crowd = _crowd(task, crowds)
    record: Record | None = None
    if not crowd.kinds:
        tell("casting", 0, 0)
        deeds = deeds_of_data(Path(job.data), job.speed)
        if not deeds:
            return Said(found=NoHistory())
        deeds.sort(key=lambda deed: deed.received_at)
        record = read_lives(deeds, plan)
    start = START if record is None else record.start + record.round
    running = _running(job) if task.beside_running else None
    plan = job.meant(plan)
    if running is not None:
        running, plan = job.meant(running), following(running, plan)
    asked = Asked(plan=plan, crowd=crowd, seed=task.seed, start=start)
    lives = 1 if running is None else 2
    now = _lived(record, asked, tell, share=(0, lives))
    was = None
    if running is not None:
        was = _lived(record, replace(asked, plan=running), tell, share=(1, lives))
    found = CrowdFound(
        crowd=task.crowd,
        is_recorded=record is not None,
        lives=task.people,
        days=task.days,
        seed=task.seed,
        start=start,
        currency=plan.currency,
        now=life_of(now),
        was=None if was is None else life_of(was),
    )
    return Said(found=found, page=page(now.report))


def _lived(record: Record | None, asked: Asked, tell: Told, *, share: tuple[int, int]) -> Simulated:
    before, lives = share
    work = Work(told=tell, processes=1)
    return simulate(
        record,
        asked,
        work,
        told=lambda done: tell("crowd", round(SHARES * (before + done) / lives), SHARES),
    )


def _crowd(task: Simulate, crowds: Crowds) -> Crowd:
    known = {one.name: one for one in crowds.crowds}
    if task.crowd and task.crowd not in known:
        raise LegatoError(
            f"There is no crowd named {task.crowd}.",
            fix=f"There are: {', '.join(known) or 'none'}. Describe one in crowds/.",
        )
    crowd = known[task.crowd] if task.crowd else Crowd()
    return replace(crowd, people=task.people, span=task.days * DAY)


def _running(job: Job) -> Plan:
    running = {file: text for file, text in job.running.items() if not file.startswith(SCENARIOS)}
    loaded = check_files(running)
    if loaded.plan is None:
        raise LegatoError(
            "What runs does not compile any longer, so nothing can be compared with it.",
            fix="Simulate the draft alone, or apply a workspace without mistakes.",
        )
    return loaded.plan
