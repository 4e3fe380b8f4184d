"""Draws a journey: its text, what it compiled to where it did, and its problems, as one tree."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, TypeAlias, cast

from legato.model.definitions.journey import END, Journey, JourneyStep, Leave
from legato.plan.drawing.blocks import Fork, Found, all_steps, forks_of, steps_in
from legato.plan.drawing.kinds import KIND_OF
from legato.plan.drawing.paths import at, joined
from legato.plan.drawing.problems import Finder, told
from legato.plan.drawing.tree import (
    Drawing,
    DrawnCall,
    DrawnChoice,
    DrawnConfirmation,
    DrawnGoTo,
    DrawnJoin,
    DrawnLeave,
    DrawnLeaveAudience,
    DrawnProblem,
    DrawnSend,
    DrawnSet,
    DrawnSplit,
    DrawnUnknown,
    DrawnWait,
    DrawnWaitFor,
    DrawnWaitUntil,
    Head,
    Said,
    Step,
    Way,
)
from legato.plan.explain import again_text, entry_text, exit_text, step_text, ways
from legato.plan.findings import Findings
from legato.plan.load import ENDINGS, SCENARIOS, Loaded
from legato.plan.rollouts.words import rollout_words
from legato.plan.rules.journeys.flow import successors
from legato.plan.source import Document, Fields, Items, Leaf, Value, plain, read_documents

_Forked: TypeAlias = (
    type[DrawnWaitFor]
    | type[DrawnConfirmation]
    | type[DrawnChoice]
    | type[DrawnSplit]
    | type[DrawnCall]
)
_Plain: TypeAlias = (
    type[DrawnWait]
    | type[DrawnWaitUntil]
    | type[DrawnSend]
    | type[DrawnSet]
    | type[DrawnJoin]
    | type[DrawnLeaveAudience]
    | type[DrawnLeave]
)
_FORKED: Mapping[str, _Forked] = {
    "wait_for": DrawnWaitFor,
    "await_confirmation": DrawnConfirmation,
    "when": DrawnChoice,
    "split": DrawnSplit,
    "call": DrawnCall,
}
_PLAIN: Mapping[str, _Plain] = {
    "wait": DrawnWait,
    "wait_until": DrawnWaitUntil,
    "send": DrawnSend,
    "set": DrawnSet,
    "join": DrawnJoin,
    "leave_audience": DrawnLeaveAudience,
    "leave": DrawnLeave,
}


def draw(files: Mapping[str, str], loaded: Loaded, journey: str) -> Drawing | None:
    """Draw one journey of a workspace's texts; None: they have none of this name."""
    document = find_journey(files, journey)
    return None if document is None else _Artist(document, loaded).drawing()


def find_journey(files: Mapping[str, str], name: str) -> Document | None:
    """Return the document of a journey."""
    return next((each for each in journeys_in(files) if each.name == name), None)


def journeys_in(files: Mapping[str, str]) -> list[Document]:
    """Return the documents of all journeys, in the order of the files."""
    return [
        document
        for file in sorted(files)
        if file.endswith(ENDINGS) and not file.startswith(SCENARIOS)
        for document in read_documents(file, files[file], Findings())
        if document.kind == "journey"
    ]


def kinds_in(file: str, text: str) -> list[str]:
    """Return the kinds of definitions that stand in a file, each once."""
    return list(dict.fromkeys(each.kind for each in read_documents(file, text, Findings())))


