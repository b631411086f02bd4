"""Programs that only start another one: `uv run`, `npx`, `nice -n 5`, `env A=1`. One table, one row each.

A wrapper's own options are passed over as its manual has them; what is not in the table is the program itself.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

#: What follows a wrapper: a program with its words, or what Python can be given as well (`-m MODULE`, `FILE.py`).
Starts = Literal["program", "python"]


@dataclass(frozen=True)
class Wrapper:
    """How a wrapper's own words are told from those of what it starts.

    subcommands: one of these must come first; "" where none has to. values: options that take the next word.
    words: how many words of its own come before the program. own: what else is its own, such as `NAME=value`.
    folder: options whose value is the folder that the program starts in. gives_up: options after which what is started
    can't be told.
    """

    subcommands: tuple[str, ...] = ("",)
    values: frozenset[str] = frozenset()
    words: int = 0
    own: re.Pattern[str] | None = None
    folder: frozenset[str] = frozenset()
    starts: Starts = "program"
    gives_up: frozenset[str] = frozenset()


def _options(text: str) -> frozenset[str]:
    return frozenset(text.split())


_RUN = ("run",)
_UV = _options(
    "--with --with-editable --with-requirements --python -p --extra --no-extra --group --no-group --only-group "
    "--package --project --env-file --index --default-index --index-url -i --extra-index-url --find-links -f "
    "--config-file --cache-dir --color --link-mode --resolution --refresh-package -P --upgrade-package -C "
    "--config-setting --exclude-newer --from --python-preference --no-binary-package --allow-insecure-host -w"
)
_CONDA = Wrapper(
    subcommands=_RUN,
    values=_options("-n --name -p --prefix -r --root-prefix"),
    folder=_options("--cwd"),
)

#: By the name of the program. The order of the rows is the reader's: the system's, Python's, Node's, others.
WRAPPERS: Mapping[str, Wrapper] = {
    "env": Wrapper(
        values=_options("-u --unset"),
        own=re.compile(r"[^=/]+=.*", re.DOTALL),
        folder=_options("-C --chdir"),
        gives_up=_options("-S --split-string"),
    ),
    "nice": Wrapper(values=_options("-n --adjustment")),
    "ionice": Wrapper(values=_options("-c --class -n --classdata"), gives_up=_options("-p --pid")),
    "taskset": Wrapper(words=1, gives_up=_options("-p --pid")),
    "chrt": Wrapper(values=_options("-T -P -D"), words=1, gives_up=_options("-p --pid")),
    "time": Wrapper(values=_options("-f --format -o --output")),
    "timeout": Wrapper(values=_options("-k --kill-after -s --signal"), words=1),
    "stdbuf": Wrapper(values=_options("-i -o -e --input --output --error")),
    "setarch": Wrapper(own=re.compile(r"x86_64|i\d86|aarch64|linux(?:32|64)|(?:arm|ppc|s390|riscv|mips)\w*")),
    "numactl": Wrapper(values=_options("-C -m -N -i -p --physcpubind --membind --cpunodebind --interleave")),
    "sudo": Wrapper(
        values=_options("-u -g -h -p -C -T --user --group"), own=re.compile(r"\w+=.*", re.DOTALL),
        folder=_options("-D --chdir"),
    ),
    "nohup": Wrapper(),
    "setsid": Wrapper(),
    "unbuffer": Wrapper(),
    "chronic": Wrapper(),
    "caffeinate": Wrapper(values=_options("-t -w")),
    "xvfb-run": Wrapper(values=_options("-n -s -e -f -p -w --server-num --server-args --error-file --auth-file")),
    "direnv": Wrapper(subcommands=("exec",), words=1),
    "mise": Wrapper(subcommands=("exec", "x"), own=re.compile(r"[\w:./-]+@.*")),
    "uv": Wrapper(
        subcommands=("run", "tool run"), values=_UV, folder=_options("--directory"), starts="python",
        gives_up=_options("-s --script --gui-script"),
    ),
    "uvx": Wrapper(values=_UV, folder=_options("--directory")),
    "pipx": Wrapper(subcommands=_RUN, values=_options("--spec --pip-args --python --index-url -i")),
    "poetry": Wrapper(
        subcommands=_RUN, values=_options("-P --project"), folder=_options("-C --directory")
    ),
    "pdm": Wrapper(subcommands=_RUN, values=_options("-p --project -c --config --venv")),
    "hatch": Wrapper(subcommands=_RUN, values=_options("-e --env -p --project --data-dir --cache-dir --config")),
    "pipenv": Wrapper(subcommands=_RUN, values=_options("--python --pypi-mirror")),
    "rye": Wrapper(subcommands=_RUN, values=_options("--pyproject")),
    "pixi": Wrapper(subcommands=_RUN, values=_options("-e --environment --manifest-path")),
    "conda": _CONDA,
    "mamba": _CONDA,
    "micromamba": _CONDA,
    "coverage": Wrapper(
        subcommands=_RUN, starts="python",
        values=_options("--context --data-file --include --omit --rcfile --source --concurrency"),
    ),
    "cross-env": Wrapper(own=re.compile(r"[^=/]+=.*", re.DOTALL)),
    "npx": Wrapper(values=_options("-p --package -w --workspace"), gives_up=_options("-c --call")),
    "bunx": Wrapper(values=_options("-p --package")),
    "npm": Wrapper(
        subcommands=("exec", "x"), values=_options("-p --package -w --workspace"), folder=_options("--prefix"),
        gives_up=_options("-c --call"),
    ),
    "pnpm": Wrapper(
        subcommands=("exec", "dlx", ""), values=_options("-F --filter --package"), folder=_options("-C --dir"),
        gives_up=_options("-c --shell-mode -r --recursive"),
    ),
    "yarn": Wrapper(
        subcommands=("exec", "dlx", "run", ""), values=_options("-p --package"), folder=_options("--cwd")
    ),
    "bun": Wrapper(subcommands=("x", "run"), folder=_options("--cwd")),
}  # fmt: skip
