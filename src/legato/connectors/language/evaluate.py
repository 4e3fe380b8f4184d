"""A parsed JMESPath expression -> closures. Null in, null out; no value is ever written."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

from legato.connectors.language.function import Function
from legato.connectors.language.value import (
    LISTS,
    MISSING,
    OBJECTS,
    PLAIN,
    ExpressionError,
    Value,
    type_of,
)

Tree: TypeAlias = Mapping[str, Any]
"""A node of the parser: `type`, `children`, `value`."""
Step: TypeAlias = Callable[[Any], Any]
"""From the current value to another; None is null."""
Test: TypeAlias = Callable[[Any], bool]
"""From the current value to whether something holds of it."""
Functions: TypeAlias = Mapping[str, Function]
_ANY = True
"""What constants are read of; a list is null of nothing."""

_ORDERINGS: Mapping[str, Callable[[Any, Any], bool]] = {
    "lt": operator.lt,
    "lte": operator.le,
    "gt": operator.gt,
    "gte": operator.ge,
}


def compile_tree(tree: Tree, functions: Functions) -> Step:
    """Compile a tree of the parser."""
    kind: str = tree["type"]
    if kind in ("field", "subexpression", "index_expression", "pipe"):
        return _chain(tree, functions)
    build = _BUILDERS.get(kind)
    if build is None:
        raise ExpressionError(f"`{kind}` cannot be used here")
    return build(tree, functions)


def compile_test(tree: Tree, functions: Functions) -> Test:
    """Compile a tree of which only matters whether it is true: no value is made to look at."""
    children: Sequence[Tree] = tree.get("children", ())
    match tree["type"]:
        case "or_expression":
            one, other = (compile_test(child, functions) for child in children)
            return lambda value: one(value) or other(value)
        case "and_expression":
            one, other = (compile_test(child, functions) for child in children)
            return lambda value: one(value) and other(value)
        case "not_expression":
            inner = compile_test(children[0], functions)
            return lambda value: not inner(value)
        case "comparator" if tree["value"] in ("eq", "ne"):
            return compile_tree(tree, functions)  # never null, as orders of unlike values are
        case _:
            return _is_true(compile_tree(tree, functions))


def _is_true(step: Step) -> Test:
    def holds(value: Value) -> bool:
        found = step(value)
        return found is True or not (found is None or found is False or is_false(found))

    return holds


def is_false(value: object) -> bool:
    """Return what JMESPath takes for no. Zero is a value like any other."""
    return not value and (value is None or value is False or value in ("", [], {}))


def _current(value: Value) -> Value:
    return value


def _literal(constant: Value) -> Step:
    def read(_: Value) -> Value:
        return constant

    return read


def _chain(tree: Tree, functions: Functions) -> Step:
    """Join steps that follow each other; keys in a row are one step."""
    keys: list[str] = []
    steps: list[Step] = []
    for link in _links(tree):
        if link["type"] == "field":
            keys.append(link["value"])
            continue
        if keys:
            steps.append(_keys(tuple(keys)))
            keys = []
        steps.append(compile_tree(link, functions))
    if keys:
        steps.append(_keys(tuple(keys)))
    if len(steps) == 1:
        return steps[0]
    if len(steps) == 2:  # noqa: PLR2004 - nearly every one
        first, second = steps
        return lambda value: second(first(value))

    def read(value: Value) -> Value:
        for step in steps:
            value = step(value)
        return value

    return read


def _links(tree: Tree) -> Sequence[Tree]:
    if tree["type"] not in ("subexpression", "index_expression", "pipe"):
        return [tree]
    return [link for child in tree["children"] for link in _links(child)]


def _keys(keys: tuple[str, ...]) -> Step:
    if len(keys) == 1:
        [key] = keys

        def read_one(value: Value) -> Value:
            try:
                found = value.get(key) if type(value) is PLAIN else value[key]
            except (KeyError, TypeError, IndexError):
                return None
            return None if found is MISSING else found

        return read_one

    first, *rest = keys

    def read(value: Value) -> Value:
        try:
            value = value[first]  # of a scope, nearly always
            for key in rest:
                if value is None or value is MISSING or key not in value:
                    return None
                value = value[key]
        except (KeyError, TypeError, IndexError):
            return None
        return None if value is MISSING else value

    return read


def _index(at: int) -> Step:
    def read(value: Value) -> Value:
        if not isinstance(value, LISTS):
            return None
        return value[at] if -len(value) <= at < len(value) else None

    return read


def _slice(bounds: Sequence[int | None]) -> Step:
    if bounds[2] == 0:
        raise ExpressionError("a slice goes on by 1 or more, or by -1 or less; never by 0")

    def read(value: Value) -> Value:
        return value[slice(*bounds)] if isinstance(value, LISTS) else None

    return read


def _call(name: str, arguments: Sequence[Tree], functions: Functions) -> Step:
    function = functions.get(name)
    if function is None:
        raise ExpressionError(f"there is no function {name}()")
    call, takes_null, about = function.call, function.takes_null, function.about
    steps = [compile_tree(argument, functions) for argument in arguments]
    if name == "not_null":
        return _first_found(steps)
    if not about and all(map(_is_constant, arguments[1:])):
        rest = [step(_ANY) for step in steps[1:]]
        return _call_of_one(name, function, steps[0], rest)

    def read(value: Value) -> Value:
        given = [step(value) for step in steps]
        if not takes_null and given[about] is None:
            return None
        try:
            return call(*given)
        except (TypeError, ValueError, AttributeError, KeyError, OverflowError) as error:
            raise _wrong(name) from error

    return read


def _call_of_one(name: str, function: Function, step: Step, rest: Sequence[Value]) -> Step:
    """Compile a call of which only the first value is not always the same: nearly every one."""
    call, takes_null = function.call, function.takes_null

    def read(value: Value) -> Value:
        given = step(value)
        if given is None and not takes_null:
            return None
        try:
            return call(given, *rest) if rest else call(given)
        except (TypeError, ValueError, AttributeError, KeyError, OverflowError) as error:
            raise _wrong(name) from error

    return read


def _first_found(steps: Sequence[Step]) -> Step:
    """Work out no more than it takes to find one that is not null."""

    def read(value: Value) -> Value:
        for step in steps:
            found = step(value)
            if found is not None:
                return found
        return None

    return read


def _wrong(name: str) -> ExpressionError:
    return ExpressionError(f"{name}() was given a value of another type")


def _comparator(word: str, children: Sequence[Tree], functions: Functions) -> Step:
    left, right = (compile_tree(child, functions) for child in children)
    if word in ("eq", "ne"):
        wanted = word == "eq"
        if children[1]["type"] == "literal" and isinstance(children[1]["value"], str):
            text = children[1]["value"]
            if _asks_type(children[0]):
                [asked] = _compiled(children[0]["children"], functions)
                return lambda value: (type_of(asked(value)) == text) is wanted
            return lambda value: (left(value) == text) is wanted
        return lambda value: is_equal(left(value), right(value)) is wanted
    compare = _ORDERINGS[word]

    def read(value: Value) -> Value:
        one, other = left(value), right(value)
        return compare(one, other) if _is_comparable(one, other) else None

    return read


def _asks_type(tree: Tree) -> bool:
    """Return whether it is `type(...)`: no other question is put to so many values."""
    return tree["type"] == "function_expression" and tree["value"] == "type"


def is_equal(left: object, right: object) -> bool:
    """Compare as JSON does: true is not 1."""
    return left == right and isinstance(left, bool) == isinstance(right, bool)


def _is_comparable(left: object, right: object) -> bool:
    """Return whether one is before the other: two numbers, or two texts."""
    if isinstance(left, str):
        return isinstance(right, str)
    return _is_number(left) and _is_number(right)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _either(children: Sequence[Tree], functions: Functions, *, is_or: bool) -> Step:
    left, right = (compile_tree(child, functions) for child in children)

    def read_or(value: Value) -> Value:
        found = left(value)
        return right(value) if is_false(found) else found

    def read_and(value: Value) -> Value:
        found = left(value)
        return found if is_false(found) else right(value)

    return read_or if is_or else read_and


def _projection(kind: str, children: Sequence[Tree], functions: Functions) -> Step:
    base, each = (compile_tree(child, functions) for child in children[:2])
    keep = compile_test(children[2], functions) if kind == "filter_projection" else None

    def read(value: Value) -> Value:
        items = base(value)
        if kind == "value_projection":
            if not isinstance(items, OBJECTS):
                return None
            items = list(items.values())
        elif not isinstance(items, LISTS):
            return None
        found = [each(item) for item in items if keep is None or keep(item)]
        return [one for one in found if one is not None]

    return read


def _flatten(base: Step) -> Step:
    def read(value: Value) -> Value:
        items = base(value)
        if not isinstance(items, LISTS):
            return None
        flat: list[Any] = []
        for item in items:
            if isinstance(item, LISTS):
                flat.extend(item)
            else:
                flat.append(item)
        return flat

    return read


def _is_constant(tree: Tree) -> bool:
    """Return whether it is a literal, or a list of them."""
    if tree["type"] == "multi_select_list":
        return all(map(_is_constant, tree["children"]))
    return tree["type"] == "literal"


def _selected(children: Sequence[Tree], functions: Functions) -> Step:
    steps = _compiled(children, functions)
    if all(map(_is_constant, children)):
        constants = [step(_ANY) for step in steps]
        return lambda value: None if value is None else constants
    if len(steps) == 1:
        [only] = steps
        return lambda value: None if value is None else [only(value)]
    return lambda value: None if value is None else [step(value) for step in steps]


def _selected_by_name(steps: Mapping[str, Step]) -> Step:
    def read(value: Value) -> Value:
        return None if value is None else {name: step(value) for name, step in steps.items()}

    return read


def _compiled(children: Sequence[Tree], functions: Functions) -> list[Step]:
    return [compile_tree(child, functions) for child in children]


_BUILDERS: Mapping[str, Callable[[Tree, Functions], Step]] = {
    "index": lambda tree, _: _index(tree["value"]),
    "slice": lambda tree, _: _slice(tree["children"]),
    "literal": lambda tree, _: _literal(tree["value"]),
    "current": lambda _, __: _current,
    "identity": lambda _, __: _current,
    "function_expression": lambda tree, known: _call(tree["value"], tree["children"], known),
    "expref": lambda tree, known: _literal(compile_tree(tree["children"][0], known)),
    "comparator": lambda tree, known: _comparator(tree["value"], tree["children"], known),
    "or_expression": lambda tree, known: _either(tree["children"], known, is_or=True),
    "and_expression": lambda tree, known: _either(tree["children"], known, is_or=False),
    "not_expression": compile_test,
    "projection": lambda tree, known: _projection(tree["type"], tree["children"], known),
    "value_projection": lambda tree, known: _projection(tree["type"], tree["children"], known),
    "filter_projection": lambda tree, known: _projection(tree["type"], tree["children"], known),
    "flatten": lambda tree, known: _flatten(compile_tree(tree["children"][0], known)),
    "multi_select_list": lambda tree, known: _selected(tree["children"], known),
    "multi_select_dict": lambda tree, known: _selected_by_name(
        {child["value"]: compile_tree(child["children"][0], known) for child in tree["children"]}
    ),
}
"""Kind of a parsed node -> what compiles it."""