class _Artist:
    """Draws one journey, once."""

    def __init__(self, document: Document, loaded: Loaded) -> None:
        self._document = document
        self._loaded = loaded
        self._tree = document.tree or Fields(place=document.place, fields=())
        self._compiled = _compiled(document, loaded)
        self._found = list(all_steps(self._tree.get("steps")))
        self._paths = {step.step_id: step.path for step in self._found}
        self._finder = Finder(self._tree, _names_in(loaded))
        self._problems = self._sorted_problems()
        self._owners = self._owners_of_problems()

    def drawing(self) -> Drawing:
        own, elsewhere = self._problems
        return Drawing(
            journey=self._document.name,
            file=self._document.place.file,
            head=self._head(),
            steps=self._steps(self._tree.get("steps"), "steps", ""),
            labels={step.label: step.path for step in self._found if step.label},
            problems=own,
            elsewhere=elsewhere,
            is_plan=self._loaded.plan is not None,
            is_read=self._document.tree is not None,
        )

    # -- Mistakes --------------------------------------------------------------------------------

    def _sorted_problems(self) -> tuple[tuple[DrawnProblem, ...], tuple[DrawnProblem, ...]]:
        place, last = self._document.place, _last_line(self._tree)
        own: list[DrawnProblem] = []
        elsewhere: list[DrawnProblem] = []
        for problem in self._loaded.problems:
            is_here = problem.place.file == place.file and (
                place.line <= problem.place.line <= last or self._document.tree is None
            )
            if is_here:
                own.append(self._finder.problem(problem))
            else:
                elsewhere.append(told(problem))
        return tuple(own), tuple(elsewhere)

    def _owners_of_problems(self) -> Mapping[str, tuple[DrawnProblem, ...]]:
        """Return the problems by the way or step that they are of; empty: the head."""
        steps = {step.path: None for step in self._found}
        forks = {fork.path: None for step in self._found for fork in forks_of(step)}
        owners: dict[str, list[DrawnProblem]] = {}
        for problem in self._problems[0]:
            path = problem.path
            while path and path not in steps and path not in forks:
                path = path.rpartition("/")[0]
            owners.setdefault(path, []).append(problem)
        return {path: tuple(found) for path, found in owners.items()}

    def _of(self, path: str) -> tuple[DrawnProblem, ...]:
        return self._owners.get(path, ())

    # -- Head ------------------------------------------------------------------------------------

    def _head(self) -> Head:
        compiled = self._compiled
        return Head(
            name=self._document.name,
            title=self._word("title") or self._document.name,
            owner=self._word("owner"),
            purpose=self._word("purpose"),
            overdue=self._word("overdue") or "skip",
            entry=Said(
                path="enter",
                sentence=f"Begins {entry_text(compiled.entry)}" if compiled else "",
                fields=_plain(self._tree.get("enter")),
            ),
            frequency=Said(
                path="enter/again",
                sentence=again_text(compiled.entry) if compiled else "",
                fields=_plain(at(self._tree, "enter/again")),
            ),
            exits=self._exits(),
            rollout=self._rollout(),
            fields=_without(self._tree, ("steps",)),
            place=self._document.place,
            problems=self._of(""),
        )

    def _rollout(self) -> Said | None:
        plan, name = self._loaded.plan or self._loaded.draft, self._document.name
        value = self._tree.get("rollout")
        if value is None:
            return None
        words = rollout_words(plan, name) if plan is not None and self._compiled else ""
        sentence = f"Rolled out: {words}" if words else ""
        return Said(path="rollout", sentence=sentence, fields=_plain(value))

    def _word(self, key: str) -> str:
        value = self._tree.get(key)
        return str(value.value) if isinstance(value, Leaf) and value.value is not None else ""

    def _exits(self) -> tuple[Said, ...]:
        value = self._tree.get("leave")
        if value is None or self._compiled is None:
            return ()
        is_list = isinstance(value, Items)
        items: Iterable[Value] = value.items if isinstance(value, Items) else (value,)
        trees = [(index, item) for index, item in enumerate(items) if isinstance(item, Fields)]
        return tuple(
            Said(
                path=joined("leave", str(index)) if is_list else "leave",
                sentence=exit_text(way),
                is_goal=way.is_goal,
                fields=plain(item),
            )
            for (index, item), way in zip(trees, self._compiled.exits, strict=False)
        )

    # -- Steps -----------------------------------------------------------------------------------

    def _steps(self, value: Value | None, path: str, prefix: str) -> tuple[Step, ...]:
        found = {step.path: step for step in steps_in(value, path, prefix)}
        items = value.items if isinstance(value, Items) else ()
        drawn: list[Step] = []
        for index, item in enumerate(items):
            here = joined(path, str(index))
            step = found.get(here)
            drawn.append(self._unknown(here, item) if step is None else self._step(step))
        return tuple(drawn)

    def _step(self, found: Found) -> Step:
        step = self._compiled.steps.get(found.step_id) if self._compiled else None
        family = KIND_OF[found.word].family if found.word else "act"
        sentence = step_text(step) if step is not None else ""
        fields, place = _without(found.tree, found.lists), found.tree.place
        problems, onward = self._of(found.path), self._onward(step)
        if found.word in _FORKED:
            return _FORKED[found.word](
                path=found.path,
                step_id=found.step_id,
                label=found.label,
                family=family,
                sentence=sentence,
                fields=fields,
                place=place,
                problems=problems,
                ways=self._ways(found, step),
            )
        if found.word == "go_to":
            return DrawnGoTo(
                path=found.path,
                step_id=found.step_id,
                label=found.label,
                family=family,
                sentence=sentence,
                fields=fields,
                place=place,
                next=onward,
                problems=problems,
                target=self._target(found.tree.get("go_to")),
            )
        return _PLAIN.get(found.word, DrawnUnknown)(
            path=found.path,
            step_id=found.step_id,
            label=found.label,
            family=family,
            sentence=sentence,
            fields=fields,
            place=place,
            next=onward,
            problems=problems,
        )

    def _unknown(self, path: str, item: Value) -> Step:
        return DrawnUnknown(
            path=path,
            step_id="",
            label="",
            family="act",
            sentence="",
            fields=plain(item),
            place=item.place,
            problems=self._of(path),
        )

    def _onward(self, step: JourneyStep | None) -> str:
        goals = successors(step) if step is not None else ()
        return self._paths.get(goals[-1], "") if goals else ""

    def _target(self, label: Value | None) -> str:
        name = label.value if isinstance(label, Leaf) else None
        labels = {step.label: step.path for step in self._found if step.label}
        return labels.get(name, "") if isinstance(name, str) else ""

    # -- Ways ------------------------------------------------------------------------------------

    def _ways(self, found: Found, step: JourneyStep | None) -> tuple[Way, ...]:
        said: list[tuple[str, str] | None] = [*(ways(step) if step is not None else ())]
        drawn: list[Way] = []
        if found.word == "await_confirmation":
            drawn.append(self._confirmed(found, said.pop(0) if said else None))
        forks = _shown(forks_of(found))
        said += [None] * (len(forks) - len(said))
        drawn += [self._way(fork, each) for fork, each in zip(forks, said, strict=False)]
        return tuple(drawn)

    def _confirmed(self, found: Found, said: tuple[str, str] | None) -> Way:
        """Return the way that no list of steps stands on: what is awaited has come."""
        label, goal = said or ("Confirmed", END)
        path = joined(found.path, "await_confirmation")
        return Way(
            path=path,
            block="",
            label=label,
            fields=None,
            steps=(),
            next=self._paths.get(goal, ""),
        )

    def _way(self, fork: Fork, said: tuple[str, str] | None) -> Way:
        label, goal = said or (fork.slot.title, END)
        compiled = self._compiled.steps.get(goal) if self._compiled else None
        is_end = goal not in self._paths and isinstance(compiled, Leave)
        written = fork.tree if fork.tree is not None else fork.steps
        return Way(
            path=fork.path,
            block=fork.block,
            label=label,
            fields=_without(fork.tree, (fork.inner,)) if fork.tree is not None else None,
            steps=self._steps(fork.steps, fork.block, fork.prefix),
            next=self._paths.get(goal, ""),
            ends=compiled.outcome if is_end and isinstance(compiled, Leave) else "",
            place=None if written is None else written.place,
            is_written=written is not None,
            problems=self._of(fork.path),
        )


