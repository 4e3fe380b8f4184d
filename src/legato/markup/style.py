"""How pages look: one column, calm, in the workspace's colours, by day and by night."""

from __future__ import annotations

import base64
import hashlib
from functools import lru_cache

from legato.markup.colour import (
    TEXT_CONTRAST,
    Colour,
    against,
    contrast,
    mix,
    parse,
    readable,
)

ACCENT = "#2f5d50"
DAY, NIGHT = "#fbfaf7", "#171614"
FONT = "Georgia, 'Iowan Old Style', 'Times New Roman', serif"


@lru_cache(maxsize=64)
def style(accent: str, background: str, font: str) -> str:
    """Return the style sheet of a theme; what a workspace left out is ours."""
    wanted = parse(accent or ACCENT)
    day = _colours(wanted, parse(background or DAY))
    night = _colours(wanted, parse(NIGHT))
    return (
        f":root{{color-scheme:light dark;--font:{font or FONT};{day}}}"
        f"@media (prefers-color-scheme:dark){{:root{{{night}}}}}{_RULES}"
    )


def source_of(sheet: str) -> str:
    """Return how a Content-Security-Policy names a style sheet: nothing else is applied."""
    digest = hashlib.sha256(sheet.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"


def _colours(accent: Colour, paper: Colour) -> str:
    ink = readable(mix(against(paper), paper, 0.1), paper)
    button = readable(accent, paper)
    tint = mix(paper, button, 0.06)
    names = {
        "paper": paper,
        "ink": ink,
        "quiet": readable(mix(ink, paper, 0.33), paper),
        "line": mix(ink, paper, 0.8),
        "tint": tint if contrast(ink, tint) >= TEXT_CONTRAST else paper,
        "button": button,
        "on-button": against(button),
    }
    return "".join(f"--{name}:{colour};" for name, colour in names.items())


_RULES = """
*{box-sizing:border-box}
html{font-size:112.5%;-webkit-text-size-adjust:100%;text-size-adjust:100%}
body{margin:0;min-height:100vh;padding:0 1.25rem;background:var(--paper);color:var(--ink);
font:1rem/1.6 var(--font);overflow-wrap:break-word}
header,main,footer{max-width:34rem;margin:0 auto}
header{padding:2.5rem 0 0;color:var(--quiet);letter-spacing:.02em}
header img{display:block;max-width:min(12rem,100%);max-height:3.5rem}
main{padding:3rem 0 4rem}
h1{margin:0 0 1.25rem;font-size:clamp(1.7rem,1.2rem + 2.4vw,2.4rem);line-height:1.15;
font-weight:400;letter-spacing:-.01em;text-wrap:balance}
h2,legend{margin:0;padding:0;font-size:1.15rem;font-weight:400;line-height:1.3}
p{margin:0 0 1rem}
.lead{font-size:1.1rem}
.quiet,.state{color:var(--quiet)}
.note{margin:0 0 2rem;padding:.9rem 1.1rem;background:var(--tint);
border-left:3px solid var(--button)}
form{margin:2rem 0 0}
fieldset{margin:0 0 2rem;padding:1.25rem 0 0;border:0;border-top:1px solid var(--line);min-width:0}
legend{float:left;width:100%;margin:0 0 .5rem}
legend+*{clear:both}
.choice{display:grid;grid-template-columns:auto 1fr;gap:0 .9rem;align-items:start;
padding:.65rem 0;cursor:pointer}
.choice~.choice{border-top:1px solid var(--line)}
.choice input{width:1.35rem;height:1.35rem;margin:.15rem 0 0;accent-color:var(--button)}
.state{display:block;font-size:.9rem}
button{font:inherit;line-height:1.3;min-height:3rem;padding:.75rem 1.6rem;cursor:pointer;
border:1px solid var(--button);border-radius:.3rem;background:var(--button);color:var(--on-button)}
button.plain{background:none;border-color:var(--ink);color:var(--ink)}
button:hover{text-decoration:underline;text-underline-offset:.2em}
a{color:inherit;text-decoration:underline;text-underline-offset:.2em;
text-decoration-thickness:from-font}
a:hover{text-decoration-thickness:2px}
:focus-visible{outline:3px solid var(--ink);outline-offset:3px;border-radius:.2rem}
.next{margin-top:2rem}
section{margin-top:3.5rem;padding-top:1.75rem;border-top:1px solid var(--line)}
section form{margin-top:1.25rem}
h2+p{margin-top:.6rem}
footer{padding:1.5rem 0 2.5rem;border-top:1px solid var(--line);color:var(--quiet);font-size:.9rem}
footer p{margin:0 0 .6rem}
nav ul{display:flex;flex-wrap:wrap;align-items:baseline;gap:.2rem 1.1rem;margin:0;padding:0;
list-style:none}
nav span,nav a,footer p a{display:inline-block;padding:.2rem 0}
[aria-current]{font-weight:700;text-decoration:none}
@media (max-width:24rem){button{width:100%}main{padding:2rem 0 3rem}header{padding-top:1.75rem}}
@media print{button,nav{display:none}}
"""
