"""Where somebody may be whose time zone nobody has told: by their number, by their country.

A pure function of its tables, which are those of `phonenumbers` (libphonenumber's own), pinned as
all that the engine runs on. An area code narrows a number down to a zone or a few; a mobile or a
toll-free one stands for its whole country. All that remains is taken as true at once: only what is
allowed in every one of these zones is allowed.
"""

from __future__ import annotations

from functools import lru_cache

from phonenumbers import NumberParseException, PhoneNumber, parse
from phonenumbers import country_code_for_region as calling_code_of
from phonenumbers.timezone import time_zones_for_geographical_number as zones_by_prefix

from legato.core.identifiers import plain_address
from legato.expr.wall import is_zone

NUMBERS_MAX = 65_536
"""Numbers whose zones are remembered; reading one takes 35 us."""
COUNTRY_LETTERS = 2


def zones_of(address: str, country: str) -> tuple[str, ...]:
    """Return every zone that somebody of this number and country may be in; none where unknown."""
    return _zones_of(plain_address(address), country.strip().upper())


@lru_cache(maxsize=NUMBERS_MAX)
def _zones_of(number: str, country: str) -> tuple[str, ...]:
    code = calling_code_of(country) if len(country) == COUNTRY_LETTERS else 0
    found = _parsed(number)
    zones = zones_by_prefix(found) if found is not None else ()
    if code and (found is None or found.country_code != code):
        # The number is of elsewhere, or there is none: they may be where the number is, or here.
        zones += zones_by_prefix(PhoneNumber(country_code=code, national_number=0))
    return tuple(dict.fromkeys(zone for zone in zones if zone != "Etc/Unknown" and is_zone(zone)))


def _parsed(number: str) -> PhoneNumber | None:
    if not number.startswith("+"):
        return None
    try:
        return parse(number)
    except NumberParseException:
        return None
