"""The SQL reader of rules, for DuckDB: who in the warehouse meets a rule at an instant.

It says of a person what the Python reader says, with three bounds lifted: a tally's ENTRIES_MAX and
VALUES_MAX do not apply, and integers beyond 2**53 compare as floats. Run PRELUDE once a connection:
it defines the macros that the conditions call, and reads instants without an offset as UTC.

Whatever users wrote stands in the condition as a quoted literal. What cannot be quoted or does not
stand in a warehouse (the event at hand, the entry event, an answer, what a message is about) raises
NotInSql.
"""

# ruff: noqa: S608 - building SQL is what this module is for; each literal passes `_quoted`.

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import assert_never

from legato.expr.facts import UNIX_SECONDS_MAX
from legato.expr.number import NUMBER_MAX
from legato.expr.path import parse_path
from legato.expr.tally import INTEGER_MAX, TEXT_MAX
from legato.model.instant import MILLISECOND, SECOND, Instant
from legato.model.noun import Noun
from legato.model.rule import (
    AllOf,
    AnyOf,
    EventMatch,
    HistoryHas,
    HistoryIs,
    InJourney,
    InSegment,
    LocalTime,
    Not,
    PropertyIs,
    Rule,
    Scalar,
    Slot,
    Test,
    TraitAge,
    TraitIs,
)

PRELUDE = f"""
SET TimeZone = 'UTC';
CREATE OR REPLACE TEMP MACRO legato_text(v) AS json_extract_string(v, '$');
CREATE OR REPLACE TEMP MACRO legato_is_number(v) AS
  coalesce(json_type(v) IN ('BIGINT', 'UBIGINT', 'HUGEINT', 'DOUBLE'), false);
CREATE OR REPLACE TEMP MACRO legato_number(v) AS
  CASE WHEN legato_is_number(v) THEN TRY_CAST(legato_text(v) AS DOUBLE) END;
CREATE OR REPLACE TEMP MACRO legato_scalars(list) AS list_filter(
  flatten(list_transform(list, lambda x:
    CASE WHEN json_type(x) = 'ARRAY' THEN json_extract(x, '$[*]') ELSE [x] END)),
  lambda y: legato_is_number(y) OR json_type(y) IN ('VARCHAR', 'BOOLEAN'));
CREATE OR REPLACE TEMP MACRO legato_half_even(n, d) AS
  n // d + CASE WHEN 2 * abs(n % d) > d OR (2 * abs(n % d) = d AND (n // d) % 2 <> 0)
    THEN sign(n) ELSE 0 END;
CREATE OR REPLACE TEMP MACRO legato_micros(v) AS
  CASE WHEN abs(legato_number(v)) <= {NUMBER_MAX} THEN CAST(legato_half_even(
    CAST(replace(CAST(TRY_CAST(legato_text(v) AS DECIMAL(38, 25)) AS VARCHAR), '.', '') AS HUGEINT),
    CAST(10000000000000000000 AS HUGEINT)) AS HUGEINT) END;
CREATE OR REPLACE TEMP MACRO legato_canonical(v) AS
  CASE
    WHEN json_type(v) = 'BOOLEAN' THEN legato_text(v)
    WHEN json_type(v) = 'VARCHAR' AND length(legato_text(v)) <= {TEXT_MAX}
      THEN CAST(to_json(legato_text(v)) AS VARCHAR)
    WHEN legato_number(v) = trunc(legato_number(v)) THEN
      CASE WHEN abs(TRY_CAST(legato_text(v) AS HUGEINT)) <= {INTEGER_MAX}
        THEN CAST(TRY_CAST(legato_text(v) AS HUGEINT) AS VARCHAR) END
    WHEN legato_is_number(v) THEN legato_text(v)
  END;
CREATE OR REPLACE TEMP MACRO legato_instant(v) AS
  CASE
    WHEN json_type(v) = 'VARCHAR' THEN epoch_us(TRY_CAST(legato_text(v) AS TIMESTAMPTZ))
    WHEN abs(legato_number(v)) < {UNIX_SECONDS_MAX}
      THEN CAST(trunc(legato_number(v) * {SECOND}) AS BIGINT)
    ELSE TRY_CAST(trunc(legato_number(v) * {MILLISECOND}) AS BIGINT)
  END;
"""


