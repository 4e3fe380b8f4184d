"""Plots without a script: bars in tables, and columns by day with the same as a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from legato.markup.html import Html, element, text

HUES = ("#2b44d6", "#17734a", "#8f5200", "#7a3e9d", "#0f6d80", "#b3261e")
"""Of series, in order; they are told apart by their names too."""
WIDTH, HEIGHT = 720, 160
AXIS = 18


def bars(rows: Sequence[tuple[str, float, str]], *, what: str, of: str) -> Html:
    """Return a table of (name, size, size in words), each row with a bar as long as its size."""
    longest = max((size for _, size, _ in rows), default=0) or 1
    head = element("tr", element("th", text(what)), element("th", text(of)), element("th"))
    body = [
        element(
            "tr",
            element("th", text(name), scope="row"),
            element("td", text(words), class_="figure"),
            element("td", _bar(size / longest), class_="bar"),
        )
        for name, size, words in rows
    ]
    return element("table", element("thead", head), element("tbody", *body))


def _bar(share: float) -> Html:
    return Html(f'<span style="width:{share * 100:.1f}%"></span>')


def columns(days: Sequence[Mapping[str, int]], *, title: str) -> Html:
    """Return one column a day, cut by series, and the same as a table to be opened."""
    series = sorted(dict.fromkeys(name for day in days for name in day))
    highest = max((sum(day.values()) for day in days), default=0) or 1
    step = WIDTH / max(len(days), 1)
    drawn: list[str] = []
    for index, day in enumerate(days):
        base = float(HEIGHT)
        for hue, name in zip(_hues(series), series, strict=True):
            tall = HEIGHT * day.get(name, 0) / highest
            base -= tall
            drawn.append(
                f'<rect x="{index * step:.1f}" y="{base:.1f}" width="{max(step - 1, 1):.1f}"'
                f' height="{tall:.1f}" fill="{hue}"/>'
            )
    labels = (
        f'<text x="0" y="{HEIGHT + AXIS - 4}">day 1</text>'
        f'<text x="{WIDTH}" y="{HEIGHT + AXIS - 4}" text-anchor="end">day {len(days)}</text>'
        f'<text x="0" y="10">{highest:,} a day</text>'
    )
    picture = Html(
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT + AXIS}" role="img" aria-label="{title}">'
        f"{''.join(drawn)}{labels}</svg>"
    )
    return element("figure", picture, _legend(series), _table(days, series))


def _hues(series: Sequence[str]) -> Sequence[str]:
    return [HUES[index % len(HUES)] for index in range(len(series))]


def _legend(series: Sequence[str]) -> Html:
    parts = [
        element("span", Html(f'<i style="background:{hue}"></i>'), text(name))
        for hue, name in zip(_hues(series), series, strict=True)
    ]
    return element("figcaption", *parts)


def _table(days: Sequence[Mapping[str, int]], series: Sequence[str]) -> Html:
    head = element("tr", element("th", text("day")), *(element("th", text(one)) for one in series))
    rows = [
        element(
            "tr",
            element("th", text(str(index)), scope="row"),
            *(element("td", text(f"{day.get(one, 0):,}"), class_="figure") for one in series),
        )
        for index, day in enumerate(days, 1)
    ]
    table = element("table", element("thead", head), element("tbody", *rows))
    return element("details", element("summary", text("As a table")), table)
