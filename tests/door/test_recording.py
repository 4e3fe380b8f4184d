"""A real person's story becomes a scenario: through the API of a running shop, naming nobody."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from legato.app.config import Config
from legato.app.rehearse.scenarios import Outcome, open_book, outcome_of, rehearse_scenario
from legato.workspace import check_files, read_workspace
from tests.door.provider import Provider, Question, Told
from tests.door.test_api_routes import KEY, Legato

SHOP = Path(__file__).parents[2] / "examples" / "shop"
WHO = "kunde-84719"
PERSON = {
    "email": "beatriz.carvalho@correio.pt",
    "phone": "+351912345678",
    "name": "Beatriz Carvalho",
    "push_token": "fcm:Zx81-QQ7-token",
    "country": "Portugal",
    "customer_since": "2031-01-02T03:04:05Z",
}


def taken(question: Question) -> Told:
    assert question.path == "/email/v3/mail/send"
    return Told(202, b"", {"x-message-id": "m1"})


@pytest.fixture
def provider() -> Iterator[Provider]:
    made = Provider(taken)
    yield made
    made.close()


@pytest.fixture
def shop(tmp_path: Path, provider: Provider) -> Iterator[Legato]:
    workspace = tmp_path / "workspace"
    shutil.copytree(SHOP, workspace)
    for name, old, new in (
        ("destinations/providers.yaml", "http://127.0.0.1:8790/email", f"{provider.url}/email"),
        ("sources/web.yaml", "shop-web-key", KEY),
    ):
        path = workspace / name
        path.write_text(path.read_text().replace(old, new))
    config = Config(workspace=workspace, data=tmp_path / "data", keys=tmp_path / "keys")
    legato = Legato(tmp_path, config)
    legato.call("PUT", "/api/secrets/EMAIL_API_KEY", {"value": "a-key-of-the-test"})
    yield legato
    legato.close()


def lived_through(shop: Legato) -> None:
    """Let somebody sign up, be welcomed, and look around."""
    shop.identify(WHO, **PERSON)
    shop.track(WHO, "Consent Changed", purpose="marketing", channel="email", granted=True)
    shop.track(WHO, "Signed Up", method="web")
    shop.until("settled")
    shop.track(WHO, "Product Viewed", product_id="sku-71053", name="Carved lantern", price=9.5)
    shop.track(WHO, "Checkout Started", cart_id="cart-99120", value=54.2, currency="GBP",
               product_id="sku-71053")  # fmt: skip


def rehearsed(text: str, **changed: str) -> Outcome:
    files = {**read_workspace(SHOP), **changed}
    plan = check_files(files).plan
    assert plan is not None
    book = open_book({"scenarios/recorded.yaml": text}, files, plan)
    assert book.problems == (), "\n".join(map(str, book.problems))
    return outcome_of(rehearse_scenario(book.scenarios[0], plan, {}))


def recorded(shop: Legato) -> dict[str, Any]:
    answer = shop.call("GET", f"/api/people/user_id:{WHO}/scenario")
    assert answer.status == 200, answer.body
    return answer.json()


def test_a_story_of_production_passes_as_it_was_and_fails_on_a_bad_change(shop: Legato) -> None:
    lived_through(shop)
    text = recorded(shop)["text"]

    same = rehearsed(text)
    welcome = read_workspace(SHOP)["journeys/welcome.yaml"]
    late = welcome.replace("steps:\n", "steps:\n  - wait: 3h\n")
    bad = rehearsed(text, **{"journeys/welcome.yaml": late})

    assert [(one.miss.expected, one.miss.actual) for one in same.misses] == []
    assert "message: welcome_hello, by: email" in text
    assert any("welcome_hello" in one.miss.expected for one in bad.misses)


def test_nothing_of_the_person_is_left_in_it(shop: Legato) -> None:
    lived_through(shop)
    text = recorded(shop)["text"]

    own = [*PERSON.values(), WHO, "sku-71053", "Carved lantern", "cart-99120"]
    words = [word for value in own for word in (value, *value.split())]
    assert [word for word in words if word.lower() in text.lower()] == []
    assert "Checkout Started" in text


def test_it_is_an_access_to_personal_data_that_goes_on_record(shop: Legato) -> None:
    lived_through(shop)

    refused = shop.by_token("marketer", "GET", f"/api/people/user_id:{WHO}/scenario", None)
    recorded(shop)

    assert refused.status == 403
    entries = shop.call("GET", "/api/audit?action=person.record").json()
    assert [entry["action"] for entry in entries] == ["person.record"]
