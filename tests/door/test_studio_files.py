"""The Studio's door: which files it serves, how long browsers keep them, and under which policy."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, MutableMapping
from pathlib import Path
from typing import Any

import pytest

from legato.studio.api import document
from legato.studio.bundle.door import Answer, StudioDoor, is_studio

ROOT = Path(__file__).parents[2]


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    (tmp_path / "assets").mkdir()
    (tmp_path / "index.html").write_text("<!doctype html>")
    (tmp_path / "assets" / "index-abc.js").write_text("plain")
    (tmp_path / "assets" / "index-abc.js.br").write_bytes(b"brotli")
    (tmp_path / "assets" / "index-abc.js.gz").write_bytes(b"gzip")
    return tmp_path


def get(folder: Path, path: str, headers: Mapping[bytes, str] = {}) -> Answer:
    return StudioDoor(folder).answer("GET", path, headers)


def test_assets_are_kept_for_good_and_the_page_is_asked_for_anew(bundle: Path) -> None:
    asset, page = get(bundle, "/studio/assets/index-abc.js"), get(bundle, "/studio/")

    assert "immutable" in asset.headers["cache-control"]
    assert page.headers["cache-control"] == "no-cache"


def test_every_path_under_the_studio_is_its_one_page(bundle: Path) -> None:
    answer = get(bundle, "/studio/customers/person_1")

    assert (answer.status, answer.body) == (200, b"<!doctype html>")


def test_an_asset_of_an_older_build_is_missing_and_not_the_page(bundle: Path) -> None:
    assert get(bundle, "/studio/assets/index-old.js").status == 404


def test_what_a_browser_takes_is_sent_compressed_the_best_form_first(bundle: Path) -> None:
    path = "/studio/assets/index-abc.js"
    both, one, none = (
        get(bundle, path, {b"accept-encoding": accepted})
        for accepted in ("gzip, deflate, br", "gzip", "identity")
    )

    assert [each.body for each in (both, one, none)] == [b"brotli", b"gzip", b"plain"]
    assert "content-encoding" not in none.headers


def test_what_a_browser_has_is_not_sent_again(bundle: Path) -> None:
    tag = get(bundle, "/studio/").headers["etag"]

    again = get(bundle, "/studio/", {b"if-none-match": tag})

    assert (again.status, again.body) == (304, b"")


def test_an_installation_without_the_studio_says_how_to_build_it(tmp_path: Path) -> None:
    answer = get(tmp_path, "/studio/")

    assert answer.status == 503
    assert b"make studio" in answer.body


def test_nothing_outside_the_bundle_is_served(bundle: Path) -> None:
    (bundle.parent / "secret.txt").write_text("secret")

    for path in ("/studio/../secret.txt", "/studio/assets/../../secret.txt", "/studio//etc/passwd"):
        assert b"secret" not in get(bundle, path).body


def test_every_answer_forbids_scripts_of_others_and_frames(bundle: Path) -> None:
    sent: list[MutableMapping[str, Any]] = []

    async def send(message: MutableMapping[str, Any]) -> None:
        sent.append(message)

    async def receive() -> MutableMapping[str, Any]:
        raise AssertionError("nothing is read")

    scope: dict[str, Any] = {"method": "GET", "path": "/studio/", "headers": []}
    asyncio.run(StudioDoor(bundle)(scope, receive, send))

    policy = dict(sent[0]["headers"])[b"content-security-policy"].decode()
    assert "script-src 'self';" in policy
    assert "frame-ancestors 'none'" in policy


def test_paths_beside_the_studio_are_not_its_own() -> None:
    paths = ("/studio", "/studio/live", "/studios", "/v1/studio")
    assert [is_studio(path) for path in paths] == [True, True, False, False]


def test_the_types_of_the_studio_are_made_of_the_api_there_is() -> None:
    kept = (ROOT / "web" / "openapi.json").read_bytes()

    assert kept == document(), "the API has changed: run `make types` and commit web/openapi.json"


def test_one_of_several_says_by_which_field_it_is_known() -> None:
    schemas = json.loads(document())["components"]["schemas"]
    known_by = schemas["Rehearsal"]["properties"]["task"]["discriminator"]

    assert known_by["propertyName"] == "kind"
    assert known_by["mapping"]["prove"] == "#/components/schemas/Prove"
