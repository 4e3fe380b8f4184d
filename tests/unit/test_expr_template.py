"""Templates: what Liquid may do, and what becomes a fault."""

from __future__ import annotations

from typing import Any

import pytest

from legato.expr.template import LOOP_MAX, TEXT_MAX, Template, TemplateFault, compile_template

ANA: dict[str, Any] = {
    "profile": {"first_name": "Ana", "none": None, "tags": ["a", "b"], "html": "<b>"},
    "event": {"key": "a secret value"},
    "now": "2026-03-02T10:00:00.000Z",
}


def rendered(text: str, *, is_html: bool = False) -> str | TemplateFault:
    template = compile_template(text, is_html=is_html)
    assert isinstance(template, Template)
    return template.render(ANA)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Hi {{ profile.first_name }}", "Hi Ana"),
        ("Hi {{ profile.last_name | default: 'there' }}", "Hi there"),
        ("Hi {{ profile.none | default: 'there' }}", "Hi there"),
        ("{% if profile.last_name %}yes{% else %}no{% endif %}", "no"),
        ("{% if profile.plan == 'gold' %}yes{% else %}no{% endif %}", "no"),
        ("{% if profile.plan == nil %}yes{% else %}no{% endif %}", "yes"),
        ("{% unless profile.none %}yes{% endunless %}", "yes"),
        ("{% for tag in profile.tags %}{{ forloop.index }}{{ tag }}{% endfor %}", "1a2b"),
        ("{{ profile.tags | join: ' and ' }}", "a and b"),
        ("{{ now | date: '%d %B %Y' }}", "02 March 2026"),
        ("{{ 'now' | date: '%Y' }}", "2026"),
        ("{{ 1772445600 | date: '%H:%M' }}", "10:00"),
        ("{{ profile.html }}", "<b>"),
    ],
)
def test_a_template_renders(text: str, said: str) -> None:
    assert rendered(text) == said


VALUES: tuple[Any, ...] = (
    *(None, False, True, 0, 7, 0.0, 2.5, "", " ", "Ana", "3", [], ["a"], {}),
    *({"size": "much"}, {"name": "Bea"}),
)
NAMES = (
    *("profile", "profile.name", "profile.name.size", "profile.name.name", "profile.size"),
    *("profile.gone", "gone", "true", "nil", "empty"),
)
FILTERS = (
    "",
    "| default: 'there'",
    '|default:""',
    "| default: 'a' | upcase",
    "| default: profile.name",
)
NOTHING = "{% comment %}it prints nothing{% endcomment %}"


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("filters", FILTERS)
def test_a_template_of_names_alone_says_what_liquid_says(name: str, filters: str) -> None:
    text = f"Hi {{{{ {name} {filters} }}}}, {{{{profile.name | default: '-'}}}}."

    for value in VALUES:
        names: dict[str, Any] = {"profile": {"name": value}}
        assert filled(text, names) == filled(text + NOTHING, names), value


def filled(text: str, names: dict[str, Any]) -> str | TemplateFault:
    template = compile_template(text)
    assert isinstance(template, Template)
    return template.render(names)


def test_html_is_escaped_unless_marked_safe() -> None:
    assert rendered("{{ profile.html }}{{ profile.html | safe }}", is_html=True) == "&lt;b&gt;<b>"


@pytest.mark.parametrize(
    "text",
    [
        "\n{{ profile.last_name }}",
        "\n{{ profile.none }}",
        "\n{{ profile.last_name | upcase }}",
        "\n{{ profile.last_name.first }}",
        "\n{% for x in profile.orders %}{{ x }}{% endfor %}",
    ],
)
def test_a_variable_that_is_not_there_is_a_fault_with_its_line(text: str) -> None:
    fault = rendered(text)

    assert isinstance(fault, TemplateFault)
    assert "is undefined" in fault.what
    assert fault.line == 2


def test_the_machine_has_no_clock_for_templates() -> None:
    for text in ("{{ now }}", "{{ today }}", "{{ 'now' | date: '%Y' }}"):
        template = compile_template(text)
        assert isinstance(template, Template)
        assert isinstance(template.render({}), TemplateFault)


@pytest.mark.parametrize(
    "text",
    [
        "{{ profile[event.key] }}",
        "{{ event.key | divided_by: 0 }}",
        "{{ event.key | date: '%Y' }}",
        "{{ event.key | plus: 1 | times: event.key | slice: event.key }}",
    ],
)
def test_a_fault_never_holds_a_value(text: str) -> None:
    fault = rendered(text)

    assert isinstance(fault, TemplateFault)
    assert "secret" not in fault.what


@pytest.mark.parametrize(
    "text",
    [
        f"{{% for i in (1..{LOOP_MAX + 1}) %}}x{{% endfor %}}",
        "{% for i in (1..1000) %}{% for j in (1..1000) %}x{% endfor %}{% endfor %}",
        "{{ (1..1000000000) | join: ',' }}",
        "{% for i in (1..9000) %}xxxxxxxxxxxx{% endfor %}",
        "{% assign x = 'xxxxxx' %}{% for i in (1..60) %}{% assign x = x | append: x %}{% endfor %}",
        (
            "{% capture x %}{% for i in (1..9000) %}xxxxxxxxxx{% endfor %}{% endcapture %}"
            "{{ x | replace: '', x }}"
        ),
    ],
)
def test_a_template_cannot_run_away(text: str) -> None:
    assert isinstance(rendered(text), TemplateFault)


@pytest.mark.parametrize(
    "text",
    [
        "\n{% include 'other' %}",
        "\n{% render 'other' %}",
        "\n{% if %}{% endif %}",
        "\n{% if profile %}",
        "\n{{ profile.first_name | shout }}",
        "\n{% unknown %}",
    ],
)
def test_what_is_not_our_liquid_is_a_fault_before_rendering(text: str) -> None:
    fault = compile_template(text)

    assert isinstance(fault, TemplateFault)
    assert fault.line == 2


def test_an_oversized_template_is_a_fault() -> None:
    assert isinstance(compile_template("x" * (TEXT_MAX + 1)), TemplateFault)


def test_blocks_nest_to_a_bound() -> None:
    text = "{% if true %}" * 50 + "{% endif %}" * 50

    assert isinstance(compile_template(text), TemplateFault)


def test_a_template_names_the_variables_it_wants() -> None:
    template = compile_template(
        "{% assign x = event.price %}{{ x }}{% if profile.vip %}{{ profile.name }}{% endif %}"
    )

    assert isinstance(template, Template)
    assert template.variables() == ("event.price", "profile.name", "profile.vip")
