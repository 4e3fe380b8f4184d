"""Secrets at rest: sealed under a key that is kept elsewhere, opened only by it."""

from __future__ import annotations

import asyncio
import base64
import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from legato.connectors.auth.oauth2 import Token
from legato.model.problem import LegatoError
from legato.ports.accounts.tokens import KeptToken
from legato.stores.govern.keys import Keys
from legato.stores.govern.sealed_tokens import SealedTokens
from legato.stores.govern.vault import FILE_NAME, OWN, Vault
from legato.transports.clock import SystemClock
from legato.transports.secrets import EnvironmentSecrets

VALUE = "sk_live_hunter2"
FIRST, SECOND = (base64.b64encode(bytes([number]) * 32).decode() for number in (1, 2))


class Place:
    """A data folder, a folder of keys and a workspace, apart from each other."""

    def __init__(self, folder: Path) -> None:
        self.data, self.keys, self.workspace = folder / "data", folder / "keys", folder / "work"
        self.data.mkdir()

    def vault(self, **environment: str) -> Vault:
        return Vault(self.data, Keys(environment, self.keys, apart_from=self.workspace))

    def key_files(self) -> list[Path]:
        return sorted(self.keys.glob("*.key"))

    def holds(self, text: str) -> list[str]:
        """Return the files that hold a text, plain or in base64."""
        forms = (text.encode(), base64.b64encode(text.encode()).rstrip(b"="))
        files = [path for path in self.data.parent.rglob("*") if path.is_file()]
        return [path.name for path in files if any(form in path.read_bytes() for form in forms)]


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def test_a_secret_is_found_after_a_restart_and_stands_in_no_file(place: Place) -> None:
    place.vault().put("SMS", VALUE, now=1)

    assert place.vault().get("SMS") == VALUE
    assert place.vault().get("NONE") is None
    assert place.vault().names() == {"SMS": 1}
    assert place.holds(VALUE) == []
    for path in (place.data / FILE_NAME, *place.key_files()):
        assert path.stat().st_mode & 0o777 == 0o600
    assert len(place.key_files()) == 1


def test_a_renewed_secret_is_found_at_once_and_a_removed_one_no_more(place: Place) -> None:
    vault = place.vault()
    vault.put("SMS", "old", now=1)
    vault.put("SMS", VALUE, now=2)
    vault.put("MAIL", "other", now=3)

    assert vault.get("SMS") == VALUE
    assert vault.remove("SMS")
    assert not vault.remove("SMS")
    assert (vault.get("SMS"), vault.get("MAIL")) == (None, "other")
    assert place.vault().names() == {"MAIL": 3}


def test_the_environments_key_leaves_no_key_file(place: Place) -> None:
    place.vault(LEGATO_SECRETS_KEY=FIRST).put("SMS", VALUE, now=1)

    assert place.key_files() == []
    assert place.vault(LEGATO_SECRETS_KEY=FIRST).get("SMS") == VALUE
    with pytest.raises(LegatoError, match="is not here"):
        place.vault(LEGATO_SECRETS_KEY=SECOND).get("SMS")


def test_without_its_key_nothing_is_opened_or_sealed(place: Place) -> None:
    place.vault().put("SMS", VALUE, now=1)
    (key,) = place.key_files()
    key.unlink()

    with pytest.raises(LegatoError, match="is not here"):
        place.vault().get("SMS")
    with pytest.raises(LegatoError, match="is not here"):
        place.vault().put("MAIL", "other", now=2)


@pytest.mark.parametrize("key", ["", "short", "!" * 44, FIRST[:-4]])
def test_what_is_no_key_is_refused_without_being_repeated(place: Place, key: str) -> None:
    with pytest.raises(LegatoError, match="holds no key") as raised:
        place.vault(LEGATO_SECRETS_KEY=key).put("SMS", VALUE, now=1)

    assert len(key) < 5 or key not in f"{raised.value} {raised.value.fix}"


