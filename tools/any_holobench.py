"""A plugin of pytest for `tools/holobench_versions.py`: the tests ask whichever holobench is installed, to see how it
differs, and a difference that is found is not made smaller, which takes minutes.
"""

from __future__ import annotations

import pytest
from hypothesis import Phase, settings

from holobench_mcp import holobench_versions

holobench_versions.OLDEST = "0"


@pytest.hookimpl(trylast=True)
def pytest_configure() -> None:
    """Search for no smaller example."""
    settings.register_profile("versions", parent=settings.default, phases=(Phase.explicit, Phase.generate))
    settings.load_profile("versions")
