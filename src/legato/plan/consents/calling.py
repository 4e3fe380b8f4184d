"""Calling hours: whether quiet hours keep promotion by SMS out of the night, where that is law.

47 CFR 64.1200(c)(1): not before 8 in the morning nor after 9 in the evening, where the person is.
"""

from __future__ import annotations

from collections.abc import Iterable

from legato.model.plan import QuietHours
from legato.model.problem import Place
from legato.plan.scope import Scope

OPENS, CLOSES = 8 * 60, 21 * 60


def report_calling_hours(
    scope: Scope, place: Place | None, quiet_hours: Iterable[QuietHours]
) -> None:
    """Report every SMS channel that may send promotion at night; `place` says that none may."""
    if place is None:
        return
    kept = [one for one in quiet_hours if _covers_the_night(one) and not one.purposes]
    for channel, destination in scope.channel_destinations.items():
        spec = scope.specs.get(destination)
        is_sms = spec is not None and spec.head.category == "sms"
        if is_sms and not any(not one.channels or channel in one.channels for one in kept):
            scope.findings.report(
                "P307",
                place,
                f"promotion by `{channel}` may be sent before 08:00 or after 21:00",
                'add `quiet_hours: night` with `from: "21:00"`, `to: "08:00"`, '
                f"`channels: [{channel}]` and no `purposes`",
            )


def _covers_the_night(quiet: QuietHours) -> bool:
    return quiet.end < quiet.start <= CLOSES and quiet.end >= OPENS
