"""Purposes and channels of a template in a workspace that has others: told, never guessed."""

from __future__ import annotations

from pathlib import Path

import pytest

from legato.plan.beginning.bring import Asked, Brought, bring
from legato.plan.drawing.draw import draw
from legato.workspace import check_files, read_workspace, shipped_templates

SHOP = read_workspace(Path(__file__).parents[2] / "examples" / "shop")
LAWFULNESS = "policies/lawfulness.yaml"
CHANNELS = "channels/channels.yaml"


def brought(name: str, *swaps: tuple[str, str, str]) -> tuple[dict[str, str], Brought]:
    files = dict(SHOP)
    for file, before, after in swaps:
        assert before in files[file]
        files[file] = files[file].replace(before, after)
    found = bring(shipped_templates(), files, Asked(template=name))
    assert found is not None
    return files, found


def said(found: Brought, how: str) -> list[str]:
    return [each.said for each in found.came if each.how == how and each.kind != "journey"]


def test_a_purpose_of_the_same_kind_is_taken_for_the_template_s() -> None:
    files, found = brought("nps", (LAWFULNESS, "  service:", "  orders:"))

    assert said(found, "renamed") == [
        "What is for `service` in the template is for your purpose `orders`."
    ]
    assert "purpose: orders" in found.files["journeys/nps.yaml"]
    assert "purpose: orders" in found.files["templates/nps.yaml"]
    assert "purposes: [orders, marketing]" in found.files["catalog/nps.yaml"]
    assert files.keys().isdisjoint(found.files)


def test_a_purpose_that_is_like_none_is_a_problem_with_repairs() -> None:
    files, found = brought(
        "nps", (LAWFULNESS, "  service: {basis: contract", "  x: {basis: consent")
    )

    assert said(found, "missing") == [
        "Your workspace has no purpose `service`: choose which it is for."
    ]
    texts = {**files, **found.files}
    drawing = draw(texts, check_files(texts), "nps")
    assert drawing is not None
    (problem,) = (each for each in drawing.problems if each.path == "purpose")
    assert "Use `marketing`" in [each.title for each in problem.repairs]


@pytest.mark.parametrize(
    ("template", "how", "words", "text"),
    [
        ("cart", "left_out", "no channel `push`: it is left out", "on: email"),
        ("delivery_delay", "left_out", "no channel `push`: it is left out", "on: email"),
    ],
)
def test_a_channel_that_is_not_there_is_left_out(
    template: str, how: str, words: str, text: str
) -> None:
    _, found = brought(template, (CHANNELS, "channel: push", "channel: pigeon"))

    assert words in "".join(said(found, how))
    assert text in found.files[f"journeys/{template}.yaml"]
    assert "push" not in "".join(found.files.values())


def test_a_step_that_sends_by_no_channel_that_is_there_is_left_as_it_is() -> None:
    _, found = brought("nps", (CHANNELS, "channel: email", "channel: letters"))

    assert said(found, "missing") == [
        "Your workspace has no channel `email`: choose another at the steps that send by it alone."
    ]
    assert "on: email" in found.files["journeys/nps.yaml"]
