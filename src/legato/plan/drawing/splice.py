"""Changes of a document's text, as small as they can be: every line that is not meant stays.

There are four: put a value where a path leads, insert an item into a list, cut a key or an item
out, and rename a key. A block is changed line by line, a value in braces letter by letter. What is
written anew is in the layout of `emit`; a comment right above what is cut goes with it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from legato.plan.drawing.emit import INDENT, content, entry, flow, is_inline, item, scalar
from legato.plan.drawing.layout import Layout, Misfit, Span
from legato.plan.drawing.paths import joined, key_part, parent


class Sheet:
    """A document's text while it is changed. What raises Misfit has changed nothing."""

    def __init__(self, text: str, first_line: int) -> None:
        self.text = text
        self.first_line = first_line

    @property
    def layout(self) -> Layout:
        """Return where everything stands now."""
        return Layout(self.text, self.first_line)

    def put(self, path: str, value: Any) -> None:  # noqa: ANN401 - JSON
        """Write a value where a path leads, with all that has to be there for it."""
        layout = self.layout
        span = layout.find(path)
        if span is None:
            self._add(layout, path, value)
            return
        if span is layout.root:
            raise Misfit("A journey is not replaced as a whole.", "Change its fields one by one.")
        outer, last = parent(path)
        holder = layout.find(outer)
        assert holder is not None, "what is inside is in something"
        if holder.is_flow or (span.is_flow and is_inline(value, layout.column(span.start))):
            self._replace(span.start, span.end, flow(value))
        elif holder.kind == "list":
            lines = content(value, layout.column(span.start))
            self._replace(span.start, span.end, "\n".join(lines))
        else:
            self._put_entry(layout, holder, last, value)

    def insert(self, path: str, index: int, value: Any) -> None:  # noqa: ANN401 - JSON
        """Insert an item into a list, which is made where there is none."""
        layout = self.layout
        span = layout.find(path)
        if span is None or span.kind == "leaf" or not span.items:
            if index != 0 or (span is not None and span.kind == "map"):
                raise Misfit(f"`{path}` has no place number {index}.", "Look at the journey anew.")
            self._begin(layout, path, span, value)
            return
        _check_list(span, path, index)
        if span.is_flow:
            self._insert_flow(span, index, value)
            return
        lines = item(value, layout.column(span.start))
        self._insert_lines(layout, span, index, "".join(f"{line}\n" for line in lines))

    def insert_text(self, path: str, index: int, text: str) -> bool:
        """Insert an item as it is written, its dash at column 0; whether the list can take it."""
        layout = self.layout
        span = layout.find(path)
        if span is None or span.kind != "list" or not span.items or span.is_flow:
            return False
        _check_list(span, path, index)
        column = layout.column(span.start)
        lines = text.splitlines(keepends=True)
        moved = "".join(" " * column + line if line.strip() else line for line in lines)
        self._insert_lines(layout, span, index, moved)
        return True

    def item_text(self, path: str) -> str | None:
        """Return an item of a block as it is written, with its comments, the dash at column 0."""
        layout = self.layout
        outer, last = parent(path)
        span = layout.find(outer)
        if span is None or span.kind != "list" or span.is_flow or layout.find(path) is None:
            return None
        start, end = _item_lines(layout, span, int(last))
        column = layout.column(span.start)
        lines = layout.text[start:end].splitlines(keepends=True)
        if any(line.strip() and line[:column].strip() for line in lines):
            return None
        text = "".join(line[column:] if line.strip() else line for line in lines)
        return text if text.endswith("\n") else f"{text}\n"

    def cut(self, path: str) -> None:
        """Take a key or an item out."""
        layout = self.layout
        outer, last = parent(path)
        span, holder = layout.find(path), layout.find(outer)
        if span is None or holder is None or not path:
            raise Misfit(f"There is nothing at `{path}`.", "Look at the journey anew.")
        number = int(last) if holder.kind == "list" else holder.number_of(last)
        assert number is not None, "it was found"
        if holder.is_flow:
            self._cut_flow(holder, number)
        elif len(holder.items) == 1:
            self._empty(layout, outer, holder)
        elif holder.kind == "list":
            start, end = _item_lines(layout, holder, number)
            self._replace(start, end, "")
        else:
            self._cut_entry(layout, holder, number)

    def rename(self, path: str, key: str) -> None:
        """Give a key another name."""
        outer, last = parent(path)
        holder = self.layout.find(outer)
        number = holder.number_of(last) if holder is not None else None
        if holder is None or number is None:
            raise Misfit(f"There is no key at `{path}`.", "Look at the journey anew.")
        if holder.number_of(key) is not None and key != last:
            raise Misfit(f"`{key}` stands there already.", "Remove one of the two.")
        at = holder.keys[number][1]
        self._replace(at.start, at.end, scalar(key))

    # -- Writing ---------------------------------------------------------------------------------

    def _replace(self, start: int, end: int, text: str) -> None:
        self.text = self.text[:start] + text + self.text[end:]

    def _put_entry(self, layout: Layout, holder: Span, key: str, value: Any) -> None:  # noqa: ANN401 - JSON
        number = holder.number_of(key)
        assert number is not None, "it was found"
        name, span = holder.keys[number][1], holder.items[number]
        column = layout.column(holder.start)
        colon = layout.text.find(":", name.end) + 1
        end = max(span.end, colon)
        written = layout.text[span.start : span.end]
        is_beside = span.start >= colon and "\n" not in layout.text[colon : span.start]
        if is_inline(value, column + len(key) + 1) and is_beside and "\n" not in written:
            self._replace(span.start, span.end, flow(value))
            return
        lines = entry(key, value, column)
        lines[0] = lines[0][column + len(scalar(key)) + 1 :]
        self._replace(colon, end, "\n".join(lines))

    def _add(self, layout: Layout, path: str, value: Any) -> None:  # noqa: ANN401 - JSON
        outer, key = parent(path)
        holder = layout.find(outer)
        is_nothing = holder is not None and layout.text[holder.start : holder.end] in ("", "null")
        if holder is None or (holder.kind == "leaf" and is_nothing):
            self.put(outer, {key: value})
            return
        if holder.kind != "map":
            raise Misfit(f"`{outer}` has no place for `{key}`.", "Look at the journey anew.")
        if not holder.is_flow:
            self._add_lines(layout, holder, key, value)
        elif not is_inline(value, 0) and self._spread(layout, outer, holder):
            self._add(self.layout, path, value)
        elif holder.items:
            self._replace(*_behind(holder), f", {scalar(key)}: {flow(value)}")
        else:
            self._replace(holder.start, holder.end, flow({key: value}))

    def _add_lines(self, layout: Layout, holder: Span, key: str, value: Any) -> None:  # noqa: ANN401 - JSON
        lines = entry(key, value, layout.column(holder.start))
        self._new_lines(layout, holder.end, "".join(f"{line}\n" for line in lines))

    def _new_lines(self, layout: Layout, index: int, lines: str) -> None:
        """Write lines below the one on which something ends."""
        at = layout.line_end(max(index - 1, 0))
        is_closed = layout.text[:at].endswith("\n") or not layout.text[:at]
        self._replace(at, at, lines if is_closed else "\n" + lines.removesuffix("\n"))

    def _spread(self, layout: Layout, path: str, span: Span) -> bool:
        """Write a mapping in braces as lines, for what is to come into it; whether it can be."""
        holder = layout.find(parent(path)[0])
        text = layout.text[span.start : span.end]
        if holder is None or holder.is_flow or "\n" in text or not span.items:
            return False
        is_item = holder.kind == "list"
        column = layout.column(span.start if is_item else holder.start) + (0 if is_item else INDENT)
        pairs = zip(span.keys, span.items, strict=True)
        lines = [layout.text[at.start : max(at.end, value.end)] for (_, at), value in pairs]
        spread = f"\n{' ' * column}".join(lines)
        start = span.start if is_item else len(layout.text[: span.start].rstrip(" "))
        self._replace(start, span.end, spread if is_item else f"\n{' ' * column}{spread}")
        return True

    # -- Lists -----------------------------------------------------------------------------------

    def _begin(self, layout: Layout, path: str, span: Span | None, value: Any) -> None:  # noqa: ANN401 - JSON
        """Make the first item of a list that is empty or not there."""
        outer, key = parent(path)
        holder = layout.find(outer)
        if span is None or holder is None or holder.is_flow or holder.kind == "list":
            self.put(path, [value])
            if not _is_made(self.layout, path):
                raise Misfit("This list cannot begin here.", "Put a step before it first.")
            return
        number = holder.number_of(key)
        assert number is not None, "it was found"
        name = holder.keys[number][1]
        colon = layout.text.find(":", name.end) + 1
        lines = item(value, layout.column(holder.start) + INDENT)
        end = max(span.end, colon)
        self._replace(colon, end, "")
        self._new_lines(Layout(self.text, self.first_line), colon, "".join(f"{x}\n" for x in lines))

    def _insert_lines(self, layout: Layout, span: Span, index: int, lines: str) -> None:
        if index == len(span.items):
            self._new_lines(layout, span.end, lines)
            return
        start, _ = _item_lines(layout, span, index)
        self._replace(start, start, lines)

    def _insert_flow(self, span: Span, index: int, value: Any) -> None:  # noqa: ANN401 - JSON
        if index == len(span.items):
            end = span.items[-1].end
            self._replace(end, end, f", {flow(value)}")
        else:
            start = span.items[index].start
            self._replace(start, start, f"{flow(value)}, ")

    # -- Cutting ---------------------------------------------------------------------------------

    def _cut_flow(self, holder: Span, number: int) -> None:
        starts = [at.start for _, at in holder.keys] or [each.start for each in holder.items]
        ends = [max(each.end, start) for each, start in zip(holder.items, starts, strict=True)]
        if number + 1 < len(starts):
            self._replace(starts[number], starts[number + 1], "")
        elif number:
            self._replace(ends[number - 1], ends[number], "")
        else:
            self._replace(holder.start, holder.end, "{}" if holder.kind == "map" else "[]")

    def _empty(self, layout: Layout, path: str, span: Span) -> None:
        """Write an empty list or mapping for a block whose one item goes."""
        nothing = "{}" if span.kind == "map" else "[]"
        outer, key = parent(path)
        holder = layout.find(outer)
        if not path or holder is None or holder.kind == "list" or holder.is_flow:
            self._replace(span.start, span.end, nothing)
            return
        number = holder.number_of(key)
        assert number is not None, "it was found"
        colon = layout.text.find(":", holder.keys[number][1].end) + 1
        first = layout.with_comments(span.start, layout.column(span.start))
        self._replace(first, layout.line_end(max(span.end - 1, 0)), "")
        self._replace(colon, colon, f" {nothing}")

    def _cut_entry(self, layout: Layout, holder: Span, number: int) -> None:
        at = holder.keys[number][1]
        if number == 0 and layout.text[layout.line_start(at.start) : at.start].strip():
            following = holder.keys[1][1].start  # it stands behind a dash
            self._replace(at.start, following, "")
            return
        colon = layout.text.find(":", at.end) + 1
        end = layout.line_end(max(holder.items[number].end, colon) - 1)
        self._replace(layout.with_comments(at.start, layout.column(at.start)), end, "")


