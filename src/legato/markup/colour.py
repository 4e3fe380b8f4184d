"""Colours that can be read: whatever a workspace picks, text keeps the contrast that WCAG asks."""

from __future__ import annotations

from colorsys import hls_to_rgb, rgb_to_hls
from typing import NamedTuple

TEXT_CONTRAST = 4.5
"""WCAG 2.2, 1.4.3 (AA)."""
_LINEAR_UP_TO = 0.04045
_STEPS = 40


class Colour(NamedTuple):
    """Red, green and blue, 0 to 255."""

    red: int
    green: int
    blue: int

    def __str__(self) -> str:
        return f"#{self.red:02x}{self.green:02x}{self.blue:02x}"


BLACK, WHITE = Colour(0, 0, 0), Colour(255, 255, 255)


def parse(text: str) -> Colour:
    """Read `#1f6f5c`."""
    return Colour(int(text[1:3], 16), int(text[3:5], 16), int(text[5:7], 16))


def contrast(one: Colour, other: Colour) -> float:
    """Return how far two colours are apart, from 1 to 21, as WCAG computes it."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def mix(one: Colour, other: Colour, share: float) -> Colour:
    """Return a colour with so much of the other in it."""
    return Colour(*(round(a + (b - a) * share) for a, b in zip(one, other, strict=True)))


def against(paper: Colour) -> Colour:
    """Return black or white, whichever can be read better on a colour: at least 4.58 either way."""
    return max(BLACK, WHITE, key=lambda ink: contrast(ink, paper))


def readable(wanted: Colour, paper: Colour) -> Colour:
    """Return the wanted colour, as much lighter or darker as it takes to be read on `paper`."""
    ink = against(paper)
    hue, light, saturation = rgb_to_hls(*(value / 255 for value in wanted))
    end = 1.0 if ink == WHITE else 0.0
    for step in range(_STEPS):
        level = light + (end - light) * step / _STEPS
        one = Colour(*(round(value * 255) for value in hls_to_rgb(hue, level, saturation)))
        if contrast(one, paper) >= TEXT_CONTRAST:
            return one
    return ink


def _luminance(colour: Colour) -> float:
    red, green, blue = (_linear(value / 255) for value in colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(value: float) -> float:
    return value / 12.92 if value <= _LINEAR_UP_TO else ((value + 0.055) / 1.055) ** 2.4
