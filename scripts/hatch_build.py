"""Builds the Studio into what is packaged, where its pages are not built or are older than their source. In place, `make` does it."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

BUILT = "src/rvbbit/http/built/index.html"


class Studio(BuildHookInterface):  # type: ignore[type-arg]
    """Runs npm once. Without npm the package has no Studio, and says so."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Called by hatchling before it packs; `version` is "editable" where nothing is packed."""
        source, built = Path(self.root) / "studio", Path(self.root) / BUILT
        if version == "editable" or not source.is_dir() or (built.is_file() and not _newer(source, built)):
            return
        npm = shutil.which("npm")
        if npm is None:
            self.app.display_warning("npm is not here, so this package has no Studio: install Node 20.19 or newer and build again")
            return
        for command in (["ci", "--no-audit", "--no-fund"], ["run", "build"]):
            subprocess.run([npm, *command], cwd=source, check=True)


def _newer(source: Path, built: Path) -> bool:
    made = built.stat().st_mtime
    return any(path.stat().st_mtime > made for path in (*source.glob("src/**/*"), source / "package-lock.json", source / "vite.config.ts"))
