"""Clients that are written in TypeScript, as npm has them: installed once, into a folder of this machine's cache."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest

from conftest import need


def node_modules(*packages: str) -> Path:
    """A folder with packages installed, such as `@modelcontextprotocol/client@2.4.0`: a script in it can import them.

    Where they can't be had the test is skipped, and says why; in CI it fails.
    """
    npm = need("npm", "nodejs npm")
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "holobench-mcp-tests"
    folder = cache / f"npm-{hashlib.sha256(' '.join(sorted(packages)).encode()).hexdigest()[:16]}"
    if folder.is_dir():
        return folder
    cache.mkdir(parents=True, exist_ok=True)
    making = Path(tempfile.mkdtemp(dir=cache))
    try:
        (making / "package.json").write_text('{"private": true, "type": "module"}')
        command = [npm, "install", "--no-audit", "--no-fund", "--ignore-scripts", *packages]
        done = subprocess.run(command, cwd=making, capture_output=True, text=True, timeout=240, check=False)
        if done.returncode != 0:
            reason = f"npm could not install {' '.join(packages)}: {done.stderr.strip()[-300:]}"
            pytest.fail(reason) if os.environ.get("CI") else pytest.skip(reason)
        try:
            making.rename(folder)
        except OSError:  # another process of these tests was faster
            assert folder.is_dir()
    finally:
        shutil.rmtree(making, ignore_errors=True)
    return folder


def run_script(folder: Path, script: Path, *arguments: str, cwd: Path, timeout: float = 60) -> str:
    """What a script prints that imports what is installed in a folder."""
    here = Path(tempfile.mkdtemp(prefix="script-", dir=folder))
    try:
        shutil.copy(script, here)
        command = [need("node", "nodejs"), str(here / script.name), *arguments]
        done = subprocess.run(
            command, cwd=cwd, capture_output=True, text=True, timeout=timeout, check=False, stdin=subprocess.DEVNULL
        )
    finally:
        shutil.rmtree(here, ignore_errors=True)
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout
