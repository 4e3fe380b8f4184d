"""The Python reader of rules: generates one expression a rule, compiled once, run for each event.

Theory of operation. Interpreting the tree costs twice as much per event as running generated
source, so each rule becomes a function of Facts. What users wrote never becomes source: every name,
path and number is a constant, handed over in the function's globals as `C0`, `C1`, ... Trees deeper
than CPython's parser nests parentheses are cut into functions that call each other.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias, assert_never

from legato.expr.facts import Facts
from legato.expr.path import Json, scalars, values_at
from legato.model.rule import (
    AllOf,
    AnyOf,
    HistoryHas,
    HistoryIs,
    InJourney,
    InSegment,
    LocalTime,
    Not,
    PropertyIs,
    Rule,
    Scalar,
    Test,
    TraitAge,
    TraitIs,
)

Condition: TypeAlias = Callable[[Facts], bool]
Match: TypeAlias = Callable[[Mapping[str, Json]], bool]

NESTING_MAX = 15
"""Levels in one expression. Each takes up to four parentheses and the tokenizer allows 200."""


def compile_rule(rule: Rule) -> Condition:
    """Return the rule as a function of Facts."""
    return _Writer().compile(rule)


def compile_match(where: Rule | None) -> Match:
    """Return a condition on an event's properties as a function of its body."""
    if where is None:
        return _always
    return _Writer(is_match=True).compile(where)


def source_of(rule: Rule) -> str:
    """Return the generated source, its constants beside it, for reading."""
    writer = _Writer()
    return writer.source(rule) + "".join(
        f"# {name} = {value!r}\n" for name, value in writer.constants.items()
    )


def _always(body: Mapping[str, Json]) -> bool:  # noqa: ARG001 - the shape of a Match
    return True


