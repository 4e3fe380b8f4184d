"""What pages say, by language. Every language has the same texts with the same names in them."""

from __future__ import annotations

from collections.abc import Mapping

from legato.pages.texts.de import DE
from legato.pages.texts.en import EN
from legato.pages.texts.es import ES
from legato.pages.texts.fr import FR
from legato.pages.texts.pt import PT

TEXTS: Mapping[str, Mapping[str, str]] = {"en": EN, "de": DE, "fr": FR, "es": ES, "pt": PT}
DEFAULT = "en"
