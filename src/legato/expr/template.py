"""Message templates: Liquid, in a sandbox that reads no file, no clock and never runs away.

A variable that is undefined (or null) where it is printed makes the rendering fail: "Hi ," must not
go out. It may be asked about (`{% if profile.first_name %}`) and given a `| default: "there"`.
`now` is what the caller passes under that name, never the machine's clock.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import lru_cache, wraps
from typing import Any, NamedTuple, cast

import liquid
from liquid.exceptions import (
    FilterArgumentError,
    LiquidError,
    ResourceLimitError,
    UndefinedError,
)
from liquid.filter import liquid_filter, with_context
from liquid.undefined import is_undefined
from liquid.utils import ReadOnlyChainMap

from legato.expr.facts import instant_of
from legato.expr.hashing import hash_kind, hashed
from legato.expr.path import Json
from legato.model.instant import to_datetime
from legato.model.noun import Noun

TEXT_MAX = 100_000
"""Characters of a template and bytes of what it renders: Gmail clips mails at 102 KB."""
LOOP_MAX = 10_000
"""Iterations of all loops of one rendering together."""
LOCALS_MAX = 100_000
"""Bytes that `assign` and `capture` may hold."""
NESTING_MAX = 20
"""Blocks within blocks."""
CACHED_MAX = 4_096
"""Compiled templates kept: every message of a large workspace in every channel."""
FORMAT_MAX = 100
"""Characters of a date's format."""


class TemplateFault(Noun, frozen=True, kw_only=True):
    """Why a template cannot be read or rendered. Never holds a value."""

    what: str
    line: int


class _Plain(NamedTuple):
    """A template that prints names and does nothing else: literal texts, and names between them."""

    literals: tuple[str, ...]
    names: tuple[tuple[tuple[str, ...], str | None], ...]
    """The keys that lead to each, and what is printed where nothing is there."""


class Template:
    """A compiled template."""

    __slots__ = ("_bound", "_plain", "_variables")

    def __init__(
        self,
        bound: liquid.BoundTemplate,
        variables: tuple[str, ...],
        plain: _Plain | None,
    ) -> None:
        self._bound = bound
        self._variables = variables
        self._plain = plain

    def render(self, variables: Mapping[str, Json]) -> str | TemplateFault:
        """Return the text, or why there is none."""
        if self._plain is not None:
            text = _fill(self._plain, variables)
            if text is not None:
                return text
        try:
            return self._bound.render(variables)
        except (LiquidError, ArithmeticError, TypeError, ValueError, LookupError) as error:
            return _render_fault(error)
        except (AttributeError, RecursionError) as error:
            return _render_fault(error)

    def variables(self) -> tuple[str, ...]:
        """Return the dotted names of what the template wants to be given, sorted."""
        return self._variables


def compile_template(text: str, *, is_html: bool = False) -> Template | TemplateFault:
    """Read a template. In HTML, what variables hold is escaped unless marked `| safe`."""
    if len(text) > TEXT_MAX:
        return TemplateFault(what=f"the template is longer than {TEXT_MAX} characters", line=1)
    return _compiled(text, is_html)


@lru_cache(maxsize=CACHED_MAX)
def _compiled(text: str, is_html: bool) -> Template | TemplateFault:  # noqa: FBT001 - a cache key
    sandbox = _HTML if is_html else _TEXT
    try:
        bound = sandbox.from_string(text)
        parts = bound.analyze(include_partials=False)
        for name, uses in parts.filters.items():
            if name not in sandbox.filters:
                line = text.count("\n", 0, uses[0].index) + 1
                return TemplateFault(what=f"there is no filter '{name}'", line=line)
        variables = sorted({str(use): None for uses in parts.globals.values() for use in uses})
        return Template(bound, tuple(variables), None if is_html else _plain(text))
    except LiquidError as error:
        return TemplateFault(what=str(error.message), line=_line(error, text))
    except RecursionError:
        return TemplateFault(what="the template nests too deeply", line=1)


def _plain(text: str) -> _Plain | None:
    """Split a template that prints names and does nothing else: most messages are such."""
    parts = _NAME.split(text)
    literals = tuple(parts[::4])
    if any("{{" in literal or "{%" in literal for literal in literals):
        return None
    names: list[tuple[tuple[str, ...], str | None]] = []
    for name, *defaults in zip(parts[1::4], parts[2::4], parts[3::4], strict=True):
        keys = tuple(name.split("."))
        default = next((one for one in defaults if one is not None), None)
        if default is not None and (keys[0] in _WORDS or keys[-1] in _MEASURES):
            return None  # Liquid finds something there that nobody has put there
        names.append((keys, default))
    return _Plain(literals, tuple(names))


def _fill(plain: _Plain, variables: Mapping[str, Json]) -> str | None:
    """Fill a plain template seven times faster; None where Liquid's own rules are asked for."""
    filled = [plain.literals[0]]
    for (keys, default), literal in zip(plain.names, plain.literals[1:], strict=True):
        value: Json = variables
        for key in keys:
            if not isinstance(value, dict):
                return None
            value = cast("dict[str, Json]", value).get(key)
        if default is not None and (value is None or value == ""):
            value = default
        if type(value) is not str and type(value) is not int:
            return None
        filled += (str(value), literal)
    text = "".join(filled)
    return text if len(text) <= FILLED_MAX else None


