"""Configuration: what wins over what, and what a mistake in it is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from holobench_mcp.config import load_config
from holobench_mcp.model import ConfigError


def written(folder: Path, text: str) -> Path:
    (folder / "pyproject.toml").write_text(text)
    return folder


def test_a_flag_wins_over_the_environment_over_the_file_over_the_default(tmp_path: Path) -> None:
    assert load_config(project=tmp_path, environ={}).store == str(tmp_path / ".holobench")
    written(tmp_path, '[tool.holobench-mcp]\nstore = "results"\n')
    assert load_config(project=tmp_path, environ={}).store == str(tmp_path / "results")
    environ = {"HOLOBENCH_MCP_STORE": "s3://bucket/x"}
    assert load_config(project=tmp_path, environ=environ).store == "s3://bucket/x"
    assert load_config(project=tmp_path, environ=environ, store="/flag").store == "/flag"


def test_the_nearest_pyproject_above_is_the_project(tmp_path: Path) -> None:
    written(tmp_path, "[tool.holobench-mcp]\nmargin_percent = 5\n")
    deep = tmp_path / "a" / "b"
    deep.mkdir(parents=True)
    config = load_config(project=deep, environ={})
    assert (config.root, config.margin_percent) == (tmp_path, 5)


def test_without_a_pyproject_the_repository_is_the_project(tmp_path: Path, repository) -> None:
    (tmp_path / "a").mkdir()
    assert load_config(project=tmp_path / "a", environ={}).root == tmp_path


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[tool.holobench-mcp]\nstroe = 'x'", "did you mean 'store'"),
        ("[tool.holobench-mcp]\nmargin-percent = 3", "did you mean 'margin_percent'"),
        ("[tool.holobench-mcp.metrics.t]\nmargin_prcent = 3", "did you mean 'margin_percent'"),
        ("[tool.holobench-mcp.benchmarks.a]\ncommand=['x']\ntimeout = 3", "did you mean 'timeout_s'"),
        ("[tool.holobench-mcp]\nmargin_percent = -1", "greater than 0"),
        ("[tool.holobench-mcp]\nmargin_percent = nan", "margin_percent"),
        ("[tool.holobench-mcp.benchmarks.a]\ncommand='rm -rf /'", "list of words"),
        ("[tool.holobench-mcp.benchmarks.a]\ncommand=[]", "command"),
        ("a = " + "[" * 100_000, "can't be read"),
        ('[tool.holobench-mcp]\nimport_roots = ["a\\u0000b"]', "NUL"),
        ("[tool.holobench-mcp]\nstore = '~nobody-of-this-name/x'", "store"),
        ("[tool.holobench-mcp.benchmarks.'../a']\ncommand=['x']", "benchmarks.../a: a name is"),
        (
            "[tool.holobench-mcp.benchmarks.a]\ncommand=['x']\nparameters.tree={default=1, min=0, max=1}",
            "give the parameter another name",
        ),
        ("[tool.holobench-mcp.benchmarks.a]\ncommand=['x']\ncwd='../..'", "inside the project"),
        ("[tool.holobench-mcp.benchmarks.a]\ncommand=['x']\nprotected=['/etc/passwd']", "inside the project"),
        ("[tool.holobench-mcp.benchmarks.'a/b']\ncommand=['x']", "a letter or a digit first"),
        ("[tool.holobench-mcp.benchmarks.a]\ncommand=['x']\n[tool.holobench-mcp.benchmarks.a.parameters.n]\ndefault=1", "min and max"),
        ("[tool.holobench-mcp.benchmarks.a]\ncommand=['x']\n[tool.holobench-mcp.benchmarks.a.parameters.n]\ntype='str'\ndefault='a'", "choices"),
        ("[tool.holobench-mcp.benchmarks.a]\ncommand=['x']\n[tool.holobench-mcp.benchmarks.a.parameters.n]\nmin=1\nmax=3\ndefault=9", "from 1"),
        ("[tool]\nholobench-mcp = 3", "must be a table"),
        ("[tool.holobench-mcp", "can't be read"),
    ],
)  # fmt: skip
def test_a_mistake_names_the_file_the_key_and_what_would_be_right(tmp_path: Path, text: str, says: str) -> None:
    written(tmp_path, text)
    with pytest.raises(ConfigError) as raised:
        load_config(project=tmp_path, environ={})
    assert says in str(raised.value)
    assert "pyproject.toml" in str(raised.value)


def test_a_project_that_is_no_folder_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="not a folder"):
        load_config(project=tmp_path / "nowhere")


def test_a_benchs_own_metric_settings_win(tmp_path: Path) -> None:
    written(tmp_path, "[tool.holobench-mcp.metrics]\nt = {margin_percent=5}\n'sort.t' = {deterministic=true}\n")
    config = load_config(project=tmp_path, environ={})
    assert config.settings_for("sort", ("t", "u"))["t"].deterministic
    assert config.settings_for("scan", ("t", "u"))["t"].margin_percent == 5
    assert "u" not in config.settings_for("scan", ("t", "u"))


def test_a_home_or_a_disk_is_no_folder_to_import_from(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A client may start a server anywhere; an agent then must not reach every file of its user."""
    assert load_config(project=tmp_path, environ={}).import_roots == (tmp_path,)
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    assert load_config(project=tmp_path, environ={}).import_roots == ()
    written(tmp_path, "[tool.holobench-mcp]\nimport_roots = ['saved']\n")
    assert load_config(project=tmp_path, environ={}).import_roots == (tmp_path / "saved",)
    monkeypatch.chdir("/")
    assert load_config(environ={}).import_roots == ()
