"""Erasing one of two who were taken for one person: also from the log, and for good."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from legato.app.config import Config
from legato.app.erasure import search_folder
from tests.door.test_api_routes import Legato, make_workspace
from tests.door.test_erasure import erased, overwritten

IDENTITY = """identity:
  - {kind: user_id, from: [user_id], limit: 5}
  - {kind: email, from: [traits.email], lowercase: true, limit: 5}
  - {kind: anonymous_id, from: [anonymous_id], limit: 5}
"""
WHY = "the service desk talked to both of them"
ANA = ("ana-1001", "ana-phone", "ana@example.com")
TABLET = "shop-tablet-1"
BEN = ("ben-2002", "ben-phone", "ben@example.com")


class Living:
    """A Legato that may forget its state and make it anew from its log."""

    def __init__(self, folder: Path) -> None:
        workspace = make_workspace(folder)
        (workspace / "identity.yaml").write_text(IDENTITY)
        self._config = Config(workspace=workspace, data=folder / "data", keys=folder / "keys")
        self.legato = Legato(folder, self._config)

    def close(self) -> None:
        self.legato.close()

    def rebuild(self) -> None:
        """Delete the state file, and start."""
        self.close()
        for path in self._config.data.glob("state.db*"):
            path.unlink()
        self.legato = Legato(self.legato.folder, self._config)
        self.event("somebody", "", "Signed Up")  # applied after all that was in the log

    def event(self, user: str, device: str, name: str, **more: object) -> None:
        ids = {"userId": user, "anonymousId": device}
        given = {key: value for key, value in ids.items() if value}
        kind = "track" if name else "identify"
        self.legato.collect(kind, {**given, **({"event": name} if name else {}), **more})

    def meet(self, who: tuple[str, str, str]) -> None:
        user, device, email = who
        self.event(user, device, "", traits={"email": email})
        self.legato.consent(user)
        self.event(user, device, "Signed Up", properties={"method": "web"})

    def status(self, who: str) -> int:
        return self.legato.call("GET", f"/api/people/{who}").status

    def person(self, who: str) -> str:
        found: str = self.legato.call("GET", f"/api/people/{who}").json()["person_id"]
        return found

    def profile(self, user: str) -> dict[str, Any]:
        """Return what is known of somebody, but for what is made for each answer."""
        found: dict[str, Any] = self.legato.call("GET", f"/api/people/user_id:{user}").json()
        found["traits"] = [one for one in found["traits"] if not one["is_computed"]]
        return found

    def split(self, user: str) -> None:
        merged = self.profile(user)
        (gone,) = merged["merged"]
        path = f"/api/people/{merged['person_id']}/split"
        answer = self.legato.call("POST", path, {"other": gone, "reason": WHY})
        assert answer.status == 200, answer.body

    def part(self, who: str, identifier: str) -> None:
        body = {"identifier": identifier, "reason": WHY}
        answer = self.legato.call("POST", f"/api/people/user_id:{who}/part", body)
        assert answer.status == 200, answer.body

    def found(self, values: tuple[str, ...]) -> dict[str, int]:
        self.legato.runner.run(overwritten(self.legato.app))
        return search_folder(self._config.data, values).found


@pytest.fixture
def living(tmp_path: Path) -> Iterator[Living]:
    living = Living(tmp_path)
    yield living
    living.close()


@pytest.mark.parametrize(("gone", "stays"), [(ANA, BEN), (BEN, ANA)])
def test_one_of_two_who_were_parted_goes_for_good_and_the_other_stays(
    living: Living, gone: tuple[str, str, str], stays: tuple[str, str, str]
) -> None:
    living.meet(ANA)
    living.meet(BEN)
    living.event(ANA[0], BEN[1], "Signed Up")  # on Ben's phone: the two become one
    living.event(ANA[0], "", "Signed Up")
    living.event(BEN[0], "", "Signed Up")
    living.split(ANA[0])
    before = living.profile(stays[0])

    certificate = erased(living.legato, f"user_id:{gone[0]}")

    assert certificate.files is not None
    assert certificate.files.found == {}
    assert living.found(gone) == {}
    assert living.profile(stays[0]) == before
    living.rebuild()
    assert living.profile(stays[0]) == before
    for who in (f"user_id:{gone[0]}", f"anonymous_id:{gone[1]}", f"email:{gone[2]}"):
        assert living.status(who) == 404
    assert living.found(gone) == {}
    assert living.found(stays)


def test_an_address_that_was_said_of_the_other_goes_with_whose_it_is(living: Living) -> None:
    living.meet(ANA)
    living.meet(BEN)
    living.event(ANA[0], "", "", traits={"email": BEN[2], "first_name": "Ana"})
    living.split(ANA[0])
    assert BEN[2] in str(living.legato.call("GET", f"/api/people/user_id:{ANA[0]}", reason=WHY))

    erased(living.legato, f"user_id:{BEN[0]}")

    assert living.found(BEN) == {}
    assert [one["name"] for one in living.profile(ANA[0])["traits"]] == ["first_name"]


def test_who_comes_back_is_not_joined_with_the_other_again(living: Living) -> None:
    living.meet(ANA)
    living.meet(BEN)
    living.event(ANA[0], BEN[1], "Signed Up")
    living.split(ANA[0])
    erased(living.legato, f"user_id:{BEN[0]}")

    living.rebuild()
    living.event(BEN[0], BEN[1], "Signed Up")
    living.event(ANA[0], BEN[1], "Signed Up")

    assert living.profile(ANA[0])["person_id"] != living.profile(BEN[0])["person_id"]
    assert [one["value"] for one in living.profile(BEN[0])["identifiers"]] != []


@pytest.fixture
def shared(living: Living) -> Living:
    """Ana's profile began on a tablet on which others look around, too; it was parted from her."""
    living.event("", TABLET, "Signed Up", properties={"method": "web"})
    living.meet(ANA)
    living.event(ANA[0], TABLET, "Signed Up", properties={"method": "web"})
    living.event("", TABLET, "Signed Up", properties={"method": "web"})
    assert living.profile(ANA[0])["merged"] != []
    living.part(ANA[0], f"anonymous_id:{TABLET}")
    return living