def _render_fault(error: Exception) -> TemplateFault:
    """Say what went wrong in words of the template, since messages may quote values."""
    if isinstance(error, UndefinedError):
        what = f"'{_written(error)}' is undefined; give it a `| default:`"
    elif isinstance(error, ResourceLimitError):
        what = f"the template {_LIMITS.get(type(error).__name__, 'does too much')}"
    else:
        what = f"'{_written(error)}' cannot be worked out from what it is given"
    return TemplateFault(what=what, line=_line(error))


def _written(error: Exception) -> str:
    """Return the template's own text at the place of an error."""
    token = error.token if isinstance(error, LiquidError) else None
    if token is None or token.start_index < 0:
        return "an expression"
    found = _EXPRESSION.match(token.source, token.start_index)
    return found[0] if found else "an expression"


def _line(error: Exception, text: str = "") -> int:
    """Return the line of an error; that of the text's end where something is missing there."""
    token = error.token if isinstance(error, LiquidError) else None
    if token is None or token.start_index < 0:
        return text.count("\n") + 1
    return token.source.count("\n", 0, token.start_index) + 1


_NAME = re.compile(
    r"\{\{ *([A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*) *"
    r"""(?:\| *default: *(?:"([^"\\{}]*)"|'([^'\\{}]*)') *)?\}\}"""
)
_WORDS = ("true", "false", "nil", "null", "empty", "blank")
_MEASURES = ("size", "first", "last")
"""What Liquid knows of any text and list."""
FILLED_MAX = TEXT_MAX // 4
"""Characters below which a text cannot be over TEXT_MAX bytes."""
_EXPRESSION = re.compile(r"[^\s|}%,:]+")
_LIMITS: Mapping[str, str] = {
    "LoopIterationLimitError": f"loops more than {LOOP_MAX} times",
    "OutputStreamLimitError": f"renders more than {TEXT_MAX} bytes",
    "LocalNamespaceLimitError": f"assigns more than {LOCALS_MAX} bytes",
    "ContextDepthError": "nests too deeply",
}


class _Missing(liquid.FalsyStrictUndefined):
    """A variable that is not there: no, when asked; `default`'s, when given one; else an error."""

    force_liquid_default = True

    def __eq__(self, other: object) -> bool:
        return other is None or other is False or is_undefined(other)

    __hash__ = liquid.FalsyStrictUndefined.__hash__


class _Context(liquid.RenderContext):
    """Names without Liquid's built-in `now` and `today`, which would read the clock."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - the base class's own
        super().__init__(*args, **kwargs)
        self.scope = ReadOnlyChainMap(self.locals, self.globals, self.counters)

    def get(self, path: list[object], **kwargs: Any) -> object:  # noqa: ANN401 - the base's own
        value = super().get(path, **kwargs)
        if value is None and "default" not in kwargs:
            return self.env.undefined(str(path[0]), token=kwargs.get("token"))
        return value


class _Bound(liquid.BoundTemplate):
    context_class = _Context


class _Sandbox(liquid.Environment):
    template_class = _Bound
    block_nesting_limit = NESTING_MAX
    context_depth_limit = NESTING_MAX
    loop_iteration_limit = LOOP_MAX
    local_namespace_limit = LOCALS_MAX
    output_stream_limit = TEXT_MAX

    def setup_tags_and_filters(self, *, extra: bool = False) -> None:
        super().setup_tags_and_filters(extra=extra)
        for tag in ("include", "render"):
            del self.tags[tag]
        self.filters["date"] = _date
        self.filters["sha256"] = _sha256
        for name, function in tuple(self.filters.items()):
            self.filters[name] = _bounded(name, function)


def _bounded(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    """Keep a filter from building what could not be printed anyway."""

    @wraps(function)
    def run(*args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - any filter of Liquid
        size = _size(args[0]) if args else 0
        more = _size(args[-1]) if len(args) > 1 else 0
        if name in _MULTIPLY:
            size = (size + 1) * (more + 1)
        limit = LOOP_MAX if any(isinstance(arg, range) for arg in args) else _FILTERED_MAX
        if max(size, more) > limit:
            raise FilterArgumentError("too much at once", token=None)
        return function(*args, **kwargs)

    return run


def _size(value: object) -> int:
    return len(cast("str", value)) if isinstance(value, str | range | list | tuple) else 0


_MULTIPLY = ("join", "replace", "replace_first", "replace_last")
_FILTERED_MAX = 10_000_000
"""Characters that one filter may make of what it is given."""


@with_context
@liquid_filter
def _date(moment: object, pattern: object = "", *, context: liquid.RenderContext) -> str:
    """Write an instant (ISO 8601 or Unix time) by a strftime pattern, in UTC."""
    if isinstance(moment, str) and moment in ("now", "today"):
        moment = context.resolve("now")
    instant = None if is_undefined(moment) else instant_of(moment)
    pattern = str(pattern)
    if instant is None or len(pattern) > FORMAT_MAX:
        raise FilterArgumentError("not an instant, or no pattern", token=None)
    return to_datetime(instant).strftime(pattern)


@liquid_filter
def _sha256(value: object, kind: object = "text") -> object:
    """Write the digest of a value, spelled as `email`, `phone` or `text`, as on entry."""
    found = hash_kind(f"sha256 {kind}", "")
    if not found:
        raise FilterArgumentError("a kind that is not `text`, `email` or `phone`", token=None)
    return "" if is_undefined(value) or value is None else hashed(found, value)


_TEXT = _Sandbox(undefined=_Missing)
_HTML = _Sandbox(undefined=_Missing, autoescape=True)
