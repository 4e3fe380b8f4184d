"""A destination's settings against what its connector asks for."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, cast

from legato.connectors.exchange.inputs import TYPES
from legato.connectors.language.compiler import Compiler
from legato.connectors.language.value import Read
from legato.connectors.mistake import Mistake, one_of
from legato.connectors.spec import Setting, Spec

MAP = "map"
"""The one setting that every connector of events has."""
VALUE_LENGTH_MAX = 4_096
"""No provider's setting is longer; bounds what a pattern is run over."""


def check_settings(spec: Spec, settings: Mapping[str, Any]) -> tuple[Mistake, ...]:
    """Return what is wrong with a destination's settings."""
    mistakes = [
        Mistake(
            path=(name,),
            what=f"{spec.head.id} has no setting `{name}`",
            fix=one_of(name, spec.settings),
        )
        for name in settings
        if name not in spec.settings and name != MAP
    ]
    for name, setting in spec.settings.items():
        found = _wrong(setting, settings.get(name), is_given=name in settings)
        if found is not None:
            what, fix = found
            mistakes.append(Mistake(path=(name,), what=f"`{name}` {what}", fix=fix))
    mistakes += compile_map(spec, settings)[1]
    return tuple(mistakes)


def compile_map(
    spec: Spec, settings: Mapping[str, Any]
) -> tuple[dict[str, Read], tuple[Mistake, ...]]:
    """Compile the customer's own mapping, `map: {input: value}`, in place of the manifest's."""
    given = settings.get(MAP, {})
    known = ("event", "settings", "clock", "delivery")
    compiler = Compiler(dict.fromkeys(known), [])
    if not isinstance(given, Mapping):
        compiler.add((MAP,), "this must be a mapping", "Write `map: {input: =event.x}`.")
        given = {}
    inputs = spec.inputs("event")
    own: dict[str, Read] = {}
    for name, value in cast("Mapping[str, Any]", given).items():
        if name not in inputs:
            what = f"{spec.head.id} has no input `{name}`"
            compiler.add((MAP, name), what, one_of(name, inputs))
        own[name] = compiler.node(value, (MAP, name)).read
    return own, tuple(compiler.mistakes)


def _wrong(setting: Setting, value: object, *, is_given: bool) -> tuple[str, str] | None:
    if not is_given:
        if setting.required and setting.default is None:
            return "is missing", f"Add it: {setting.title or 'it is required'}."
        return None
    if setting.secret != (secret_name(value) is not None):
        if setting.secret:
            return "is a secret", "Write `{secret: NAME}` and put the value under that NAME."
        return "is not a secret", "Write its value here."
    if setting.secret:
        return None
    return wrong_value(setting, value)


def wrong_value(setting: Setting, value: object) -> tuple[str, str] | None:
    """Return what is wrong with the value of a setting, and how to put it right."""
    is_bool = isinstance(value, bool)  # a bool is an int to Python, not to people
    if not isinstance(value, TYPES[setting.type]) or is_bool != (setting.type == "boolean"):
        return f"is not of type {setting.type}", f"Write a {setting.type}."
    if setting.enum and value not in setting.enum:
        return "is none of the choices", f"Write one of {', '.join(map(str, setting.enum))}."
    if isinstance(value, str):
        if len(value) > VALUE_LENGTH_MAX:
            return "is too long", f"Keep it under {VALUE_LENGTH_MAX} characters."
        if setting.pattern and not re.fullmatch(setting.pattern, value):
            return "does not look right", f"It must match {setting.pattern}"
    return None


def secret_name(value: object) -> str | None:
    """Return NAME of `{secret: NAME}`; None for anything else."""
    if not isinstance(value, Mapping):
        return None
    given = cast("Mapping[str, Any]", value)
    name = given.get("secret")
    return name if len(given) == 1 and isinstance(name, str) else None


def secrets_of(settings: Mapping[str, Any]) -> dict[str, str]:
    """Return setting -> secret NAME for every setting that is a secret."""
    named = ((name, secret_name(value)) for name, value in settings.items())
    return {name: secret for name, secret in named if secret is not None}


def resolve(spec: Spec, settings: Mapping[str, Any], secrets: Mapping[str, str]) -> dict[str, Any]:
    """Return the settings as expressions see them: defaults filled in, secrets by value.

    `secrets` is keyed by setting. One that is not there is left out, and reads as missing.
    """
    values: dict[str, Any] = {}
    for name, setting in spec.settings.items():
        value = secrets.get(name) if setting.secret else settings.get(name, setting.default)
        if value is not None:
            values[name] = value
    return values
