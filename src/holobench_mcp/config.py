"""Configuration: flag > environment > `[tool.holobench-mcp]` in the nearest pyproject.toml > defaults.

Only a person writes this file. Whatever it does not allow, no argument that an agent passes can reach.
"""

from __future__ import annotations

import difflib
import json
import os
import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, ValidationError, ValidationInfo, field_validator, model_validator

from holobench_mcp.model import ConfigError, Frozen, MetricSettings, fault_in

TABLE = "tool.holobench-mcp"
STORE_VARIABLE = "HOLOBENCH_MCP_STORE"
CACHE_VARIABLE = "HOLOBENCH_MCP_CACHE"
DEFAULT_STORE = ".holobench"
#: Where a store can be beside a folder.
STORE_SCHEMES = ("s3", "s3a", "gs", "az", "azure", "abfs", "abfss", "memory", "file")
#: A parameter's place in a command or a variable; doubled braces are braces, and `${…}` is a shell's own.
PLACEHOLDER = re.compile(r"\{(\{)?([A-Za-z0-9][A-Za-z0-9._-]*)\}(?(1)\})")
_SCHEME = re.compile(r"([a-z][a-z0-9+.-]*)://", re.IGNORECASE)
#: Processes of a measurement, and rounds of two revisions.
MAX_RUNS, MAX_ROUNDS = 100, 50
#: How long a call waits for a measurement before it says how far it is: most clients end a call after 60 s.
PATIENCE_S = 45.0