class _Writer:
    """The functions and constants of one rule's source."""

    def __init__(self, *, is_match: bool = False) -> None:
        self.constants: dict[str, Any] = {}
        self._functions: list[str] = []
        self._is_match = is_match

    def compile(self, rule: Rule) -> Callable[[Any], bool]:
        source = self.source(rule)
        scope: dict[str, Any] = {**_SCOPE, **self.constants}
        exec(compile(source, "<rule>", "exec"), scope)  # noqa: S102 - our own source, no user text
        return scope["rule"]

    def source(self, rule: Rule) -> str:
        self._define("rule", rule)
        return "".join(self._functions)

    def _define(self, name: str, rule: Rule) -> None:
        place = len(self._functions)
        self._functions.append("")
        self._functions[place] = f"def {name}(f):\n    return {self._rule(rule, 0)}\n"

    def _constant(self, value: Any) -> str:  # noqa: ANN401 - any constant of a rule
        name = f"C{len(self.constants)}"
        self.constants[name] = value
        return name

    def _rule(self, rule: Rule, level: int) -> str:  # noqa: PLR0912 - an arm a kind
        """Return a boolean expression over `f`. Owns the choice between kinds of rule."""
        if level == NESTING_MAX:
            name = f"rule_{len(self._functions)}"
            self._define(name, rule)
            return f"{name}(f)"
        if self._is_match:
            assert isinstance(rule, PropertyIs | AllOf | AnyOf | Not), "a match reads properties"
        match rule:
            case PropertyIs():
                return self._property(rule)
            case TraitIs():
                return self._met(f"f.trait({self._constant(rule.name)})", rule.test)
            case TraitAge():
                compare = ">" if rule.operator == "over" else "<"
                age = f"(v := f.age({self._constant(rule.name)}))"
                return f"({age} is not None and v {compare} {self._constant(rule.duration)})"
            case HistoryIs():
                return self._history(rule)
            case HistoryHas():
                slot, subject = self._constant(rule.slot), self._constant(rule.subject)
                return f"f.has_same({slot}, {subject})"
            case InSegment():
                return f"({self._constant(rule.name)} in f.state.segments)"
            case InJourney():
                method = {"in": "in_journey", "was_in": "was_in", "reached_goal": "reached_goal"}
                return f"f.{method[rule.state]}({self._constant(rule.journey)})"
            case LocalTime():
                return self._local_time(rule)
            case AllOf():
                return self._joined(rule.rules, " and ", "True", level=level)
            case AnyOf():
                return self._joined(rule.rules, " or ", "False", level=level)
            case Not():
                return f"(not {self._rule(rule.rule, level + 1)})"
            case _:
                assert_never(rule)

    def _joined(self, rules: tuple[Rule, ...], word: str, empty: str, *, level: int) -> str:
        return f"({word.join(self._rule(rule, level + 1) for rule in rules) or empty})"

    def _property(self, rule: PropertyIs) -> str:
        body = "f" if self._is_match else f"f.{rule.scope}"
        path = self._constant(rule.path)
        if "." in rule.path or "[]" in rule.path:
            return self._met_by_any(f"values_at({body}, {path})", rule.test)
        return self._met(f"{body}.get({path})", rule.test)

    def _history(self, rule: HistoryIs) -> str:
        slot, test = rule.slot, rule.test
        compare = _COMPARE.get(test.operator)
        is_number = test.value.__class__ is int or test.value.__class__ is float
        if slot.function == "count" and compare is not None and is_number:
            if slot.window.kind == "sliding":
                size = self._constant(slot.window.size)
                measured = f"f.count({self._constant(slot.slot_id)}, {size})"
            elif slot.window.kind == "ever":
                measured = f"f.total({self._constant(slot.slot_id)})"
            else:
                measured = f"f.measure({self._constant(slot)})"
            return f"({measured} {compare} {self._constant(test.value)})"
        return self._met(f"f.measure({self._constant(slot)})", test)

    def _local_time(self, rule: LocalTime) -> str:
        after, before = self._constant(rule.after), self._constant(rule.before)
        if rule.after <= rule.before:
            hours = f"{after} <= f.minute() < {before}"
        else:
            hours = f"((v := f.minute()) >= {after} or v < {before})"
        if not rule.weekdays:
            return f"({hours})"
        return f"({hours} and f.weekday() in {self._constant(rule.weekdays)})"

    def _met(self, value: str, test: Test) -> str:
        """Return the test on a value that may be a scalar, a list of them, or neither."""
        negated, met = self._positive(test)
        prefix = "not " if negated else ""
        found = f"(v := {value})"
        many = f"any({met} for v in scalars(v))"
        return f"({prefix}({many} if {found}.__class__ is list else {met}))"

    def _met_by_any(self, values: str, test: Test) -> str:
        negated, met = self._positive(test)
        return f"({'not ' if negated else ''}any({met} for v in {values}))"

    def _positive(self, test: Test) -> tuple[bool, str]:
        """Return an expression over `v`, and whether the test holds when no value meets it."""
        match test.operator:
            case "is" | "is_not":
                return test.operator == "is_not", self._equal(test.value)
            case "one_of" | "none_of":
                options = test.value if isinstance(test.value, tuple) else (test.value,)
                return test.operator == "none_of", self._one_of(options)
            case "exists" | "missing":
                return test.operator == "missing", f"({_IS_SCALAR})"
            case "over" | "at_least" | "under" | "at_most":
                return False, self._compared(_COMPARE[test.operator], test.value)
            case "contains":
                return False, self._text(f"{self._constant(test.value)} in v", test)
            case "starts_with":
                return False, self._text(f"v.startswith({self._constant(test.value)})", test)
            case "ends_with":
                return False, self._text(f"v.endswith({self._constant(test.value)})", test)
            case _:
                assert_never(test.operator)

    def _equal(self, value: Scalar | tuple[Scalar, ...]) -> str:
        if isinstance(value, str):
            return f"(v == {self._constant(value)})"  # a text equals texts only
        return self._compared("==", value)

    def _one_of(self, options: tuple[Scalar, ...]) -> str:
        if options and all(isinstance(option, str) for option in options):
            names = self._constant(dict.fromkeys(options))
            return f"(v.__class__ is str and v in {names})"
        return f"({' or '.join(self._equal(option) for option in options) or 'False'})"

    def _compared(self, compare: str, value: Scalar | tuple[Scalar, ...]) -> str:
        if isinstance(value, bool):
            is_equality = compare == "=="  # booleans have no order
            return f"(v is {value})" if is_equality else "False"
        if isinstance(value, str):
            return f"(v.__class__ is str and v {compare} {self._constant(value)})"
        if isinstance(value, int | float):
            return f"(({_IS_NUMBER}) and v {compare} {self._constant(value)})"
        return "False"

    def _text(self, expression: str, test: Test) -> str:
        is_text = isinstance(test.value, str)
        return f"(v.__class__ is str and {expression})" if is_text else "False"


_SCOPE: Mapping[str, Any] = {
    "__builtins__": {},
    "values_at": values_at,
    "scalars": scalars,
    "any": any,
    "str": str,
    "int": int,
    "float": float,
    "bool": bool,
    "list": list,
}
_IS_NUMBER = "v.__class__ is int or v.__class__ is float"
_IS_SCALAR = f"v.__class__ is str or {_IS_NUMBER} or v.__class__ is bool"
_COMPARE: Mapping[str, str] = {
    "is": "==",
    "over": ">",
    "at_least": ">=",
    "under": "<",
    "at_most": "<=",
}