def test_a_parted_device_goes_and_its_former_person_stays(shared: Living) -> None:
    before = shared.profile(ANA[0])

    erased(shared.legato, f"anonymous_id:{TABLET}")

    assert shared.found((TABLET,)) == {}
    assert shared.profile(ANA[0]) == before
    shared.rebuild()
    assert shared.profile(ANA[0]) == before
    assert shared.status(f"anonymous_id:{TABLET}") == 404
    shared.event("", TABLET, "Signed Up")
    shared.event(ANA[0], TABLET, "Signed Up")
    assert [one["value"] for one in shared.profile(ANA[0])["identifiers"]] == [
        one["value"] for one in before["identifiers"]
    ]
    assert shared.person(f"anonymous_id:{TABLET}") != before["person_id"]


def test_who_had_a_parted_device_goes_and_the_device_stays(shared: Living) -> None:
    before = shared.person(f"anonymous_id:{TABLET}")

    erased(shared.legato, f"user_id:{ANA[0]}")

    assert shared.found(ANA) == {}
    assert shared.person(f"anonymous_id:{TABLET}") == before
    shared.rebuild()
    assert shared.person(f"anonymous_id:{TABLET}") == before
    assert shared.status(f"user_id:{ANA[0]}") == 404
    shared.event(ANA[0], "", "Signed Up")
    shared.event(ANA[0], TABLET, "Signed Up")
    assert shared.person(f"user_id:{ANA[0]}") != before


def test_a_parted_address_goes_also_from_who_had_mistyped_it(living: Living) -> None:
    living.meet(ANA)
    living.event(ANA[0], "", "", traits={"email": BEN[2], "first_name": "Ana"})
    living.part(ANA[0], f"email:{BEN[2]}")
    before = living.profile(ANA[0])

    erased(living.legato, f"email:{BEN[2]}")

    assert living.found(BEN) == {}
    assert living.profile(ANA[0]) == before
    living.rebuild()
    assert living.profile(ANA[0]) == before
    assert [one["name"] for one in before["traits"]] == ["email", "first_name"]