class NotInSql(ValueError):  # noqa: N818 - says what the rule is
    """The rule reads what no warehouse has. `what` says which part."""

    def __init__(self, what: str) -> None:
        super().__init__(what)
        self.what = what


class Tables(Noun, frozen=True, kw_only=True):
    """Names of the tables, quoted where they need it.

    `events(person_id, name, occurred_at BIGINT, body JSON)`, `traits(person_id, name, value JSON)`,
    `segments(person_id, segment)`, `passages(person_id, journey, is_in, reached_goal)`,
    `people(person_id, zone)`.
    """

    events: str = "events"
    traits: str = "traits"
    segments: str = "segments"
    passages: str = "passages"
    people: str = "people"


def person_condition(
    rule: Rule,
    now: Instant,
    *,
    computed: Mapping[str, Slot] | None = None,
    tables: Tables | None = None,
) -> str:
    """Return a boolean expression, never NULL, over a table with the alias `p(person_id)`."""
    return _Writer(now, computed or {}, tables or Tables()).person(rule)


def person_measurement(slot: Slot, now: Instant, *, tables: Tables | None = None) -> str:
    """Return a measurement of `p`: a list of JSON scalars, in which NULL is none."""
    return _Writer(now, {}, tables or Tables()).measurement(slot)


class _Writer:
    def __init__(self, now: Instant, computed: Mapping[str, Slot], tables: Tables) -> None:
        self._now = now
        self._computed = computed
        self._tables = tables

    def person(self, rule: Rule) -> str:
        """Return a condition on `p`."""
        match rule:
            case PropertyIs():
                raise NotInSql(f"property '{rule.path}' is read of an event at hand")
            case TraitIs():
                return _met(self._trait(rule.name), rule.test)
            case TraitAge():
                compare = ">" if rule.operator == "over" else "<"
                instant = f"legato_instant(({self._trait(rule.name)})[1])"
                return f"coalesce({self._now} - {instant} {compare} {rule.duration}, false)"
            case HistoryIs():
                return _met(self.measurement(rule.slot), rule.test)
            case HistoryHas():
                raise NotInSql(f"'{rule.slot.match.event}' is compared with an event at hand")
            case InSegment():
                return self._exists(self._tables.segments, f"segment = {_quoted(rule.name)}")
            case InJourney():
                state = {"in": " AND is_in", "was_in": "", "reached_goal": " AND reached_goal"}
                journey = f"journey = {_quoted(rule.journey)}{state[rule.state]}"
                return self._exists(self._tables.passages, journey)
            case LocalTime():
                return self._local_time(rule)
            case AllOf() | AnyOf() | Not():
                return _joined(rule, self.person)
            case _:
                assert_never(rule)

    def _exists(self, table: str, condition: str) -> str:
        return f"EXISTS (SELECT 1 FROM {table} x WHERE x.person_id = p.person_id AND {condition})"

    def _trait(self, name: str) -> str:
        """Return a list of a trait's scalars."""
        if name in self._computed:
            return self.measurement(self._computed[name])
        exact = self._trait_value(name)
        first, *rest = parse_path(name)
        if not rest and not first[1]:
            return f"legato_scalars([{exact}])"
        path = "$" + ("[*]" if first[1] else "") + "".join(_json_steps(tuple(rest)))
        parent = self._trait_value(first[0])
        inside = f"json_extract({parent}, {_quoted(path)})"
        inside = inside if "[*]" in path else f"[{inside}]"
        return (
            f"legato_scalars(CASE WHEN {exact} IS NOT NULL THEN [{exact}] "
            f"ELSE coalesce({inside}, []) END)"
        )

    def _trait_value(self, name: str) -> str:
        return (
            f"(SELECT any_value(x.value) FROM {self._tables.traits} x "
            f"WHERE x.person_id = p.person_id AND x.name = {_quoted(name)})"
        )

    def _local_time(self, rule: LocalTime) -> str:
        local = self._local(str(self._now))
        minute = f"(hour({local}) * 60 + minute({local}))"
        word = "AND" if rule.after <= rule.before else "OR"
        hours = f"({minute} >= {rule.after} {word} {minute} < {rule.before})"
        if rule.weekdays:
            weekdays = ", ".join(str(weekday + 1) for weekday in rule.weekdays)
            hours = f"({hours} AND isodow({local}) IN ({weekdays}))"
        return f"coalesce({hours}, false)"

    def _local(self, instant: str) -> str:
        zone = f"(SELECT any_value(z.zone) FROM {self._tables.people} z"
        zone += " WHERE z.person_id = p.person_id)"
        return f"timezone({zone}, make_timestamptz({instant}))"

    # Measurements

    def measurement(self, slot: Slot) -> str:
        """Return a measurement as a list of JSON scalars: one, none, or those of `unique`."""
        match slot.function:
            case "count":
                return f"[to_json((SELECT count(*) FROM {self._events(slot)}))]"
            case "sequence":
                return f"[to_json(CASE WHEN {self._sequence(slot)} THEN 1 ELSE 0 END)]"
            case "sum" | "min" | "max" | "average":
                total = f"(SELECT {_AGGREGATE[slot.function]} FROM {self._values(slot)})"
                number = f"CAST({total} AS DOUBLE) / 1000000"
                return f"list_filter([to_json({number})], lambda x: json_type(x) <> 'NULL')"
            case "first" | "last" | "unique":
                texts = f"(SELECT {_AGGREGATE[slot.function]} FROM {self._texts(slot)})"
            case "most_frequent":
                counts = f"SELECT w.t, count(*) AS n FROM {self._texts(slot)} GROUP BY w.t"
                texts = f"(SELECT [min({{'n': -c.n, 't': c.t}}).t] FROM ({counts}) c)"
            case _:
                assert_never(slot.function)
        return f"list_transform({texts}, lambda x: CAST(x AS JSON))"

    def _events(self, slot: Slot) -> str:
        return f"{self._tables.events} e WHERE {self._matched(slot.match, slot)}"

    def _values(self, slot: Slot) -> str:
        values = _values_at("e.body", slot.property)
        where = self._matched(slot.match, slot)
        return f"{self._tables.events} e, unnest({values}) u(v) WHERE {where}"

    def _texts(self, slot: Slot) -> str:
        texts = (
            f"SELECT e.occurred_at AS moment, legato_canonical(u.v) AS t FROM {self._values(slot)}"
        )
        return f"({texts}) w WHERE w.t IS NOT NULL"

    def _sequence(self, slot: Slot) -> str:
        assert slot.then is not None, "a sequence has a `then`"
        events = self._tables.events
        return (
            f"EXISTS (SELECT 1 FROM {events} a, {events} e WHERE {_happened(slot.match, 'a')} "
            f"AND {self._matched(slot.then, slot)} AND a.occurred_at < e.occurred_at "
            f"AND a.occurred_at >= e.occurred_at - {slot.within})"
        )

    def _matched(self, match: EventMatch, slot: Slot) -> str:
        """Return the condition that `e` is an event of the slot's window."""
        window = slot.window
        conditions = [_happened(match, "e"), f"e.occurred_at <= {self._now}"]
        if window.kind == "sliding":
            conditions.append(f"e.occurred_at > {self._now - window.size}")
        elif window.kind == "calendar":
            then, today = self._local("e.occurred_at"), self._local(str(self._now))
            unit = window.unit
            conditions.append(f"date_trunc('{unit}', {then}) = date_trunc('{unit}', {today})")
        return " AND ".join(conditions)


