"""The image and the services around it: what they copy is there, and they start what the program has."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import yaml

from holobench_mcp.server.http.tokens import READ_VARIABLE, WRITE_VARIABLE

ROOT = Path(__file__).parents[2]


def test_the_image_copies_what_is_there_and_runs_without_rights() -> None:
    text = (ROOT / "Dockerfile").read_text()
    copied = [
        word for line in re.findall(r"^COPY (?!--from)(.+)$", text, re.MULTILINE) for word in shlex.split(line)[:-1]
    ]
    assert {"pyproject.toml", "README.md", "LICENSE", "src"} == set(copied)
    assert all((ROOT / path).exists() for path in copied)
    user = re.findall(r"^USER (\S+)$", text, re.MULTILINE)
    assert user == ["10001"]
    assert text.index("USER 10001") < text.index("ENTRYPOINT")
    assert '"serve", "--http", "--host", "0.0.0.0"' in text


def test_the_services_fit_together() -> None:
    document = yaml.safe_load((ROOT / "compose.yaml").read_text())
    services = document["services"]
    ours = services["holobench-mcp"]
    assert (ours["read_only"], ours["cap_drop"]) == (True, ["ALL"])
    assert {READ_VARIABLE, WRITE_VARIABLE} <= set(ours["environment"])
    assert set(ours["depends_on"]) < set(services)
    address = ours["environment"]["AWS_ENDPOINT_URL"]
    assert address.split("//")[1].split(":")[0] in services
    assert ours["environment"]["HOLOBENCH_MCP_STORE"].split("/")[2] in services["bucket"]["command"][0]
    assert ours["ports"] == ["127.0.0.1:8765:8765"], "a token in plain HTTP stays on the machine"
