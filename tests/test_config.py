"""Configuration: what wins over what, and what a mistake in it is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from holobench_mcp.config import load_config, problems
from holobench_mcp.measure.session import filled
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


def test_a_call_waits_less_than_most_clients_unless_configured(tmp_path: Path) -> None:
    assert load_config(project=tmp_path, environ={}).patience_s == 45
    written(tmp_path, "[tool.holobench-mcp]\npatience_s = 600\n")
    assert load_config(project=tmp_path, environ={}).patience_s == 600


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
        ("[tool.holobench-mcp]\npatience_s = 0.5", "patience_s"),
        ("[tool.holobench-mcp]\npatience_s = 3601", "patience_s"),
        ("[tool.holobench-mcp]\npatience_s = inf", "patience_s"),
        ("[tool.holobench-mcp]\npatience = 60", "did you mean 'patience_s'"),
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
        ("[tool.holobench-mcp]\nstore = 'ftp://x'", "has a scheme that is not known; use a folder or one of s3://"),
        ("[tool.holobench-mcp]\nstore = 'S4://bucket/x'", "has a scheme that is not known"),
        ("[tool.holobench-mcp]\nstore = 'http://host/x'", "has a scheme that is not known"),
        ("[tool.holobench-mcp.benchmarks.a]\ncommand=['x', '--n={repeats}']", "command of a has {repeats}, which it does not declare; it has {tree}"),
        ("[tool.holobench-mcp.benchmarks.a]\ncommand=['x']\nenv={N='{n}'}\nparameters.m={default=1, min=0, max=1}", "env.N of a has {n}, which it does not declare; it has {m}, {tree}"),
        ("[tool.holobench-mcp.benchmarks.a]\ncommand=['x']\nsetup=['pip', '{target}']", "setup of a has {target}"),
        ("[tool.holobench-mcp.benchmarks.a]\ncommand=['x']\ncwd='{tree}/x'", "cwd of a has {tree}, but a folder takes no parameters"),
        ("[tool.holobench-mcp.benchmarks.a]\ncommand=['x']\n[tool.holobench-mcp.benchmarks.a.parameters.n]\nmin=3\nmax=1\ndefault=2", "min is 3, which is above max, 1"),
        ("[tool.holobench-mcp.benchmarks.a]\ncommand=['x']\n[tool.holobench-mcp.benchmarks.a.parameters.n]\nmin=0.5\nmax=3\ndefault=2", "a bound of an int is a whole number, not 0.5"),
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


@pytest.mark.parametrize("place", ["flag", "environment"])
def test_a_store_of_an_unknown_scheme_is_refused_wherever_it_is_named(tmp_path: Path, place: str) -> None:
    environ = {"HOLOBENCH_MCP_STORE": "ftp://x"} if place == "environment" else {}
    with pytest.raises(ConfigError, match=r"(--store|HOLOBENCH_MCP_STORE): store: 'ftp://x' has a scheme"):
        load_config(project=tmp_path, environ=environ, store="ftp://x" if place == "flag" else None)


def test_what_is_no_placeholder_is_left_alone(tmp_path: Path) -> None:
    written(
        tmp_path,
        "[tool.holobench-mcp.benchmarks.a]\n"
        """command = ["sh", "-c", "awk '{{print}}' ${HOME}/x | grep '{}' | jq '{a: 1}'", "{tree}", "{n}"]\n"""
        "parameters.n = { default = 1, min = 0, max = 1 }\n",
    )
    (config,) = load_config(project=tmp_path, environ={}).benchmarks.values()
    words = [filled(word, {"n": "1", "tree": "/t"}) for word in config.command]
    assert words[2:] == ["awk '{print}' ${HOME}/x | grep '{}' | jq '{a: 1}'", "/t", "1"]


@pytest.mark.parametrize(
    ("kind", "bounds", "shown"),
    [("int", "min=1, max=20", (1, 20)), ("int", "min=1.0, max=2e1", (1, 20)), ("float", "min=0.5, max=20", (0.5, 20))],
)
def test_a_bound_is_written_as_its_parameter_is(
    tmp_path: Path, kind: str, bounds: str, shown: tuple[float, float]
) -> None:
    parameter = f"parameters.n = {{ type='{kind}', default=2, {bounds} }}"
    written(tmp_path, f"[tool.holobench-mcp.benchmarks.a]\ncommand=['x']\n{parameter}\n")
    declared = load_config(project=tmp_path, environ={}).benchmarks["a"].parameters["n"]
    assert repr((declared.min, declared.max)) == repr(shown)
    with pytest.raises(ValueError, match=f"must be from {shown[0]} to {shown[1]}, not 21"):
        declared.check(21)


def test_what_is_named_but_not_there_is_a_problem_with_the_nearest_name(tmp_path: Path) -> None:
    (tmp_path / "benchmarks").mkdir()
    (tmp_path / "benchmarks" / "bench_sort.py").touch()
    written(
        tmp_path,
        "[tool.holobench-mcp]\nimport_roots = ['benchmarks', 'saved']\n"
        "[tool.holobench-mcp.benchmarks.good]\ncommand=['x']\nprotected=['benchmarks', 'benchmarks/bench_sort.py']\n"
        "[tool.holobench-mcp.benchmarks.bad]\ncommand=['x']\nprotected=['benchmarks/bench_srot.py', 'none/at/all']\n"
        "cwd = 'bench'\n",
    )
    config = load_config(project=tmp_path, environ={})
    assert problems(config, "good") == ()
    assert [p.replace(str(tmp_path), "ROOT") for p in problems(config)] == [
        "[tool.holobench-mcp.benchmarks.bad] protected: 'benchmarks/bench_srot.py' is not in ROOT. Did you mean 'bench_sort.py'?",
        "[tool.holobench-mcp.benchmarks.bad] protected: 'none/at/all' is not in ROOT.",
        "[tool.holobench-mcp.benchmarks.bad] cwd: 'bench' is no folder of ROOT.",
        "[tool.holobench-mcp] import_roots: ROOT/saved is not a folder.",
    ]
    assert problems(config, "bad") == problems(config)[:3]
