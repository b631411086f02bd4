"""A package manager has its cache though a measured process has an empty one; nothing else has."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from holobench_mcp.capture.tools.package_caches import package_caches

pytestmark = pytest.mark.skipif(sys.platform in ("darwin", "win32"), reason="caches lie elsewhere")


@pytest.mark.parametrize(
    ("command", "env", "variables"),
    [
        (["poetry", "run", "pytest"], {}, {"POETRY_CACHE_DIR": "pypoetry"}),
        (["nice", "/usr/bin/uv", "run", "x.py"], {}, {"UV_CACHE_DIR": "uv"}),
        (["go", "test", "-bench=."], {"GOCACHE": "/own"}, {}),
        (["env", "A=1", "go", "run", "."], {}, {"GOCACHE": "go-build"}),
        (["python", "bench.py"], {}, {}),
        (["sh", "-c", "poetry run x"], {}, {}),
    ],
)
def test_a_package_manager_keeps_its_cache(
    command: list[str], env: dict[str, str], variables: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", "/caches")
    assert package_caches(command, env) == {name: str(Path("/caches", folder)) for name, folder in variables.items()}
