"""Every rehearsal of the tests stands behind walls, as those of the commands do."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from legato.app.rehearse.walls import walls


@pytest.fixture(autouse=True)
def _no_network() -> Iterator[None]:
    with walls():
        yield