def _name(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", text):
        raise ValueError("a name is 1 to 64 letters, digits, '.', '_' and '-', a letter or a digit first")
    return text


BenchmarkName = Annotated[str, AfterValidator(_name)]


class ParameterConfig(Frozen):
    """A value that an agent may choose: it replaces `{name}` in the benchmark's command and environment."""

    type: Literal["int", "float", "str", "bool"] = "int"
    min: int | float | None = None
    max: int | float | None = None
    choices: tuple[str | int | float | bool, ...] | None = None
    default: str | int | float | bool
    description: str = ""

    @field_validator("min", "max")
    @classmethod
    def _written_as_its_type(cls, value: float | None, info: ValidationInfo) -> float | None:
        """A bound as a value of its parameter is written: an int's is 1, not 1.0."""
        if value is None or info.data.get("type") != "int":
            return value
        if not float(value).is_integer():
            raise ValueError(f"a bound of an int is a whole number, not {value!r}")
        return int(value)

    @model_validator(mode="after")
    def _bounded(self) -> ParameterConfig:
        if self.type == "str" and not self.choices:
            raise ValueError("a parameter of type 'str' needs choices: any text would reach the command line")
        if self.type in ("int", "float") and not self.choices and (self.min is None or self.max is None):
            raise ValueError("a number needs min and max, or choices")
        if self.min is not None and self.max is not None and self.min > self.max:
            raise ValueError(f"min is {self.min}, which is above max, {self.max}")
        self.check(self.default)
        return self

    def read(self, value: object) -> object:
        """A value as this parameter's type, where a client wrote it as text or 1 as 1.0; anything else as it is."""
        if self.type == "str":
            return value
        if isinstance(value, str):
            try:
                value = json.loads(value)
            except (ValueError, RecursionError):
                return value
        if self.type == "int" and isinstance(value, float) and value.is_integer():
            return int(value)
        return value

    def check(self, value: object) -> str:
        """The value as the command gets it. Raises ValueError, saying what would be right."""
        match self.type:
            case "bool":
                fits = isinstance(value, bool)
            case "int":
                fits = isinstance(value, int) and not isinstance(value, bool)
            case "float":
                fits = isinstance(value, int | float) and not isinstance(value, bool)
            case "str":
                fits = isinstance(value, str)
        if not fits:
            raise ValueError(f"must be of type {self.type}, not {value!r:.60}")
        if self.choices is not None and value not in self.choices:
            raise ValueError(f"must be one of {', '.join(map(repr, self.choices))}, not {value!r:.60}")
        if isinstance(value, int | float) and not isinstance(value, bool):
            low = self.min if self.min is not None else -float("inf")
            high = self.max if self.max is not None else float("inf")
            if not low <= value <= high:
                raise ValueError(f"must be from {self.min} to {self.max}, not {value!r:.60}")
        return str(value).lower() if isinstance(value, bool) else str(value)


class BenchmarkConfig(Frozen):
    """A benchmark that a person has allowed the server to run."""

    command: tuple[str, ...] = Field(min_length=1)
    description: str = ""
    cwd: str = Field(".", description="relative to the project root, and inside it")
    env: dict[str, str] = {}
    timeout_s: float = Field(600.0, gt=0, le=86_400)
    runs: int = Field(3, ge=1, le=MAX_RUNS, description="processes a measurement")
    warmup_runs: int = Field(0, ge=0, le=20)
    setup: tuple[str, ...] | None = Field(None, description="prepares a tree of another revision, once a revision")
    setup_timeout_s: float = Field(1800.0, gt=0, le=86_400)
    protected: tuple[str, ...] = Field((), description="paths taken from the base revision on both sides")
    parameters: dict[BenchmarkName, ParameterConfig] = {}

    @field_validator("command", "setup", mode="before")
    @classmethod
    def _a_list(cls, value: object) -> object:
        if isinstance(value, str):
            raise ValueError('must be a list of words, such as ["python", "bench.py"]: no shell reads it')
        return value

    @field_validator("parameters")
    @classmethod
    def _not_ours(cls, value: dict[str, ParameterConfig]) -> dict[str, ParameterConfig]:
        if "tree" in value:
            raise ValueError("{tree} is each side's folder already; give the parameter another name")
        return value

    @field_validator("cwd")
    @classmethod
    def _inside(cls, value: str) -> str:
        path = Path(value)
        if path.is_absolute() or ".." in path.parts:
            raise ValueError("must be a folder inside the project, without '..'")
        return value

    @field_validator("protected")
    @classmethod
    def _all_inside(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for path in value:
            cls._inside(path)
        return value


class FileConfig(Frozen):
    """The table as it may be written."""

    store: str | None = None
    margin_percent: float = Field(3.0, gt=0, le=1000)
    patience_s: float = Field(PATIENCE_S, ge=1, le=3600, description="how long a call waits for a measurement")
    import_roots: tuple[str, ...] = Field((), description="folders that import_results may read, beside the project")
    metrics: dict[str, MetricSettings] = Field({}, description="by 'metric' or 'bench.metric'")
    benchmarks: dict[BenchmarkName, BenchmarkConfig] = {}

    @field_validator("benchmarks")
    @classmethod
    def _parameters_declared(cls, value: dict[str, BenchmarkConfig]) -> dict[str, BenchmarkConfig]:
        for name, benchmark in value.items():
            for key, placeholder in _undeclared(benchmark):
                known = ", ".join(f"{{{parameter}}}" for parameter in (*benchmark.parameters, "tree"))
                raise ValueError(
                    f"{key} of {name} has {{{placeholder}}}, which it does not declare; it has {known}. Declare it "
                    f"under [{TABLE}.benchmarks.{name}.parameters], or write {{{{{placeholder}}}}} for the text itself"
                )
            if place := PLACEHOLDER.search(benchmark.cwd):
                raise ValueError(f"cwd of {name} has {place[0]}, but a folder takes no parameters")
        return value


class Config(Frozen):
    """The configuration in force, and where each of its parts came from."""

    root: Path
    file: Path | None
    store: str
    store_from: str
    margin_percent: float = 3.0
    patience_s: float = PATIENCE_S
    import_roots: tuple[Path, ...] = ()
    metrics: dict[str, MetricSettings] = {}
    benchmarks: dict[str, BenchmarkConfig] = {}

    def settings_for(self, bench_name: str, variables: tuple[str, ...]) -> dict[str, MetricSettings]:
        """What is configured for a bench's metrics: `bench.metric` before `metric`."""
        found = {v: self.metrics.get(f"{bench_name}.{v}") or self.metrics.get(v) for v in variables}
        return {v: s for v, s in found.items() if s is not None}


def _undeclared(benchmark: BenchmarkConfig) -> Iterator[tuple[str, str]]:
    """The keys of a benchmark with a placeholder that nothing will replace, and the placeholder's name."""
    declared = {*benchmark.parameters, "tree"}
    places = [("command", word) for word in benchmark.command]
    places += [("setup", word) for word in benchmark.setup or ()]
    places += [(f"env.{name}", value) for name, value in benchmark.env.items()]
    for key, text in places:
        for place in PLACEHOLDER.finditer(text):
            of_a_shell = text[: place.start()].endswith("$")
            if not place[1] and not of_a_shell and place[2] not in declared:
                yield key, place[2]


def load_config(
    *, store: str | None = None, project: str | Path | None = None, environ: Mapping[str, str] | None = None
) -> Config:
    """Read the configuration for a project: the folder given, else the current one or the nearest above it.

    store: a flag's value; it wins. Raises ConfigError, naming the file and the key.
    """
    environ = os.environ if environ is None else environ
    try:
        start = Path(project).expanduser().absolute() if project else Path.cwd()
        if not start.is_dir():
            raise ConfigError(f"project: {start} is not a folder.")
        pyproject = _nearest(start, "pyproject.toml")
    except (OSError, RuntimeError, ValueError) as problem:
        raise ConfigError(
            f"project: {str(project or 'the current folder')[:200]} can't be used: {problem}."
        ) from problem
    table = _read_table(pyproject) if pyproject else None
    root = pyproject.parent if pyproject else (_parent(_nearest(start, ".git")) or start)
    written = _validated(table, pyproject) if table is not None and pyproject else FileConfig()
    if store:
        chosen, source = store, "--store"
    elif environ.get(STORE_VARIABLE, "").strip():
        chosen, source = environ[STORE_VARIABLE].strip(), STORE_VARIABLE
    elif written.store:
        chosen, source = _from_root(written.store, root), f"{pyproject} [{TABLE}]"
    else:
        chosen, source = str(root / DEFAULT_STORE), "default"
    try:
        check_store(chosen)
    except ConfigError as problem:
        raise ConfigError(f"{source}: {problem}") from problem
    return Config(
        root=root,
        file=pyproject if table is not None else None,
        store=chosen,
        store_from=source,
        margin_percent=written.margin_percent,
        patience_s=written.patience_s,
        import_roots=(*_as_import_root(root), *(_below(root, r, "import_roots") for r in written.import_roots)),
        metrics=written.metrics,
        benchmarks=written.benchmarks,
    )


def check_store(text: str) -> None:
    """Raise ConfigError for what is no place of a store: a URL of a scheme that is not known."""
    if "\0" in text or not text.strip():
        raise ConfigError(f"store: {text!r:.60} is not a folder or a URL.")
    scheme = _SCHEME.match(text)
    if scheme is not None and scheme[1].lower() not in STORE_SCHEMES:
        known = ", ".join(f"{name}://" for name in STORE_SCHEMES)
        raise ConfigError(f"store: {text!r:.200} has a scheme that is not known; use a folder or one of {known}.")


def problems(config: Config, benchmark: str | None = None) -> tuple[str, ...]:
    """What a configuration names that is not there: a sentence each. benchmark: only what this one names.

    Looking costs file accesses, which starting a server is spared.
    """
    chosen = config.benchmarks if benchmark is None else {n: b for n, b in config.benchmarks.items() if n == benchmark}
    sentences = []
    for name, declared in chosen.items():
        table = f"[{TABLE}.benchmarks.{name}]"
        sentences += [
            f"{table} protected: {path!r} is not in {config.root}.{_nearest_path(config.root / path)}"
            for path in declared.protected
            if not (config.root / path).exists()
        ]
        if not (config.root / declared.cwd).is_dir():
            sentences.append(f"{table} cwd: {declared.cwd!r} is no folder of {config.root}.")
    if benchmark is None:
        sentences += [
            f"[{TABLE}] import_roots: {root} is not a folder."
            for root in config.import_roots
            if root != config.root and not root.is_dir()
        ]
    return tuple(sentences)


def _nearest_path(path: Path) -> str:
    try:
        names = [child.name for child in path.parent.iterdir()]
    except OSError:
        return ""
    near = difflib.get_close_matches(path.name, names, n=1)
    return f" Did you mean {near[0]!r}?" if near else ""


def cache_folder() -> Path:
    """This user's folder for what can be made again: indexes, locks, temporary worktrees."""
    from platformdirs import user_cache_path

    return Path(os.environ.get(CACHE_VARIABLE) or user_cache_path("holobench-mcp"))


def _from_root(store: str, root: Path) -> str:
    return store if "://" in store else str(_below(root, store, "store"))


def _below(root: Path, path: str, key: str) -> Path:
    try:
        if "\0" in path:
            raise ValueError("a path has no NUL")
        return (root / Path(path).expanduser()).absolute()
    except (RuntimeError, ValueError) as problem:
        raise ConfigError(
            f"{root / 'pyproject.toml'}: [{TABLE}] {key}: {path!r:.200} can't be used: {problem}."
        ) from problem


def _as_import_root(root: Path) -> tuple[Path, ...]:
    """A project's folder; not all of a home or a disk, where a client may have started a server without a project."""
    return () if root == Path(root.anchor) or root == Path.home() else (root,)


def _nearest(start: Path, name: str) -> Path | None:
    return next((folder / name for folder in (start, *start.parents) if (folder / name).exists()), None)


def _parent(path: Path | None) -> Path | None:
    return path.parent if path else None


def _read_table(pyproject: Path) -> Mapping[str, Any] | None:
    try:
        document = tomllib.loads(pyproject.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as problem:
        raise ConfigError(f"{pyproject} can't be read: {problem}.") from problem
    tool = document.get("tool", {})
    table = tool.get("holobench-mcp") if isinstance(tool, Mapping) else None
    if table is not None and not isinstance(table, Mapping):
        raise ConfigError(f"{pyproject}: [{TABLE}] must be a table.")
    return table


def _validated(table: Mapping[str, Any], pyproject: Path) -> FileConfig:
    try:
        return FileConfig.model_validate(table)
    except ValidationError as problem:
        raise ConfigError(f"{pyproject}: [{TABLE}] {fault_in(problem, FileConfig, table)}") from problem
