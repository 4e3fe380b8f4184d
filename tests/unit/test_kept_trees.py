"""Files are read once while they stay as they are, and what is kept of them has an end."""

from __future__ import annotations

from legato.plan.source import Kept


def test_a_file_that_stays_as_it_is_is_read_once() -> None:
    kept = Kept()

    first = kept.read("a.yaml", "journey: a\n")

    assert kept.read("a.yaml", "journey: a\n") is first
    assert kept.read("a.yaml", "journey: b\n") is not first


def test_the_file_used_longest_ago_goes_first() -> None:
    kept = Kept(files_max=2)
    one, two = (kept.read(name, "journey: a\n") for name in ("1.yaml", "2.yaml"))
    kept.read("1.yaml", "journey: a\n")

    kept.read("3.yaml", "journey: a\n")

    assert kept.read("1.yaml", "journey: a\n") is one
    assert kept.read("2.yaml", "journey: a\n") is not two


def test_a_large_workspace_finds_room() -> None:
    kept = Kept(files_max=0)
    kept.make_room(3)

    first = [kept.read(f"{number}.yaml", "journey: a\n") for number in range(3)]

    again = [kept.read(f"{number}.yaml", "journey: a\n") for number in range(3)]
    assert all(one is other for one, other in zip(first, again, strict=True))


def test_room_is_given_back_when_a_small_workspace_follows() -> None:
    kept = Kept(files_max=0)
    kept.make_room(5_000)
    first = kept.read("1.yaml", "journey: a\n")

    kept.make_room(3)

    assert kept.read("1.yaml", "journey: a\n") is not first
