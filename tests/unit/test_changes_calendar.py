"""Deadlines of changes are working days on the workspace's wall."""

from __future__ import annotations

import pytest

from legato.govern.changes.calendar import after_working_days
from legato.govern.roles import holders
from legato.model.instant import format_instant, parse_instant
from legato.plan.impact.approvals import APPROVERS


@pytest.mark.parametrize(
    ("since", "days", "zone", "until"),
    [
        ("2026-03-02T10:15:30Z", 3, "UTC", "2026-03-05T10:15:30.000Z"),
        ("2026-03-05T10:00:00Z", 3, "UTC", "2026-03-10T10:00:00.000Z"),
        ("2026-03-07T10:00:00Z", 3, "UTC", "2026-03-12T00:00:00.000Z"),
        ("2026-03-26T10:00:00Z", 3, "Europe/Lisbon", "2026-03-31T09:00:00.000Z"),
        ("2026-03-06T23:30:00Z", 1, "Asia/Tokyo", "2026-03-09T15:00:00.000Z"),
    ],
    ids=["within a week", "over a weekend", "from a Saturday", "clocks change", "it is Saturday"],
)
def test_only_working_days_count(since: str, days: int, zone: str, until: str) -> None:
    began = parse_instant(since)
    assert began is not None

    assert format_instant(after_working_days(began, days, zone)) == until


def test_the_roles_that_a_policy_may_name_are_those_that_may_approve() -> None:
    assert holders("approve") == APPROVERS
