"""What manifests of the catalog were read as is kept, and never taken for another text's."""

from __future__ import annotations

from pathlib import Path

import pytest

from legato.transports.catalog import Kept
from legato.workspace import Shipped

TEXT = "id: own\nroutes:\n  - {on: event, when: [1, 2.5, true, null]}\n"


def test_a_text_that_was_read_is_not_read_again(tmp_path: Path) -> None:
    first = Shipped({"own": TEXT}, Kept(tmp_path))["own"]

    assert first == {"id": "own", "routes": [{"on": "event", "when": [1, 2.5, True, None]}]}
    assert Kept(tmp_path).get("own", TEXT) == first
    assert Shipped({"own": TEXT}, Kept(tmp_path))["own"] == first


def test_a_text_that_has_changed_is_read_anew(tmp_path: Path) -> None:
    assert Shipped({"own": TEXT}, Kept(tmp_path))["own"]["id"] == "own"

    changed = Shipped({"own": TEXT.replace("own", "other")}, Kept(tmp_path))

    assert changed["own"]["id"] == "other"


@pytest.mark.parametrize("broken", [b"", b"\xc1", b"\x93", b"\x01", b"{}"])
def test_what_was_kept_and_cannot_be_read_is_nothing(tmp_path: Path, broken: bytes) -> None:
    kept = Kept(tmp_path)
    kept.put("own", TEXT, {"id": "own"})
    [file] = (tmp_path / "__pycache__").iterdir()
    file.write_bytes(broken)

    assert kept.get("own", TEXT) is None
    assert Shipped({"own": TEXT}, kept)["own"]["id"] == "own"


def test_a_folder_that_cannot_be_written_keeps_nothing(tmp_path: Path) -> None:
    (tmp_path / "__pycache__").write_text("a file")

    assert Shipped({"own": TEXT}, Kept(tmp_path))["own"]["id"] == "own"
    assert Kept(tmp_path).get("own", TEXT) is None


def test_what_would_not_come_back_as_it_is_is_not_kept(tmp_path: Path) -> None:
    Kept(tmp_path).put("own", TEXT, {"pair": (1, 2)})

    assert Kept(tmp_path).get("own", TEXT) is None
