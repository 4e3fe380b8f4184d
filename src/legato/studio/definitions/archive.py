"""A workspace as one file: written the same to the byte every time, read with distrust."""

from __future__ import annotations

import io
import zlib
from collections.abc import Mapping, Sequence
from zipfile import ZIP_STORED, BadZipFile, ZipFile, ZipInfo

from legato.model.noun import Noun
from legato.plan.load import ENDINGS
from legato.studio.drawing.texts import PATH_LENGTH_MAX, TEXT_LENGTH_MAX
from legato.studio.plans import FILES_MAX
from legato.studio.refusal import Refused

ZIP_MARK = b"PK"
NO_TIME = (1980, 1, 1, 0, 0, 0)
"""The earliest that the format knows: when something was taken out would make it another file."""
WHOLE_LENGTH_MAX = 8_000_000
"""Characters of an archive; as many as a call may have."""
PLAIN_FILE = 0o644 << 16
UNIX = 3


class GivenFile(Noun, frozen=True, kw_only=True):
    """A file from somebody's disk: YAML, or a ZIP archive of YAML."""

    name: str
    """With its folders, where it came with them."""
    content: bytes


def pack(files: Mapping[str, str]) -> bytes:
    """Return texts as a ZIP archive: of the same texts always the same bytes."""
    whole = io.BytesIO()
    # Not pressed: what comes out of that is another library's choice, and may change with it.
    with ZipFile(whole, "w", ZIP_STORED) as archive:
        for file in sorted(files):
            entry = ZipInfo(file, date_time=NO_TIME)
            entry.external_attr, entry.create_system = PLAIN_FILE, UNIX
            archive.writestr(entry, files[file].encode())
    return whole.getvalue()


def read_given(given: Sequence[GivenFile]) -> Mapping[str, str]:
    """Return the texts of files and archives by the names they came with. Raises Refused."""
    texts: dict[str, str] = {}
    for each in given:
        if each.content[:2] == ZIP_MARK:
            texts |= _unpacked(each)
        else:
            texts[each.name] = _text(each.name, each.content)
    if len(texts) > FILES_MAX or any(len(name) > PATH_LENGTH_MAX for name in texts):
        raise _too_large(f"At most {FILES_MAX} files with paths of {PATH_LENGTH_MAX} characters")
    return texts


def _unpacked(given: GivenFile) -> Mapping[str, str]:
    try:
        with ZipFile(io.BytesIO(given.content)) as archive:
            entries = [each for each in archive.infolist() if not each.is_dir()]
            if len(entries) > FILES_MAX:
                raise _too_large(f"{given.name} holds {len(entries):,} files; {FILES_MAX}")
            return _entries(archive, entries)
    except (BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise Refused(
            status=400,
            code="definitions.archive",
            message=f"{given.name} cannot be read as a ZIP archive, or is locked by a password.",
            fix="Pack the workspace's folder anew as a plain ZIP, or choose its YAML files.",
        ) from error


def _entries(archive: ZipFile, entries: Sequence[ZipInfo]) -> Mapping[str, str]:
    texts: dict[str, str] = {}
    left = WHOLE_LENGTH_MAX
    for each in entries:
        texts[each.filename] = _entry(archive, each)
        left -= len(texts[each.filename])
        if left < 0:
            raise _too_large(f"An archive is too long: {WHOLE_LENGTH_MAX:,} characters in all")
    return texts


def _entry(archive: ZipFile, entry: ZipInfo) -> str:
    """Return the text of an entry; of what is no YAML nothing is read."""
    if not entry.filename.endswith(ENDINGS):
        return ""
    with archive.open(entry) as file:  # what an archive says of its sizes is not believed
        return _text(entry.filename, file.read(4 * TEXT_LENGTH_MAX + 1))


def _text(name: str, content: bytes) -> str:
    if not name.endswith(ENDINGS):
        return ""
    try:
        text = content.decode()
    except UnicodeDecodeError as error:
        if len(content) > 4 * TEXT_LENGTH_MAX:
            raise _too_large(f"{name} is too long: {TEXT_LENGTH_MAX:,} characters a file") from None
        line = content[: error.start].count(b"\n") + 1
        raise Refused(
            status=400,
            code="definitions.encoding",
            message=f"{name}:{line} is no text in UTF-8.",
            fix="Save the file as UTF-8 and bring it again.",
        ) from error
    if len(text) > TEXT_LENGTH_MAX:
        raise _too_large(f"{name} is too long: {TEXT_LENGTH_MAX:,} characters a file")
    return text


def _too_large(what: str) -> Refused:
    return Refused(
        status=413,
        code="request.too_large",
        message=f"{what} are taken.",
        fix="Bring only the files that differ from the running ones.",
    )
