"""YAML text as a tree of values that know their place.

YAML 1.2, so that `on`, `yes` and `no` are words. Documents of a file are read one by one: a slip in
one does not hide the mistakes of the others.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any, Protocol, TypeAlias, cast

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from legato.model.noun import Noun
from legato.model.problem import Place, Problem
from legato.model.rule import Scalar
from legato.plan.findings import Findings

SIZE_MAX = 100_000
"""Values in one document, each use of an alias counted: ten lines of them can mean billions."""
KEPT_FILES = 256
"""Files whose trees are kept beside those of the workspace that was read last."""
KEPT_LENGTH_MAX = 20_000
"""A longer file is read anew: what is kept takes ten to fifty times the room of its text."""
INTEGER_MAX = 2**63 - 1
"""Stores and JSON readers hold no larger whole number."""

_DIVIDER = re.compile(r"---(?=\s|$)")
_HEAD = re.compile(r"([A-Za-z_]+)\s*:\s*(?:\"([^\"]*)\"|'([^']*)'|([^#\n]*))")
_TAG = "tag:yaml.org,2002:"
_MERGE = f"{_TAG}merge"
_TYPES = ("null", "bool", "int", "float", "str", "seq", "map", "timestamp", "merge")


class _Mark(Protocol):
    """Where ruamel says something stands, counted from 0."""

    line: int
    column: int


class _Node(Protocol):
    """What we read of ruamel's nodes, which carry no types."""

    id: str
    tag: object
    start_mark: _Mark
    value: Any


class _Slip(Protocol):
    """What we read of ruamel's complaints."""

    problem: str | None
    problem_mark: _Mark | None
    context: str | None
    context_mark: _Mark | None


class Leaf(Noun, frozen=True, kw_only=True):
    """A text, number, boolean or nothing."""

    place: Place
    value: Scalar


class Items(Noun, frozen=True, kw_only=True):
    """A list."""

    place: Place
    items: tuple[Value, ...]


class Field(Noun, frozen=True, kw_only=True):
    """A key and its value; `place` is the key's."""

    key: str
    place: Place
    value: Value


class Fields(Noun, frozen=True, kw_only=True):
    """A mapping, in the order written."""

    place: Place
    fields: tuple[Field, ...]

    def get(self, key: str) -> Value | None:
        """Return the value under a key."""
        return next((field.value for field in self.fields if field.key == key), None)


Value: TypeAlias = Leaf | Items | Fields


class Document(Noun, frozen=True, kw_only=True):
    """One document of a file. `tree` is None where the text is no YAML; its head is known still."""

    place: Place
    kind: str
    """Its first key, which says what the document is."""
    name: str
    """The first key's value, where that is a word."""
    tree: Fields | None


_Read: TypeAlias = tuple[tuple[Document, ...], tuple[Problem, ...]]


def read_documents(file: str, text: str, findings: Findings) -> list[Document]:
    """Read all documents of a file; what is no YAML is reported and passed over."""
    is_small = len(text) <= KEPT_LENGTH_MAX
    documents, problems = (KEPT.read if is_small else _read)(file, text)
    for problem in problems:
        findings.add(problem)
    return list(documents)


def _read(file: str, text: str) -> _Read:
    findings = Findings()
    readers = [(_Reader(file, line, findings), chunk) for line, chunk in chunks(text)]
    found = [reader.read(chunk) for reader, chunk in readers]
    return tuple(document for document in found if document is not None), findings.all()


class Kept:
    """Trees of files: who draws a journey changes one and has all others read, many times a minute.

    Those used longest ago go first.
    """

    def __init__(self, files_max: int = KEPT_FILES) -> None:
        self._files_max = files_max
        self.read = lru_cache(maxsize=files_max)(_read)
        """Returns the documents of a file, read now or before."""

    def make_room(self, files: int) -> None:
        """Keep at least so many files, of a workspace that is about to be read, and some more."""
        wanted = 1 << (files + KEPT_FILES).bit_length()
        # Where there was room for none beside them, each edit would push out what is read next.
        if files + KEPT_FILES // 4 > self._files_max or wanted < self._files_max // 4:
            self._files_max = wanted
            self.read = lru_cache(maxsize=wanted)(_read)


KEPT = Kept()


def plain(value: Value) -> Any:  # noqa: ANN401 - JSON can be anything
    """Return a value without its places: what JSON would hold."""
    match value:
        case Leaf():
            return value.value
        case Items():
            return [plain(item) for item in value.items]
        case Fields():
            return {field.key: plain(field.value) for field in value.fields}


