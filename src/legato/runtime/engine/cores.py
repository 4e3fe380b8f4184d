"""A processor core for the engine alone, on a machine that Legato has to itself.

The engine is what a busy Legato waits for. Where everything else that runs may push it aside, and
leave its cache to itself, a message takes half as long again at the edge of what the machine can.
"""

from __future__ import annotations

import os

from legato.model.problem import LegatoError


def part() -> int:
    """Leave this thread, and what it starts from now on, all cores but one; return that one.

    Raises LegatoError where there are not two, or where the system assigns none.
    """
    if not hasattr(os, "sched_setaffinity"):
        raise LegatoError(
            "This system does not let a program choose its processor cores.",
            fix="Start without --own-core; Linux has it.",
        )
    cores = sorted(os.sched_getaffinity(0))
    if len(cores) == 1:
        raise LegatoError(
            "Legato may use one processor core only, and the engine would have it alone.",
            fix="Start without --own-core, or let it use another.",
        )
    *others, last = cores
    os.sched_setaffinity(0, others)
    return last


def keep_to(core: int) -> None:
    """Let this thread run on one core and on no other; what it starts later as well."""
    os.sched_setaffinity(0, (core,))
