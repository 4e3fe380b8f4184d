"""What can be done to a journey's text: one command each. Paths are those of its drawing."""

from __future__ import annotations

from typing import Any, TypeAlias

from legato.model.noun import Noun


class InsertStep(Noun, frozen=True, kw_only=True, tag_field="edit", tag="insert_step"):
    """Put a step into a list of steps, made where it is not there yet."""

    into: str
    """Path of the list: `steps`, or a way's `block`."""
    index: int
    kind: str = ""
    """What kind, as its template says..."""
    step: Any = None
    """...or the step itself, as it will stand in YAML."""


class DeleteStep(Noun, frozen=True, kw_only=True, tag_field="edit", tag="delete_step"):
    """Take a step out, with all that stands in it; what was before it goes on at what was after."""

    path: str


class MoveStep(Noun, frozen=True, kw_only=True, tag_field="edit", tag="move_step"):
    """Put a step elsewhere, as it stands, with its comments."""

    path: str
    into: str
    index: int
    """Before which step of `into`, counted while the step still stands where it stood."""


class DuplicateStep(Noun, frozen=True, kw_only=True, tag_field="edit", tag="duplicate_step"):
    """Put a copy of a step behind it, without the labels, which are there once."""

    path: str


class SetField(Noun, frozen=True, kw_only=True, tag_field="edit", tag="set_field"):
    """Put a value where a path leads: of a step, of a way, or of the head."""

    path: str
    value: Any


class RemoveField(Noun, frozen=True, kw_only=True, tag_field="edit", tag="remove_field"):
    """Take a key or an item out, with its value."""

    path: str


class RenameField(Noun, frozen=True, kw_only=True, tag_field="edit", tag="rename_field"):
    """Give a key another name; its value stays."""

    path: str
    key: str


class AddBranch(Noun, frozen=True, kw_only=True, tag_field="edit", tag="add_branch"):
    """Add a way to a step."""

    path: str
    """Of the step."""
    under: str
    """Which of its kind's slots."""
    index: int | None = None
    """Before which of the ways there; None: behind all."""
    value: Any = None
    """The case, arm or answer; None: the slot's template."""


class RemoveBranch(Noun, frozen=True, kw_only=True, tag_field="edit", tag="remove_branch"):
    """Take a way out, with the steps on it."""

    path: str
    """Of the way."""


class RenameJourney(Noun, frozen=True, kw_only=True, tag_field="edit", tag="rename_journey"):
    """Give the journey another name; conditions of others that name it follow."""

    name: str


class NewJourney(Noun, frozen=True, kw_only=True, tag_field="edit", tag="new_journey"):
    """Begin a journey in a file of its own."""

    name: str
    title: str = ""
    owner: str = ""
    purpose: str = ""
    enter: Any = None
    """How people come in, as it will stand in YAML; None: by a call."""


Command: TypeAlias = (
    InsertStep
    | DeleteStep
    | MoveStep
    | DuplicateStep
    | SetField
    | RemoveField
    | RenameField
    | AddBranch
    | RemoveBranch
    | RenameJourney
    | NewJourney
)