def differing(before: Any, after: Any, path: str) -> list[tuple[str, Any]]:  # noqa: ANN401 - JSON
    """Return what to put where, so that a value becomes another and no more is written anew."""
    if before == after and type(before) is type(after):
        return []
    if isinstance(before, dict) and isinstance(after, Mapping) and after:
        old, new = cast("dict[str, Any]", before), cast("Mapping[str, Any]", after)
        if all(key in new for key in old):
            changes: list[tuple[str, Any]] = []
            for key, value in new.items():
                inner = joined(path, key_part(key))
                changes += differing(old[key], value, inner) if key in old else [(inner, value)]
            return changes
    return [(path, after)]


def _behind(holder: Span) -> tuple[int, int]:
    end = max(holder.items[-1].end, holder.keys[-1][1].end)
    return end, end


def _is_made(layout: Layout, path: str) -> bool:
    span = layout.find(path)
    return span is not None and span.kind == "list" and len(span.items) == 1


def _check_list(span: Span, path: str, index: int) -> None:
    if span.kind != "list" or not 0 <= index <= len(span.items):
        raise Misfit(f"`{path}` has no place number {index}.", "Look at the journey anew.")


def _item_lines(layout: Layout, span: Span, number: int) -> tuple[int, int]:
    """Return the lines of an item of a block, with the comments right above it."""
    if not 0 <= number < len(span.items):
        raise Misfit(f"There is no item number {number}.", "Look at the journey anew.")
    column = layout.column(span.start)
    inner = span.items[number]
    dash = layout.text.rfind("-", 0, max(inner.start, 1))
    if number == 0:
        dash = span.start
    if layout.text[layout.line_start(dash) : dash].strip():
        raise Misfit("This list begins behind another's dash.", "Put it on a line of its own.")
    end = layout.line_end(max(inner.end, dash + 1) - 1)
    return layout.with_comments(dash, column), end
