"""A source's settings against what its manifest asks for, and with the secrets that they name."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, cast

from legato.connectors.inbound.spec import SourceSpec
from legato.connectors.language.value import Value
from legato.connectors.mistake import Mistake, one_of
from legato.connectors.settings import secret_name
from legato.connectors.spec import Setting

LIVE_SECRETS_MAX = 2
"""The one that is given out, and the one before it."""

_TYPES: Mapping[str, type | tuple[type, ...]] = {
    "string": str,
    "integer": int,
    "number": (int, float),
    "boolean": bool,
    "object": dict,
    "array": list,
}


def check_source_settings(spec: SourceSpec, given: Mapping[str, Any]) -> list[Mistake]:
    """Return what is wrong with a source's settings."""
    mistakes = [
        Mistake(path=(name,), what=f"has no setting `{name}`", fix=one_of(name, spec.settings))
        for name in given
        if name not in spec.settings
    ]
    for name, setting in spec.settings.items():
        found = _wrong(setting, given.get(name)) if name in given else _missing(setting)
        if found is not None:
            mistakes.append(Mistake(path=(name,), what=f"`{name}` {found[0]}", fix=found[1]))
    return mistakes


def live_settings(
    spec: SourceSpec, given: Mapping[str, Any], secret: Callable[[str], str | None]
) -> list[dict[str, Any]]:
    """Return the settings with secrets by value: twice while a secret is being changed.

    Empty where a secret that the manifest needs has no value here.
    """
    plain = public_settings(spec, given)
    found: list[dict[str, Any]] = []
    for index in range(LIVE_SECRETS_MAX):
        values = {
            name: secret(names[min(index, len(names) - 1)])
            for name, setting in spec.settings.items()
            if setting.secret and (names := _secret_names(given.get(name)))
        }
        is_whole = all(
            values.get(name)
            for name, setting in spec.settings.items()
            if setting.secret and setting.required
        )
        one = {**plain, **{name: value for name, value in values.items() if value}}
        if is_whole and one not in found:
            found.append(one)
    return found


def public_settings(spec: SourceSpec, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings that are no secrets, defaults filled in: what rules may look at."""
    values = {
        name: given.get(name, setting.default)
        for name, setting in spec.settings.items()
        if not setting.secret
    }
    return {name: value for name, value in values.items() if value is not None}


def first_live(value: Value) -> Value:
    """Return a setting as one who asks uses it: of two secrets that are live, the newer."""
    names = _secret_names(value)
    return {"secret": names[0]} if names else value


def secret_names(settings: Mapping[str, Any]) -> list[str]:
    """Return the names of all secrets that settings ask for, each once."""
    return list(dict.fromkeys(name for one in settings.values() for name in _secret_names(one)))


def _secret_names(value: Value) -> list[str]:
    items = cast("list[Any]", value) if isinstance(value, list | tuple) else [value]
    return [name for one in items if (name := secret_name(one)) is not None]


def _missing(setting: Setting) -> tuple[str, str] | None:
    if setting.required and setting.default is None:
        return "is missing", f"Add it: {setting.title or 'it is required'}."
    return None


def _wrong(setting: Setting, value: Value) -> tuple[str, str] | None:
    if setting.secret:
        count = len(cast("list[Any]", value)) if isinstance(value, list | tuple) else 1
        if not 0 < len(_secret_names(value)) == count <= LIVE_SECRETS_MAX:
            return (
                "is a secret",
                "Write `{secret: NAME}`, or a list of two such while you change it.",
            )
        return None
    is_bool = isinstance(value, bool)  # a bool is an int to Python, not to people
    if not isinstance(value, _TYPES[setting.type]) or is_bool != (setting.type == "boolean"):
        return f"is not of type {setting.type}", f"Write a {setting.type}."
    if setting.enum and value not in setting.enum:
        return "is none of the choices", f"Write one of {', '.join(map(str, setting.enum))}."
    if isinstance(value, str) and setting.pattern and not re.fullmatch(setting.pattern, value):
        return "does not look right", f"It must match {setting.pattern}"
    return None
