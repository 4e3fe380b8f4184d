"""Searching every file of a data folder for some values: python -m legato.stores.search FOLDER.

In a process of its own. Whoever has the files open must not open and close them by another way:
that would drop the locks that SQLite holds on them (POSIX). And a search takes a second a gigabyte,
which nobody else should wait for. Parquet is compressed: what its columns hold is searched as well.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from urllib.parse import quote

from legato.model.noun import Noun
from legato.stores.rolled.parquet import Vanished
from legato.stores.rolled.reader import unpacked

CHUNK_BYTES = 1 << 20
WHOLE_WORDS_BELOW = 6
"""Shorter values, such as the customer number 7, are in every file by chance: they count only where
no letter or digit stands beside them."""


class Found(Noun, frozen=True, kw_only=True):
    """What a search has found."""

    file_count: int
    byte_count: int
    found: dict[str, int]
    """File, relative to the folder -> how often."""


def search_folder(folder: Path, values: Sequence[str]) -> Found:
    """Count the values in all files, whatever their case, also as they stand in a URL."""
    needles = _needles(values)
    found: dict[str, int] = {}
    file_count = byte_count = 0
    for path in sorted(folder.rglob("*")):
        if not path.is_file():
            continue
        count, size = _search(path, needles)
        file_count += 1
        byte_count += size
        if count:
            found[str(path.relative_to(folder))] = count
    return Found(file_count=file_count, byte_count=byte_count, found=found)


def _needles(values: Sequence[str]) -> list[bytes]:
    forms = [form for value in values for form in (value, quote(value, safe=""))]
    forms += [json.dumps(value)[1:-1] for value in values]
    return list(dict.fromkeys(form.lower().encode() for form in forms if form))


def _search(path: Path, needles: Sequence[bytes]) -> tuple[int, int]:
    overlap = max(map(len, needles), default=0) + 1
    count = size = 0
    rest = b""
    try:
        for is_plain, chunk in _chunks(path):
            size += len(chunk) if is_plain else 0
            # What ends within the rest was counted with the chunk before.
            text = rest + chunk.lower()
            count += sum(_count(text, needle, len(rest)) for needle in needles)
            rest = text[-overlap:]
    except (FileNotFoundError, Vanished):
        return 0, 0  # one that was only there for a moment
    return count, size


def _chunks(path: Path) -> Iterator[tuple[bool, bytes]]:
    """Yield a file's bytes, and then what is packed in them."""
    with path.open("rb") as file:
        while chunk := file.read(CHUNK_BYTES):
            yield True, chunk
    if path.suffix == ".parquet":
        for cells in unpacked(path):
            yield False, cells


def _count(text: bytes, needle: bytes, seen: int) -> int:
    """Count where a needle ends behind what was seen before."""
    count = 0
    at = text.find(needle)
    while at >= 0:
        end = at + len(needle)
        if end > seen and (len(needle) >= WHOLE_WORDS_BELOW or _is_alone(text, at, end)):
            count += 1
        at = text.find(needle, at + 1)
    return count


def _is_alone(text: bytes, start: int, end: int) -> bool:
    return not (text[max(start - 1, 0) : start].isalnum() or text[end : end + 1].isalnum())


def main() -> None:
    """Read the values as JSON from the standard input; print what was found as JSON."""
    found = search_folder(Path(sys.argv[1]), json.load(sys.stdin))
    json.dump({name: getattr(found, name) for name in Found.__struct_fields__}, sys.stdout)


if __name__ == "__main__":
    main()