def chunks(text: str) -> Iterator[tuple[int, str]]:
    """Return the documents of a file as text, each with its first line, counted from 0."""
    lines = text.removeprefix("\ufeff").splitlines(keepends=True)
    start = 0
    for number, line in enumerate(lines):
        if number > start and _DIVIDER.match(line):
            yield start, "".join(lines[start:number])
            start = number
    yield start, "".join(lines[start:])


class _Reader:
    """Reads one document: `first_line` is where it begins in its file, counted from 0."""

    def __init__(self, file: str, first_line: int, findings: Findings) -> None:
        self._file = file
        self._first_line = first_line
        self._findings = findings
        self._done: dict[_Node, tuple[Value, int]] = {}
        self._open: dict[_Node, None] = {}
        self._is_broken = False

    def read(self, chunk: str) -> Document | None:
        root = self._compose(_DIVIDER.sub("   ", chunk, count=1) if chunk[:3] == "---" else chunk)
        if isinstance(root, Problem):
            self._findings.add(root)
            return self._salvage(chunk)
        if root is None:
            return None
        tree, _ = self._value(root)
        if self._is_broken:  # what stands in for the broken value would only be a second mistake
            return self._salvage(chunk)
        match tree:
            case Leaf(value=None):
                return None
            case Fields(fields=(first, *_)):
                name = first.value.value if isinstance(first.value, Leaf) else ""
                return Document(
                    place=first.place,
                    kind=first.key,
                    name=name if isinstance(name, str) else _spoken(name),
                    tree=tree,
                )
            case _:
                self._findings.report(
                    "D101",
                    tree.place,
                    "a document must be a mapping whose first key says what it is",
                    "begin it with a line such as `event: Order Completed`",
                )
                return None

    def _compose(self, chunk: str) -> _Node | Problem | None:
        try:
            parser = cast("Any", YAML(typ="safe", pure=True))
            return cast("_Node | None", parser.compose(chunk))
        except MarkedYAMLError as error:
            slip = cast("_Slip", error)
            mark = slip.problem_mark or slip.context_mark
            place = self._place(mark.line, mark.column) if mark else self._place(0, 0)
            return _syntax_problem(place, slip)
        except YAMLError as error:
            return _character_problem(self._file, self._first_line, chunk, error)
        except RecursionError:
            return Problem(
                code="Y004",
                place=self._place(0, 0),
                what="this document is nested too deeply to be read",
                fix="nest less",
            )

    def _salvage(self, chunk: str) -> Document | None:
        """Keep the name of a broken document: what refers to it is not a second mistake."""
        for number, line in enumerate(chunk.splitlines()):
            head = _HEAD.match(line)
            if head:
                name = head[2] or head[3] or (head[4] or "").strip()
                return Document(place=self._place(number, 0), kind=head[1], name=name, tree=None)
        return None

    def _break(self, code: str, place: Place, what: str, fix: str) -> None:
        self._is_broken = True
        self._findings.report(code, place, what, fix)

    def _place(self, line: int, column: int) -> Place:
        return Place(file=self._file, line=self._first_line + line + 1, column=column + 1)

    def _value(self, node: _Node) -> tuple[Value, int]:
        """Return the value of a node and its size with every alias spelled out."""
        if node in self._done:
            return self._done[node]
        place = self._place(node.start_mark.line, node.start_mark.column)
        if node in self._open:
            self._break(
                "Y004", place, "this value contains itself", "write the value out without an alias"
            )
            return Leaf(place=place, value=None), 1
        self._open[node] = None
        value, size = self._inside(node, place)
        del self._open[node]
        if size > SIZE_MAX:
            self._break(
                "Y004",
                place,
                f"this value holds more than {SIZE_MAX:,} values once its aliases are spelled out",
                "use fewer aliases, or split the document",
            )
            value, size = Leaf(place=place, value=None), 1
        self._done[node] = value, size
        return value, size

    def _inside(self, node: _Node, place: Place) -> tuple[Value, int]:
        tag = str(node.tag or "")
        if tag and tag.removeprefix(_TAG) not in _TYPES:
            self._break(
                "Y005", place, f"the tag `{tag}` means nothing here", "write the value without it"
            )
        match node.id:
            case "mapping":
                return self._fields(node, place)
            case "sequence":
                pairs = [self._value(item) for item in cast("list[_Node]", node.value)]
                items = tuple(value for value, _ in pairs)
                return Items(place=place, items=items), 1 + sum(size for _, size in pairs)
            case _:
                return Leaf(place=place, value=self._scalar(node, tag, place)), 1

    def _fields(self, node: _Node, place: Place) -> tuple[Value, int]:
        found: dict[str, Field] = {}
        merged: dict[str, Field] = {}
        size = 1
        for key_node, value_node in cast("list[tuple[_Node, _Node]]", node.value):
            key_place = self._place(key_node.start_mark.line, key_node.start_mark.column)
            if key_node.id != "scalar":
                self._break(
                    "Y005", key_place, "a key must be a word", "write a word before the colon"
                )
                continue
            key = self._written(key_node, key_place)
            value, inner = self._value(value_node)
            size += inner
            if str(key_node.tag or "") == _MERGE:
                merged |= self._merged(value)
                continue
            if key in found:
                self._findings.report(
                    "Y002",
                    key_place,
                    f"the key `{key}` is already given in line {found[key].place.line}",
                    "remove one of the two",
                )
                continue
            found[key] = Field(key=key, place=key_place, value=value)
        # What is written here goes before what is merged in, wherever the `<<` stands.
        return Fields(place=place, fields=tuple({**merged, **found}.values())), size

    def _merged(self, value: Value) -> dict[str, Field]:
        """Return the fields that `<<: *other` brings; of several mappings the first wins."""
        sources = value.items if isinstance(value, Items) else (value,)
        merged: dict[str, Field] = {}
        for one in reversed(sources):
            if not isinstance(one, Fields):
                what = "`<<` takes a mapping that stands elsewhere under a name"
                self._break("Y005", one.place, what, "write `<<: *name`, and `&name` there")
                return {}
            merged |= {field.key: field for field in one.fields}
        return merged

    def _scalar(self, node: _Node, tag: str, place: Place) -> Scalar:
        text = self._written(node, place)
        match tag.removeprefix(_TAG):
            case "null":
                return None
            case "bool":
                return text.lower() == "true"
            case "int":
                return self._integer(text, place)
            case "float" if text.lower().lstrip("+-") not in {".inf", ".nan"}:
                return float(text.replace("_", ""))
            case _:  # a date is a text too: what is meant by it depends on where it stands
                return text

    def _written(self, node: _Node, place: Place) -> str:
        """Return a text; one that no file could hold (half a surrogate pair) is reported."""
        text = str(node.value)
        if not text.isascii() and any("\ud800" <= letter <= "\udfff" for letter in text):
            self._break(
                "Y005", place, "this text holds half a character", "write the whole character"
            )
            return ""
        return text

    def _integer(self, text: str, place: Place) -> int:
        bare = text.replace("_", "")
        base = {"0x": 16, "0o": 8, "0b": 2}.get(bare.lstrip("+-")[:2].lower(), 10)
        if len(bare) > len("-0b") + 64 or abs(number := int(bare, base)) > INTEGER_MAX:
            self._break(
                "Y005",
                place,
                "this whole number does not fit into 64 bits",
                "quote it, if it is an identifier rather than an amount",
            )
            return 0
        return number


def _spoken(value: Scalar) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case _:
            return str(value)


def _syntax_problem(place: Place, error: _Slip) -> Problem:
    said = error.problem or error.context or "it cannot be read"
    if "\\t" in said or "\t" in said:
        return Problem(
            code="Y003",
            place=place,
            what="a tab stands where YAML wants spaces",
            fix="indent with spaces",
        )
    if "alias" in said:
        return Problem(
            code="Y001",
            place=place,
            what=f"this is not YAML: {said}",
            fix="define the anchor (`&name`) before its first alias (`*name`)",
        )
    return Problem(
        code="Y001",
        place=place,
        what=f"this is not YAML: {said}",
        fix="check the indentation, the colons and the quotes in this line and the one above",
    )


def _character_problem(file: str, first_line: int, chunk: str, error: YAMLError) -> Problem:
    position = getattr(error, "position", 0)
    before = chunk[: position if isinstance(position, int) else 0]
    line = before.count("\n")
    return Problem(
        code="Y001",
        place=Place(
            file=file,
            line=first_line + line + 1,
            column=len(before) - (before.rfind("\n") + 1) + 1,
        ),
        what="this is not YAML: it holds a character that cannot be printed",
        fix="remove the character, or save the file as UTF-8",
    )
