"""Every function an expression may call. Closed: a manifest cannot add to it."""

from __future__ import annotations

from collections.abc import Mapping

from legato.connectors.language.function import Function
from legato.connectors.language.functions.agents import AGENTS
from legato.connectors.language.functions.digests import DIGESTS
from legato.connectors.language.functions.instants import INSTANTS
from legato.connectors.language.functions.numbers import NUMBERS
from legato.connectors.language.functions.shapes import SHAPES
from legato.connectors.language.functions.texts import TEXTS

FUNCTIONS: Mapping[str, Function] = {
    **TEXTS,
    **SHAPES,
    **NUMBERS,
    **INSTANTS,
    **DIGESTS,
    **AGENTS,
}