_AGGREGATE: Mapping[str, str] = {
    "sum": "coalesce(sum(legato_micros(u.v)), 0)",
    "min": "min(legato_micros(u.v))",
    "max": "max(legato_micros(u.v))",
    "average": "CASE WHEN count(legato_micros(u.v)) > 0 THEN "
    "legato_half_even(sum(legato_micros(u.v)), count(legato_micros(u.v))) END",
    "first": "[min({'moment': w.moment, 't': w.t}).t]",
    "last": "[max({'moment': w.moment, 't': w.t}).t]",
    "unique": "list(DISTINCT w.t)",
}


def _happened(match: EventMatch, alias: str) -> str:
    where = f" AND {_event(match.where, alias)}" if match.where is not None else ""
    return f"{alias}.person_id = p.person_id AND {alias}.name = {_quoted(match.event)}{where}"


def _event(rule: Rule, alias: str) -> str:
    """Return a condition on an event's own properties."""
    if isinstance(rule, PropertyIs):
        return _met(_values_at(f"{alias}.body", rule.path), rule.test)
    assert isinstance(rule, AllOf | AnyOf | Not), "a match reads properties"
    return _joined(rule, lambda inner: _event(inner, alias))


def _joined(rule: AllOf | AnyOf | Not, write: Callable[[Rule], str]) -> str:
    match rule:
        case AllOf():
            return f"({' AND '.join(write(inner) for inner in rule.rules) or 'true'})"
        case AnyOf():
            return f"({' OR '.join(write(inner) for inner in rule.rules) or 'false'})"
        case Not():
            return f"(NOT {write(rule.rule)})"
        case _:
            assert_never(rule)


