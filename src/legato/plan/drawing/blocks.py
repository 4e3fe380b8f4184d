"""Where the steps stand in the YAML of a journey, with the ids that they have when it is compiled.

The ids are those that `plan.rules.journeys.steps` gives; they are found here again from the text
alone, because a journey that does not compile is drawn too.
"""

from __future__ import annotations

from collections.abc import Iterator

from legato.model.noun import Noun
from legato.plan.drawing.kinds import KIND_OF, Slot
from legato.plan.drawing.paths import at, joined, parts_of
from legato.plan.rules.journeys.steps import WORDS
from legato.plan.source import Fields, Items, Leaf, Value


class Found(Noun, frozen=True, kw_only=True):
    """A step in the text."""

    path: str
    step_id: str
    tree: Fields
    word: str
    """What kind of step it is; empty: of none."""
    label: str

    @property
    def lists(self) -> tuple[str, ...]:
        """Where in it lists of steps may stand."""
        kind = KIND_OF.get(self.word)
        return tuple(slot.under for slot in kind.slots) if kind is not None else ()


class Fork(Noun, frozen=True, kw_only=True):
    """A way in the text."""

    path: str
    block: str
    slot: Slot
    prefix: str
    """Of the ids of its steps."""
    tree: Fields | None
    """The case, arm or answer; None: the way is a list of steps and nothing else."""
    steps: Value | None

    @property
    def inner(self) -> str:
        """Under which key of its case, arm or answer the steps stand."""
        return self.slot.under.rpartition("/")[2]


def steps_in(value: Value | None, path: str, prefix: str) -> list[Found]:
    """Return the steps of one list; what is no mapping has no id and is passed over."""
    if not isinstance(value, Items):
        return []
    found: list[Found] = []
    for index, item in enumerate(value.items):
        if isinstance(item, Fields):
            label = _label(item)
            step_id = label or f"{prefix}{len(found) + 1}"
            word = next((field.key for field in item.fields if field.key in WORDS), "")
            here = joined(path, str(index))
            found.append(Found(path=here, step_id=step_id, tree=item, word=word, label=label))
    return found


def forks_of(step: Found) -> list[Fork]:
    """Return the ways on from a step, those too that nobody wrote."""
    kind = KIND_OF.get(step.word)
    forks: list[Fork] = []
    for slot in kind.slots if kind is not None else ():
        if slot.is_repeated:
            forks += _repeated(step, slot)
        else:
            forks.append(_single(step, slot))
    return forks


def all_steps(value: Value | None, path: str = "steps", prefix: str = "") -> Iterator[Found]:
    """Return every step, each before those that stand in it."""
    for step in steps_in(value, path, prefix):
        yield step
        for fork in forks_of(step):
            yield from all_steps(fork.steps, fork.block, fork.prefix)


def _label(tree: Fields) -> str:
    value = tree.get("label")
    text = value.value if isinstance(value, Leaf) else None
    return text if isinstance(text, str) and text[:1].isalpha() else ""


def _single(step: Found, slot: Slot) -> Fork:
    block = joined(step.path, slot.under)
    return Fork(
        path=block,
        block=block,
        slot=slot,
        prefix=f"{step.step_id}.{parts_of(slot.under)[-1]}.",
        tree=None,
        steps=at(step.tree, slot.under),
    )


def _repeated(step: Found, slot: Slot) -> Iterator[Fork]:
    outer, _, inner = slot.under.partition("/*/")
    several = at(step.tree, outer)
    trees = several.items if isinstance(several, Items) else ()
    for index, tree in enumerate(trees):
        if isinstance(tree, Fields):
            path = joined(step.path, outer, str(index))
            yield Fork(
                path=path,
                block=joined(path, inner),
                slot=slot,
                prefix=f"{step.step_id}.{_part(slot, tree, index)}.",
                tree=tree,
                steps=tree.get(inner),
            )


def _part(slot: Slot, tree: Fields, index: int) -> str:
    match slot.under.partition("/*/")[0]:
        case "arms":
            name = tree.get("name")
            return str(name.value) if isinstance(name, Leaf) and name.value is not None else ""
        case "wait_for":
            return f"case{index + 1}"
        case _:
            return f"answer{index + 1}"