def _shown(forks: list[Fork]) -> list[Fork]:
    """Leave out the ways that only exist where somebody wrote them."""
    return [fork for fork in forks if fork.steps is not None or not fork.slot.is_optional]


def _compiled(document: Document, loaded: Loaded) -> Journey | None:
    return loaded.draft.journeys.get(document.name) if loaded.draft is not None else None


def _names_in(loaded: Loaded) -> Mapping[str, Iterable[str]]:
    plan = loaded.draft
    return {} if plan is None else {"channel": plan.channels, "purpose": plan.purposes}


def _last_line(value: Value) -> int:
    """Return the last line on which anything of a value begins."""
    match value:
        case Fields():
            return max([value.place.line, *(_last_line(field.value) for field in value.fields)])
        case Items():
            return max([value.place.line, *(_last_line(item) for item in value.items)])
        case Leaf():
            return value.place.line


def _plain(value: Value | None) -> Any:  # noqa: ANN401 - JSON
    return None if value is None else plain(value)


def _without(tree: Fields, lists: Iterable[str]) -> Any:  # noqa: ANN401 - JSON
    """Return a mapping without the lists of steps in it."""
    whole = plain(tree)
    for under in lists:
        _cut(whole, under.split("/"))
    return whole


def _cut(value: Any, parts: list[str]) -> None:  # noqa: ANN401 - JSON
    first, *rest = parts
    if first == "*":
        for each in cast("list[Any]", value) if isinstance(value, list) else ():
            _cut(each, rest)
    elif isinstance(value, dict):
        fields = cast("dict[str, Any]", value)
        if rest:
            _cut(fields.get(first), rest)
        else:
            fields.pop(first, None)
