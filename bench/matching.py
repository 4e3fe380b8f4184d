"""How well suggested matches find who is one person, on records of which that is known.

.venv/bin/python bench/matching.py FILE... [--fields given_name,surname,postcode,date_of_birth]

FILE is a CSV or Parquet file with the columns of the FEBRL sets, `record_id`, and `entity_id`: the
truth, which the model is never shown. Every pair of records of one entity is to be found. Prints
precision, recall and F1 of the pairs at a few probabilities.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator, Sequence
from itertools import combinations
from pathlib import Path

import duckdb

from legato.govern.matching.find import Finder, Found
from legato.govern.matching.levels import comparable
from legato.model.definitions.matching import CompareKind

FIELDS: dict[str, CompareKind] = {
    "given_name": "name",
    "surname": "name",
    "street_number": "code",
    "address_1": "words",
    "address_2": "words",
    "suburb": "words",
    "postcode": "code",
    "state": "code",
    "date_of_birth": "date",
    "soc_sec_id": "code",
}
ABOVE = (0.5, 0.9, 0.99)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", nargs="+", type=Path)
    parser.add_argument("--fields", default=",".join(FIELDS))
    arguments = parser.parse_args()
    for path in arguments.files:
        measure(path, arguments.fields.split(","))


def measure(path: Path, fields: Sequence[str]) -> None:
    kinds: list[CompareKind] = [FIELDS[field] for field in fields]
    records = read(path, fields)
    begun = time.monotonic()
    rows = [
        tuple(comparable(kind, value) for kind, value in zip(kinds, values, strict=True))
        for _, *values in records
    ]
    found = Finder(kinds, rows).find(min(ABOVE))
    seconds = time.monotonic() - begun
    truth = dict.fromkeys(true_pairs([entity for entity, *_ in records]))
    print(f"{path.stem}: {len(rows)} records, {len(truth)} true pairs, {seconds:.1f} s")
    for above in ABOVE:
        print(
            f"  at {above}: {score([each for each in found if each.probability >= above], truth)}"
        )


def read(path: Path, fields: Sequence[str]) -> list[tuple[str, ...]]:
    columns = ", ".join(["entity_id", *fields])
    source = f"read_csv('{path}', all_varchar=true)" if path.suffix == ".csv" else f"'{path}'"
    found = duckdb.sql(f"SELECT {columns} FROM {source} ORDER BY record_id")
    assert found is not None, "a SELECT answers"
    return found.fetchall()


def true_pairs(entities: Sequence[str]) -> Iterator[tuple[int, int]]:
    members: dict[str, list[int]] = {}
    for position, entity in enumerate(entities):
        members.setdefault(entity, []).append(position)
    for group in members.values():
        yield from combinations(group, 2)


def score(found: Sequence[Found], truth: dict[tuple[int, int], None]) -> str:
    right = sum((min(each.one, each.other), max(each.one, each.other)) in truth for each in found)
    precision = right / len(found) if found else 0.0
    recall = right / len(truth)
    f1 = 2 * right / (len(found) + len(truth))
    return f"precision {precision:.4f}, recall {recall:.4f}, F1 {f1:.4f}"


if __name__ == "__main__":
    main()
