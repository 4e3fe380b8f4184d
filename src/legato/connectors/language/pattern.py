"""Regular expressions that cannot stall: a subset whose cost is known before it is run.

A manifest may come from anybody. A linear-time engine (RE2) would need another library on every
platform; instead whatever makes backtracking explode is refused when the manifest is loaded (a
repeat inside a repeat, references back, looking around), and what is left costs at most the
text's length to the power of its open repeats. A text for which that is too much is refused, not
tried.
"""

from __future__ import annotations

import importlib
import re
from functools import lru_cache
from typing import Any

import msgspec

from legato.connectors.language.value import ExpressionError, Value

PATTERN_LENGTH_MAX = 300
"""A longer one is a table, and better written as one."""
STEPS_MAX = 20_000_000
"""What one match may cost at worst: some tenths of a second, met by nobody but an attacker."""
REPEATS_MAX = 4
"""More open repeats than this say nothing that people can read."""

_parser: Any = importlib.import_module("re._parser")
_FORBIDDEN = {
    "ASSERT": "looking around",
    "ASSERT_NOT": "looking around",
    "GROUPREF": "a reference back",
    "GROUPREF_EXISTS": "a reference back",
    "POSSESSIVE_REPEAT": "a possessive repeat",
    "ATOMIC_GROUP": "an atomic group",
}
_TOO_LONG = "a text is too long for the pattern it is compared with"
_REPEATS = ("MAX_REPEAT", "MIN_REPEAT")
_SMALL = 16
"""Repeats up to here are choices, not loops."""


class Pattern(msgspec.Struct, frozen=True):
    """A compiled pattern, and the length of a text that it may be compared with."""

    regex: re.Pattern[str]
    length_max: int

    def search(self, text: str) -> re.Match[str] | None:
        """Find the first place where it matches."""
        if len(text) > self.length_max:
            raise ExpressionError(_TOO_LONG)
        return self.regex.search(text)

    def replace(self, text: str, new: str) -> str:
        """Replace every place where it matches."""
        if len(text) > self.length_max:
            raise ExpressionError(_TOO_LONG)
        try:
            return self.regex.sub(new, text)
        except (re.error, IndexError) as error:
            raise ExpressionError("a replacement names a group that is not there") from error


@lru_cache(maxsize=1_024)
def compile_pattern(text: str) -> Pattern:
    """Compile a pattern. Raises ExpressionError with what it may not have."""
    if len(text) > PATTERN_LENGTH_MAX:
        raise ExpressionError(f"a pattern is longer than {PATTERN_LENGTH_MAX} characters")
    try:
        regex = re.compile(text)
        tree: Any = _parser.parse(text)
    except (re.error, OverflowError, RecursionError) as error:
        raise ExpressionError("this is no regular expression") from error
    repeats = _repeats(tree, inside=False)
    if repeats > REPEATS_MAX:
        raise ExpressionError(f"a pattern has more than {REPEATS_MAX} open repeats")
    is_anchored = text.startswith(("^", "\\A"))
    degree = max(1, repeats + (not is_anchored))  # how its cost grows with the text
    return Pattern(regex, int(STEPS_MAX ** (1 / degree)))


def _repeats(tree: Value, *, inside: bool) -> int:
    """Count the repeats without a small bound; refuse what cannot be counted."""
    count = 0
    for kind, given in tree:
        name = str(kind)
        if name in _FORBIDDEN:
            raise ExpressionError(f"a pattern may not have {_FORBIDDEN[name]}")
        if name in _REPEATS:
            _, most, body = given
            is_open = int(most) > _SMALL
            if inside and is_open:
                raise ExpressionError("a pattern may not repeat what repeats")
            count += is_open + _repeats(body, inside=inside or int(most) > 1)
        elif name == "BRANCH":
            count += sum(_repeats(branch, inside=inside) for branch in given[1])
        elif name == "SUBPATTERN":
            count += _repeats(given[3], inside=inside)
    return count
