"""What is wrong in a crowd is named with its place and how to mend it."""

from __future__ import annotations

import pytest

from legato.plan.crowds.read import read_crowds
from tests.sim.test_shop import shop

RIGHT = """
crowd: tried
people: 50
lasting: 10d
providers:
  email_provider: {latency: {usual: 1s, slow: 5s}, fails: 1%}
sources:
  crm: {lag: {usual: 1m, slow: 30m}}
replies:
  - {to: crm, from: crm, event: Order Synced, copy: {order_id: order_id}}
kinds:
  - {share: 60%, zones: [Europe/London], has: {email: 90%}, consents: {marketing: 50%},
     does: [{event: Product Viewed, every: 1d, with: {price: {from: 1, to: 9}}}]}
"""


def test_a_right_crowd_has_no_problem() -> None:
    found = read_crowds({"crowds/a.yaml": RIGHT}, shop())

    assert found.problems == ()
    assert [crowd.people for crowd in found.crowds] == [50]


@pytest.mark.parametrize(
    ("old", "new", "line", "what"),
    [
        ("email_provider", "email_provder", 6, "email_provder"),
        ("crm: {lag", "crn: {lag", 8, "crn"),
        ("Order Synced", "Order Sinked", 10, "Order Sinked"),
        ("slow: 5s", "slow: 1ms", 6, "`slow`"),
        ("fails: 1%", "fails: 101%", 6, "`fails`"),
        ("share: 60%", "share: 160%", 12, "`share`"),
        ("Europe/London", "Europe/Londn", 12, "Europe/Londn"),
        ("{marketing: 50%}", "{marketng: 50%}", 12, "marketng"),
        ("Product Viewed", "Product Veiwed", 13, "Product Veiwed"),
        ("every: 1d, ", "", 13, "`every`"),
        ("from: 1, to: 9", "from: 9, to: 1", 13, "`from` and `to`"),
        ("people: 50", "people: few", 3, "`people`"),
        ("lasting: 10d", "lastng: 10d", 4, "`lastng`"),
        ("crowd: tried", "crod: tried", 2, "crod"),
    ],
)
def test_a_mistake_is_named_where_it_stands(old: str, new: str, line: int, what: str) -> None:
    assert old in RIGHT

    found = read_crowds({"crowds/a.yaml": RIGHT.replace(old, new)}, shop())

    problem = found.problems[0]
    assert what in problem.what
    assert problem.fix
    assert problem.place.file == "crowds/a.yaml"
    assert problem.place.line == line


def test_two_crowds_of_one_name_are_refused() -> None:
    found = read_crowds({"crowds/a.yaml": RIGHT, "crowds/b.yaml": RIGHT}, shop())

    assert [problem.place.file for problem in found.problems] == ["crowds/b.yaml"]
