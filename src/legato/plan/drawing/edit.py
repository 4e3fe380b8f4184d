"""Commands on a journey, done to the very text of its file.

A command is done to the text and to the plain values beside it; where the two do not come out the
same, the text is laid out in a way that is not understood here, and the command is refused instead
of guessed. Nothing is kept: who edits has the texts before, and that is how they undo.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, assert_never, cast

import msgspec

from legato.model.noun import Noun
from legato.plan.drawing import said
from legato.plan.drawing.blocks import Fork, Found, all_steps, forks_of
from legato.plan.drawing.commands import (
    AddBranch,
    Command,
    DeleteStep,
    DuplicateStep,
    InsertStep,
    MoveStep,
    NewJourney,
    RemoveBranch,
    RemoveField,
    RenameField,
    RenameJourney,
    SetField,
)
from legato.plan.drawing.draw import find_journey
from legato.plan.drawing.kinds import KIND_OF
from legato.plan.drawing.layout import Misfit
from legato.plan.drawing.names import begun, renamed
from legato.plan.drawing.paths import joined, parent, parts_of
from legato.plan.drawing.splice import Sheet, differing
from legato.plan.drawing.twin import Twin
from legato.plan.findings import Findings
from legato.plan.source import Document, Fields, chunks, plain, read_documents


class Edited(Noun, frozen=True, kw_only=True):
    """Texts after commands."""

    files: Mapping[str, str]
    journey: str
    """Its name, which a command may have changed."""
    said: tuple[str, ...]
    """What was done, a sentence for each command, after 'undo:'."""
    path: str = ""
    """What the last command was about: to be shown and selected."""


class NotDone(Noun, frozen=True, kw_only=True):
    """Why a command was not done; then none of them was."""

    number: int
    """Which of the commands, counted from 0."""
    what: str
    fix: str


def edit(files: Mapping[str, str], journey: str, commands: Sequence[Command]) -> Edited | NotDone:
    """Do commands one after the other to a journey of a workspace's texts."""
    done = Edited(files=files, journey=journey, said=())
    for number, command in enumerate(commands):
        try:
            done = _next(done, command)
        except Misfit as misfit:
            return NotDone(number=number, what=misfit.what, fix=misfit.fix)
    return done


def _next(before: Edited, command: Command) -> Edited:
    if isinstance(command, NewJourney):
        files = begun(before.files, command)
        sentence, journey, path = f"begin the journey {command.name}", command.name, ""
    elif isinstance(command, RenameJourney):
        files = renamed(before.files, before.journey, command.name)
        sentence, journey, path = f"rename it to {command.name}", command.name, ""
    else:
        document = find_journey(before.files, before.journey)
        if document is None or document.tree is None:
            raise Misfit(
                "This journey is not there, or its text is no YAML.",
                "Look at the drawing's problems first.",
            )
        desk = _Desk(document, before.files[document.place.file])
        path, sentence = desk.do(command)
        journey = before.journey
        files = {**before.files, document.place.file: desk.finished()}
    return Edited(files=files, journey=journey, said=(*before.said, sentence), path=path)


