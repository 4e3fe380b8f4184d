"""What a change concerns: every definition that rests on what it changes, whose, and how many."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from legato.model.definitions.journey import Audience, Call, Journey, Send
from legato.model.noun import Noun
from legato.model.plan import Approvals, Plan
from legato.model.problem import Place, Problem
from legato.plan.diff import FAMILIES, Change, compare
from legato.plan.impact.breaking import Broken, broken
from legato.plan.impact.readers import Ref, readers, resting_on

MICROS = 1_000_000


class Heads(Noun, frozen=True, kw_only=True):
    """How many people there are, and are in each journey and segment now."""

    all: int = 0
    journeys: Mapping[str, int] = {}
    segments: Mapping[str, int] = {}


class Touched(Noun, frozen=True, kw_only=True):
    """A definition that changes, or rests on one that does."""

    family: str
    name: str
    owner: str = ""
    is_changed: bool = False
    through: tuple[str, ...] = ()
    """What it rests on, as `segment vip`, from itself to what changes."""
    people: int | None = None
    """Now in the segment or journey."""
    reach: int | None = None
    """Of a journey: how many it may take in at most."""
    cost_micros: int = 0
    """Of a journey: what sending everything it may send to all of them costs at most."""


class Impact(Noun, frozen=True, kw_only=True):
    """What a change concerns."""

    changes: tuple[Change, ...] = ()
    touched: tuple[Touched, ...] = ()
    broken: tuple[Broken, ...] = ()
    """Facts that it removes, retypes or measures differently."""
    teams: tuple[str, ...] = ()
    """Who owns what changes, and what rests on it."""
    reach: int = 0
    """People in what it concerns, at most."""
    cost_micros: int = 0


def impact_of(before: Plan, after: Plan, heads: Heads) -> Impact:
    """Return what activating `after` concerns, beside what it changes."""
    changes = compare(before, after, heads.journeys)
    changed = list(dict.fromkeys(Ref(change.family, change.name) for change in changes))
    lost = broken(before, after)
    known = readers(before, after)
    begun = [*changed, *(Ref(each.family, each.name) for each in lost)]
    found = resting_on(begun, known)
    ways = [
        *((ref, ()) for ref in changed),
        *((ref, _through(ref, found)) for ref in found if ref.family not in _INNER),
    ]
    touched = [_touched(ref, way, (before, after), heads) for ref, way in ways]
    touched += _destinations(touched, (before, after))
    owners = [owner for ref, _ in ways for owner in _owners(ref, (before, after))]
    return Impact(
        changes=changes,
        touched=tuple(touched),
        broken=lost,
        teams=tuple(sorted(dict.fromkeys(owners))),
        reach=_reach(touched, heads),
        cost_micros=sum(each.cost_micros for each in touched),
    )


def reasons_to_ask(policy: Approvals | None, impact: Impact, *, is_policy: bool) -> tuple[str, ...]:
    """Return why a change needs approval, in words. `is_policy`: it changes that very policy."""
    if policy is None:
        return ()
    found: list[str] = []
    if policy.reaches_over is not None and impact.reach > policy.reaches_over:
        people = "1 person" if impact.reach == 1 else f"{impact.reach:,} people"
        found.append(f"it may reach {people}, more than {policy.reaches_over:,}")
    limit = policy.costs_over_micros
    if limit is not None and impact.cost_micros > limit:
        cost, most = impact.cost_micros / MICROS, limit / MICROS
        found.append(f"what it concerns may cost {cost:,.2f}, more than {most:,.2f}")
    if policy.is_breaking and (impact.broken or _is_breaking(impact.changes)):
        found.append("it is breaking")
    if is_policy:
        found.append("it changes who has to be asked")
    return tuple(found)


def unapproved(reasons: tuple[str, ...]) -> Problem:
    """Say why definitions cannot be applied as they are."""
    return Problem(
        code="B402",
        place=Place(file="legato.yaml", line=1, column=1),
        what=f"this change has to be approved first: {'; '.join(reasons)}",
        fix="propose it with `legato change propose FOLDER --title ...`; those who own what it "
        "concerns are asked",
    )


_INNER = ("property", "version")


def _is_breaking(changes: Iterable[Change]) -> bool:
    return any(change.kind == "breaking" for change in changes)


def _through(ref: Ref, found: Mapping[Ref, Ref]) -> tuple[str, ...]:
    path: list[str] = []
    while ref in found:
        ref = found[ref]
        path.append(str(ref).replace("/", "."))
    return tuple(path)


def _touched(ref: Ref, way: tuple[str, ...], plans: tuple[Plan, Plan], heads: Heads) -> Touched:
    owner = next(iter(reversed(_owners(ref, plans))), "")
    people = reach = None
    cost = 0
    if ref.family == "segment":
        people = heads.segments.get(ref.name, 0)
    elif ref.family == "journey":
        people = heads.journeys.get(ref.name, 0)
        journey = plans[1].journeys.get(ref.name)
        reach = people if journey is None else max(people, _takes_in(journey, plans[0], heads))
        cost = 0 if journey is None else reach * _cost(journey, plans[1])
    return Touched(
        family=ref.family,
        name=ref.name,
        owner=owner,
        is_changed=not way,
        through=way,
        people=people,
        reach=reach,
        cost_micros=cost,
    )


def _takes_in(journey: Journey, running: Plan, heads: Heads) -> int:
    """Return how many may come in: the members of its segment, else whoever there is."""
    entry = journey.entry
    segment = entry.on if entry.kind == "segment" else entry.segment
    return heads.segments.get(segment, 0) if segment in running.segments else heads.all


def _cost(journey: Journey, plan: Plan) -> int:
    """Return what one passage costs at most: every send once, by its dearest channel."""
    costs = [
        max((plan.channels[name].cost_micros for name in step.channels), default=0)
        for step in journey.steps.values()
        if isinstance(step, Send)
    ]
    return sum(costs)


def _reach(touched: Iterable[Touched], heads: Heads) -> int:
    """Return how many people are concerned at most: somebody may be in several."""
    counts = [each.people if each.reach is None else each.reach for each in touched]
    return min(sum(filter(None, counts)), heads.all)


def _destinations(touched: Iterable[Touched], plans: tuple[Plan, Plan]) -> Iterator[Touched]:
    """Walk the destinations at which what is touched comes out."""
    known = {each.name: None for each in touched if each.family == "destination"}
    for each in list(touched):
        for plan in plans:
            for name in _outlets(each, plan):
                if name not in known:
                    known[name] = None
                    through = (f"{each.family} {each.name}", *each.through)
                    yield Touched(family="destination", name=name, through=through)


def _outlets(each: Touched, plan: Plan) -> Iterator[str]:
    if each.family == "audience" and each.name in plan.audiences:
        yield plan.audiences[each.name].destination
    elif each.family == "channel" and each.name in plan.channels:
        yield plan.channels[each.name].destination
    elif each.family == "journey" and each.name in plan.journeys:
        for step in plan.journeys[each.name].steps.values():
            match step:
                case Send():
                    yield from (plan.channels[name].destination for name in step.channels)
                case Audience():
                    yield plan.audiences[step.audience].destination
                case Call():
                    yield step.destination
                case _:
                    pass


def _owners(ref: Ref, plans: Iterable[Plan]) -> list[str]:
    """Return who owns a definition, before and after."""
    field = "journeys" if ref.family == "journey" else FAMILIES.get(ref.family, "")
    found = [getattr(plan, field).get(ref.name) for plan in plans if field]
    owners = [getattr(each, "owner", None) or "" for each in found]
    return [owner for owner in owners if owner]