def _values_at(body: str, path: str) -> str:
    """Return the scalars at a path as a list of JSON."""
    steps = parse_path(path)
    json_path = "$" + "".join(_json_steps(steps))
    inside = f"json_extract({body}, {_quoted(json_path)})"
    inside = inside if "[*]" in json_path else f"[{inside}]"
    if len(steps) == 1 and not steps[0][1]:
        return f"legato_scalars({inside})"
    exact = f"json_extract({body}, {_quoted('$' + _json_key(path))})"
    return (
        f"legato_scalars(CASE WHEN {exact} IS NOT NULL THEN [{exact}] "
        f"ELSE coalesce({inside}, []) END)"
    )


def _json_steps(steps: tuple[tuple[str, bool], ...]) -> list[str]:
    return [_json_key(key) + ("[*]" if is_each else "") for key, is_each in steps]


def _json_key(key: str) -> str:
    if not key or any(character in key for character in '"\\*'):
        raise NotInSql(f"the key '{key}' cannot be written in a JSON path")
    return f'."{key}"'


def _met(values: str, test: Test) -> str:
    """Return whether a list of JSON scalars meets a test."""
    match test.operator:
        case "is" | "is_not":
            condition = _compared("=", test.value)
        case "one_of" | "none_of":
            options = test.value if isinstance(test.value, tuple) else (test.value,)
            condition = " OR ".join(_compared("=", option) for option in options) or "false"
        case "exists" | "missing":
            condition = "v IS NOT NULL"
        case "over" | "at_least" | "under" | "at_most":
            condition = _compared(_COMPARE[test.operator], test.value)
        case "contains" | "starts_with" | "ends_with":
            condition = "false"
            if isinstance(test.value, str):
                is_met = f"{test.operator}(legato_text(v), {_quoted(test.value)})"
                condition = f"{_IS_TEXT} AND {is_met}"
        case _:
            assert_never(test.operator)
    is_negative = test.operator in ("is_not", "none_of", "missing")
    found = f"coalesce(len(list_filter({values}, lambda v: ({condition}))) > 0, false)"
    return f"(NOT {found})" if is_negative else found


_IS_TEXT = "json_type(v) = 'VARCHAR'"
_COMPARE: Mapping[str, str] = {"over": ">", "at_least": ">=", "under": "<", "at_most": "<="}


def _compared(compare: str, value: Scalar | tuple[Scalar, ...]) -> str:
    if isinstance(value, bool):
        literal = "true" if value else "false"
        is_it = f"(json_type(v) = 'BOOLEAN' AND legato_text(v) = '{literal}')"
        return is_it if compare == "=" else "false"
    if isinstance(value, str):
        return f"({_IS_TEXT} AND legato_text(v) {compare} {_quoted(value)})"
    if isinstance(value, int | float):
        return f"(legato_number(v) {compare} CAST('{value!r}' AS DOUBLE))"
    return "false"


def _quoted(text: str) -> str:
    """Return a text as an SQL literal."""
    if "\x00" in text:
        raise NotInSql("a zero byte cannot be written in SQL")
    return "'" + text.replace("'", "''") + "'"
