"""What a user agent says of the browser, the system and the device it comes from.

The tables are those of `ua-parser` (https://github.com/ua-parser), which follow new devices: a
newer one may name a device that was none before. They are loaded with this module; reading asks for
nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from ua_parser import OS, BasicResolver, Device, Domain, UserAgent, load_lazy_builtins

from legato.connectors.language.function import Function

_LENGTH_MAX = 1_000
"""What follows is not read: a thousand patterns look at the text, and anybody may send one."""
_RESOLVER = BasicResolver(load_lazy_builtins())


def _user_agent(value: object) -> Mapping[str, str] | None:
    """Return what is known; null where nothing is, or it is no text."""
    found = _facts(value[:_LENGTH_MAX]) if isinstance(value, str) else ()
    return dict(found) if found else None


@lru_cache(maxsize=2_000)
def _facts(text: str) -> tuple[tuple[str, str], ...]:
    """Return it in pairs, as it is kept: to read a new text takes a millisecond."""
    result = _RESOLVER(text, Domain.ALL).complete()
    browser, system = result.user_agent or UserAgent(""), result.os or OS("")
    device = result.device or Device("")
    found = (
        ("browser", browser.family),
        ("browser_version", _version(browser)),
        ("os", system.family),
        ("os_version", _version(system)),
        ("device", device.family),
        ("brand", _brand(device)),
        ("model", device.model),
    )
    return tuple((name, value) for name, value in found if value)


def _version(of: UserAgent | OS) -> str:
    parts = (of.major, of.minor, of.patch, of.patch_minor)
    return ".".join(part for part in parts if part)


def _brand(device: Device) -> str | None:
    """Return who made it: a generic device has a brand there, which is nobody's."""
    return None if (device.brand or "").startswith("Generic") else device.brand


AGENTS: Mapping[str, Function] = {"user_agent": Function(_user_agent)}