def test_a_sealed_value_moved_under_another_name_is_not_opened(place: Place) -> None:
    vault = place.vault()
    vault.put("SMS", VALUE, now=1)
    vault.put("MAIL", "other", now=1)
    path = place.data / FILE_NAME
    kept = json.loads(path.read_text())
    kept["secrets"]["MAIL"] = kept["secrets"]["SMS"]
    path.write_text(json.dumps(kept))

    with pytest.raises(LegatoError, match="not as it was sealed"):
        place.vault().get("MAIL")


def test_rotation_seals_everything_anew_and_forgets_the_key_before(place: Place) -> None:
    vault = place.vault()
    vault.put("SMS", VALUE, now=1)
    (before,) = place.key_files()

    vault.rotate()

    (after,) = place.key_files()
    assert before != after
    assert vault.get("SMS") == VALUE
    assert place.vault().names() == {"SMS": 1}


def test_the_environments_key_is_changed_by_giving_both(place: Place) -> None:
    place.vault(LEGATO_SECRETS_KEY=FIRST).put("SMS", VALUE, now=1)
    with pytest.raises(LegatoError, match="still gives"):
        place.vault(LEGATO_SECRETS_KEY=FIRST).rotate()

    place.vault(LEGATO_SECRETS_KEY=SECOND, LEGATO_SECRETS_KEY_OLD=FIRST).rotate()

    assert place.vault(LEGATO_SECRETS_KEY=SECOND).get("SMS") == VALUE


def test_a_key_is_never_kept_in_the_workspace(place: Place) -> None:
    keys = Keys({}, place.workspace / "keys", apart_from=place.workspace)

    with pytest.raises(LegatoError, match="in the workspace"):
        Vault(place.data, keys).put("SMS", VALUE, now=1)


def test_the_environment_goes_before_what_is_kept(place: Place) -> None:
    vault = place.vault()
    vault.put("SMS", VALUE, now=1)

    secrets = EnvironmentSecrets({"LEGATO_SECRET_SMS": "from the environment"}, vault)

    assert secrets.get("SMS") == "from the environment"
    assert EnvironmentSecrets({}, vault).get("SMS") == VALUE
    assert EnvironmentSecrets({}).get("SMS") is None


def test_what_legato_keeps_itself_is_sealed_anew_and_not_listed(place: Place) -> None:
    vault = place.vault()
    vault.put("SMS", VALUE, now=1)
    vault.put(f"{OWN}links", "of its own", now=2)

    vault.rotate()

    assert place.vault().names() == {"SMS": 1}
    assert place.vault().get(f"{OWN}links") == "of its own"


def test_secrets_set_from_several_threads_are_all_kept(place: Place) -> None:
    vault = place.vault()
    names = [f"SMS_{number}" for number in range(20)]

    with ThreadPoolExecutor(8) as threads:
        for name in names:
            threads.submit(vault.put, name, name, now=1)

    assert sorted(place.vault().names()) == sorted(names)


def kept_token() -> KeptToken:
    token = Token(fields={"access_token": VALUE, "instance_url": "https://x.example"}, expires_at=9)
    return KeptToken(token=token, refresh_token=f"{VALUE}_again", destinations=("crm",))


def test_tokens_are_found_after_a_restart_and_stand_in_no_file_and_no_list(place: Place) -> None:
    clock = SystemClock()
    asyncio.run(SealedTokens(place.vault(), clock).write({"one": kept_token()}))

    assert SealedTokens(place.vault(), clock).read() == {"one": kept_token()}
    assert place.holds(VALUE) == []
    assert place.vault().names() == {}
    assert VALUE not in repr(kept_token())

    place.vault().rotate()

    assert SealedTokens(place.vault(), clock).read() == {"one": kept_token()}
    asyncio.run(SealedTokens(place.vault(), clock).write({}))
    assert SealedTokens(place.vault(), clock).read() == {}


def test_tokens_of_another_shape_are_unreadable_and_nothing_worse(place: Place) -> None:
    place.vault().put(f"{OWN}tokens", '["of another version"]', now=1)

    with pytest.raises(LegatoError, match="not ones of this version"):
        SealedTokens(place.vault(), SystemClock()).read()
