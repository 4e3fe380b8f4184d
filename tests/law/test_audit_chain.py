"""Laws of the audit chain: it follows what was written, and nothing else."""

from __future__ import annotations

from collections.abc import Callable

from hypothesis import given
from hypothesis import strategies as st

from legato.govern.chain import ORIGIN, START, entry_of, follow, head_of, link
from legato.ports.audit import AuditEntry, AuditRow

texts = st.text(max_size=12)
entries = st.builds(
    AuditEntry,
    actor=texts,
    action=texts,
    subject=texts,
    detail=st.dictionaries(texts, texts, max_size=3),
    outcome=st.sampled_from(("done", "refused")),
)
chains = st.lists(entries, min_size=1, max_size=8)


def chained(written: list[AuditEntry]) -> list[AuditRow]:
    rows: list[AuditRow] = []
    for number, entry in enumerate(written, 1):
        digest = rows[-1].digest if rows else ORIGIN
        rows.append(link(digest, number=number, at=number * 7, entry=entry))
    return rows


@given(chains, st.integers(0, 8))
def test_a_chain_follows_from_its_start_and_from_any_head_in_it(
    written: list[AuditEntry], cut: int
) -> None:
    rows = chained(written)
    first = follow(START, rows[:cut])

    rest = follow(first.head, rows[cut:])

    assert (first.broken, rest.broken) == (None, None)
    assert rest.head == head_of(rows[-1])
    assert [entry_of(row) for row in rows] == written


Meddle = Callable[[AuditRow], AuditRow]
CHANGES: tuple[Meddle, ...] = (
    lambda row: row._replace(at=row.at + 1),
    lambda row: row._replace(actor=row.actor + "x"),
    lambda row: row._replace(action=row.actor, actor=row.action + "\x00"),
    lambda row: row._replace(subject=row.subject + " "),
    lambda row: row._replace(detail=row.detail.replace("{", "{ ", 1)),
    lambda row: row._replace(outcome="done" if row.outcome == "refused" else "refused"),
    lambda row: row._replace(digest=bytes(32)),
)


@given(chains, st.data())
def test_any_change_is_found_where_it_was_made(
    written: list[AuditEntry], data: st.DataObject
) -> None:
    rows = chained(written)
    place = data.draw(st.integers(0, len(rows) - 1))
    rows[place] = data.draw(st.sampled_from(CHANGES))(rows[place])

    assert follow(START, rows).broken == place + 1


@given(st.lists(entries, min_size=2, max_size=8), st.data())
def test_what_is_left_out_moved_or_repeated_is_found(
    written: list[AuditEntry], data: st.DataObject
) -> None:
    rows = chained(written)
    place = data.draw(st.integers(0, len(rows) - 2))

    without = rows[:place] + rows[place + 1 :]
    swapped = [*rows[:place], rows[place + 1], rows[place], *rows[place + 2 :]]
    repeated = [*rows[: place + 1], *rows[place:]]

    assert follow(START, without).broken == place + 1
    assert follow(START, swapped).broken == place + 1
    assert follow(START, repeated).broken == place + 2
