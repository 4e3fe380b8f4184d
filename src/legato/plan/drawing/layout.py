"""Where each value of a document begins and ends in its file's very text."""

from __future__ import annotations

import re
from typing import Any, Literal, Protocol, cast

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from legato.plan.drawing.paths import parts_of
from legato.plan.source import chunks

_DIVIDER = re.compile(r"---(?=\s|$)")
_BLOCK_SCALAR = ("|", ">")


class Misfit(Exception):  # noqa: N818 - an answer, not a fault
    """A command cannot be done to this text. Raised and caught inside of drawing alone."""

    def __init__(self, what: str, fix: str) -> None:
        super().__init__(what)
        self.what = what
        self.fix = fix


class _Mark(Protocol):
    index: int


class _Node(Protocol):
    """What we read of ruamel's nodes, which carry no types."""

    id: str
    style: str | None
    flow_style: bool | None
    start_mark: _Mark
    end_mark: _Mark
    value: Any


class Span:
    """A value in the text: [start, end) without the comments and line breaks behind it."""

    def __init__(self, kind: Literal["map", "list", "leaf"], start: int, end: int) -> None:
        self.kind = kind
        self.start = start
        self.end = end
        self.is_flow = False
        self.items: list[Span] = []
        self.keys: list[tuple[str, Span]] = []
        """Of a mapping: each key, and where it is written; `items` are its values."""

    def value_of(self, key: str) -> Span | None:
        """Return the value under a key."""
        number = self.number_of(key)
        return None if number is None else self.items[number]

    def number_of(self, key: str) -> int | None:
        """Return the how-manieth a key is."""
        return next((n for n, (name, _) in enumerate(self.keys) if name == key), None)


class Layout:
    """One document of a file's text."""

    def __init__(self, text: str, first_line: int) -> None:
        """`first_line` is where the document begins, counted from 0. Raises Misfit."""
        self.text = text
        self._offset, chunk = _chunk_at(text, first_line)
        self._open: list[_Node] = []
        self.root = self._span(_composed(chunk))

    def find(self, path: str) -> Span | None:
        """Return the value where a path leads. Raises Misfit where it stands elsewhere."""
        found: Span | None = self.root
        for part in parts_of(path):
            if found is None or found.kind == "leaf":
                return None
            if found.kind == "map":
                inner = found.value_of(part)
            else:
                is_number = part.isascii() and part.isdigit() and int(part) < len(found.items)
                inner = found.items[int(part)] if is_number else None
            if inner is not None and not found.start <= inner.start <= found.end:
                raise Misfit(
                    f"`{path}` is written elsewhere and only named here (`*`).",
                    "Write the value out here instead of its name.",
                )
            found = inner
        return found

    def column(self, index: int) -> int:
        """Return how far from the beginning of its line something stands."""
        return index - self.line_start(index)

    def line_start(self, index: int) -> int:
        """Return where the line of something begins."""
        return self.text.rfind("\n", 0, index) + 1

    def line_end(self, index: int) -> int:
        """Return where the line after something begins."""
        end = self.text.find("\n", index)
        return len(self.text) if end < 0 else end + 1

    def with_comments(self, index: int, column: int) -> int:
        """Return where the comments begin that stand right above a line, as far in as it."""
        start = self.line_start(index)
        while start > 0:
            above = self.line_start(start - 1)
            line = self.text[above:start]
            if not line.strip().startswith("#") or len(line) - len(line.lstrip()) != column:
                break
            start = above
        return start

    def _span(self, node: _Node) -> Span:
        start, end = self._offset + node.start_mark.index, self._offset + node.end_mark.index
        if node.id == "scalar":
            is_block = node.style in _BLOCK_SCALAR
            text = self.text[start:end].rstrip() if is_block else self.text[start:end]
            return Span("leaf", start, start + len(text))
        if any(each is node for each in self._open):
            raise Misfit("A value of this journey contains itself.", "Write it out.")
        self._open.append(node)
        span = Span("map" if node.id == "mapping" else "list", start, end)
        span.is_flow = bool(node.flow_style)
        if node.id == "mapping":
            for key, value in cast("list[tuple[_Node, _Node]]", node.value):
                at, inner = self._span(key), self._span(value)
                span.keys.append((str(key.value), at))
                span.items.append(inner)
        else:
            span.items = [self._span(each) for each in cast("list[_Node]", node.value)]
        if not span.is_flow:
            span.end = self._end(span)
        self._open.pop()
        return span

    def _end(self, span: Span) -> int:
        """Return where a block ends: with the last thing that is written in it."""
        if not span.items:
            return span.end
        last = span.items[-1]
        if span.kind == "list":
            return max(last.end, span.start + 1)
        colon = self.text.find(":", span.keys[-1][1].end) + 1
        return max(last.end, colon) if last.start >= colon - 1 else colon


def _chunk_at(text: str, first_line: int) -> tuple[int, str]:
    offset = 1 if text.startswith("\ufeff") else 0
    for line, chunk in chunks(text):
        if line == first_line:
            return offset, _DIVIDER.sub("   ", chunk, count=1) if chunk[:3] == "---" else chunk
        offset += len(chunk)
    raise AssertionError("the document was read from this text")


def _composed(chunk: str) -> _Node:
    try:
        parser = cast("Any", YAML(typ="safe", pure=True))
        node = cast("_Node | None", parser.compose(chunk))
    except (YAMLError, RecursionError) as error:
        raise Misfit(
            "The text of this journey is no YAML.", "Put the text right first, by hand."
        ) from error
    if node is None or node.id != "mapping":
        raise Misfit("The text of this journey is empty.", "Begin it with `journey: NAME`.")
    return node