class _Desk:
    """One journey's document, under one command."""

    def __init__(self, document: Document, text: str) -> None:
        assert document.tree is not None, "it was read"
        self._file = document.place.file
        self._number = _number_of(self._file, text, document.name)
        self._tree: Fields = document.tree
        self._sheet = Sheet(text, _first_line(text, document))
        self._twin = Twin(plain(document.tree))
        self._steps = {step.path: step for step in all_steps(document.tree.get("steps"))}
        self._forks = {
            fork.path: (step, fork) for step in self._steps.values() for fork in forks_of(step)
        }
        self._blocks = {"steps": None} | {fork.block: None for _, fork in self._forks.values()}

    def do(self, command: Command) -> tuple[str, str]:
        """Do a command; return what it was about, and what was done. Raises Misfit."""
        match command:
            case InsertStep():
                return self._insert_step(command)
            case DeleteStep():
                step = self._step(command.path)
                self._cut(command.path)
                return parent(command.path)[0], f"delete {said.of_step(step)}"
            case MoveStep():
                return self._move(command)
            case DuplicateStep():
                return self._duplicate(command)
            case SetField():
                return self._set(command)
            case RemoveField():
                self._cut(command.path)
                return parent(command.path)[0], f"remove {said.of_path(command.path)}"
            case RenameField():
                _check_kept(command.path)
                self._sheet.rename(command.path, command.key)
                self._twin.rename(command.path, command.key)
                path = joined(parent(command.path)[0], command.key)
                return path, f"write {command.key} for {parent(command.path)[1]}"
            case AddBranch():
                return self._add_branch(command)
            case RemoveBranch():
                step, fork = self._way(command.path)
                if fork.tree is None and fork.steps is None:
                    raise Misfit("This way is not written.", "It has nothing to remove.")
                self._cut(command.path)
                return step.path, f"remove a way of {said.of_step(step)}"
            case NewJourney() | RenameJourney():
                raise AssertionError("these are about whole files")
            case _:
                assert_never(command)

    def finished(self) -> str:
        """Return the text, once it says what it should. Raises Misfit."""
        documents = read_documents(self._file, self._sheet.text, Findings())
        tree = documents[self._number].tree if self._number < len(documents) else None
        if tree is None or _bytes(plain(tree)) != _bytes(self._twin.value):
            raise Misfit(
                "This part of the text is laid out in a way that cannot be edited here.",
                "Edit it as text: write lists and mappings as blocks, without `&` and `<<`.",
            )
        return self._sheet.text

    # -- Steps -----------------------------------------------------------------------------------

    def _insert_step(self, command: InsertStep) -> tuple[str, str]:
        kind = KIND_OF.get(command.kind)
        given: Any = kind.template if command.step is None and kind is not None else command.step
        value = cast("dict[str, Any]", given) if isinstance(given, dict) else {}
        if not value:
            raise Misfit("A step is a mapping, or of a kind.", "See GET /api/drawing/kinds.")
        self._check_block(command.into)
        self._open_way(command.into)
        self._insert(command.into, command.index, value)
        return joined(command.into, str(command.index)), f"add {said.of_value(value)}"

    def _open_way(self, block: str) -> None:
        """Turn the end of a case into a step, behind which another may be put before it."""
        outer, key = parent(block)
        if key != "then" or outer not in self._forks:
            return
        case = cast("dict[str, Any]", self._twin.get(outer))
        words = ("leave",) if "leave" in case else ("go_to", "at_most") if "go_to" in case else ()
        end = {word: case[word] for word in words if word in case}
        for word in end:
            self._cut(joined(outer, word))
        if end:
            self._insert(block, 0, end)

    def _move(self, command: MoveStep) -> tuple[str, str]:
        step = self._step(command.path)
        self._check_block(command.into)
        if command.into == command.path or command.into.startswith(f"{command.path}/"):
            raise Misfit("A step cannot be moved into itself.", "Move it somewhere else.")
        outer, last = parent(command.path)
        index, into = command.index, command.into
        if into == outer and index > int(last):
            index -= 1
        text, value = self._sheet.item_text(command.path), self._twin.get(command.path)
        self._cut(command.path)
        into = _after_cut(into, outer, int(last))
        self._write(into, index, text, value)
        return joined(into, str(index)), f"move {said.of_step(step)}"

    def _duplicate(self, command: DuplicateStep) -> tuple[str, str]:
        step = self._step(command.path)
        outer, last = parent(command.path)
        text, value = self._sheet.item_text(command.path), self._twin.get(command.path)
        index = int(last) + 1
        self._write(outer, index, text, value)
        copy = joined(outer, str(index))
        for each in self._steps.values():
            if each.label and (each.path == command.path or _is_in(each.path, command.path)):
                self._cut(joined(copy, each.path[len(command.path) + 1 :], "label"))
        return copy, f"duplicate {said.of_step(step)}"

    def _write(self, block: str, index: int, text: str | None, value: Any) -> None:  # noqa: ANN401 - JSON
        """Insert a step as it was written, where that can be; else as its values say."""
        if text is not None and self._sheet.insert_text(block, index, text):
            self._twin.insert(block, index, value)
        else:
            self._insert(block, index, value)

    # -- Fields ----------------------------------------------------------------------------------

    def _set(self, command: SetField) -> tuple[str, str]:
        _check_kept(command.path)
        for path, value in differing(self._twin.get(command.path), command.value, command.path):
            self._sheet.put(path, value)
            self._twin.put(path, value)
        return command.path, f"set {said.of_path(command.path)}"

    def _add_branch(self, command: AddBranch) -> tuple[str, str]:
        step = self._step(command.path)
        slots = KIND_OF[step.word].slots if step.word else ()
        slot = next((each for each in slots if each.under == command.under), None)
        if slot is None:
            raise Misfit(f"This step has no ways under `{command.under}`.", "See its kind's slots.")
        sentence = f"add a way to {said.of_step(step)}"
        if not slot.is_repeated:
            path = joined(step.path, slot.under)
            if self._twin.get(path) is not None:
                raise Misfit("This way is there already.", "Put steps into it.")
            self._sheet.put(path, [])
            self._twin.put(path, [])
            return path, sentence
        path = joined(step.path, slot.under.partition("/*/")[0])
        count = self._twin.count(path)
        index = count if command.index is None else command.index
        self._insert(path, index, slot.template if command.value is None else command.value)
        return joined(path, str(index)), sentence

    # -- Both at once ----------------------------------------------------------------------------

    def _insert(self, path: str, index: int, value: Any) -> None:  # noqa: ANN401 - JSON
        self._sheet.insert(path, index, value)
        self._twin.insert(path, index, value)

    def _cut(self, path: str) -> None:
        _check_kept(path)
        self._sheet.cut(path)
        self._twin.cut(path)

    def _step(self, path: str) -> Found:
        step = self._steps.get(path)
        if step is None:
            raise Misfit(f"There is no step at `{path}`.", "Look at the journey anew.")
        return step

    def _way(self, path: str) -> tuple[Found, Fork]:
        way = self._forks.get(path)
        if way is None:
            raise Misfit(f"There is no way at `{path}`.", "Look at the journey anew.")
        return way

    def _check_block(self, path: str) -> None:
        if path not in self._blocks:
            raise Misfit(f"`{path}` is no list of steps.", "Name a way's `block`, or `steps`.")


def _check_kept(path: str) -> None:
    """Refuse to change what makes a document the journey that it is."""
    if path in ("", "journey"):
        raise Misfit("A journey is named by a command of its own.", "Use rename_journey.")


def _is_in(path: str, outer: str) -> bool:
    return path.startswith(f"{outer}/")


def _after_cut(path: str, outer: str, number: int) -> str:
    """Return what a path has become once an item before it is gone."""
    if not _is_in(path, outer):
        return path
    first, *rest = parts_of(path[len(outer) + 1 :])
    moved = str(int(first) - 1) if int(first) > number else first
    return joined(outer, moved, *rest)


def _number_of(file: str, text: str, name: str) -> int:
    documents: Iterable[Document] = read_documents(file, text, Findings())
    return next(
        number
        for number, each in enumerate(documents)
        if each.kind == "journey" and each.name == name
    )


def _first_line(text: str, document: Document) -> int:
    line = document.place.line - 1
    return max(first for first, _ in chunks(text) if first <= line)


def _bytes(value: Any) -> bytes:  # noqa: ANN401 - JSON
    return msgspec.json.encode(value, order="deterministic")
