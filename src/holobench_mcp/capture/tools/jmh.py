"""JMH: `-rf json -rff FILE` of a jar with benchmarks in it, or of its main class; of its plugins what they have."""

from __future__ import annotations

import sys
import zipfile
from dataclasses import replace
from pathlib import Path

from holobench_mcp.capture.tools.known_tool import ToolCommand, unusable
from holobench_mcp.capture.tools.started import Started

NAME, FORMAT = "jmh", "jmh"
_LIST, _MAIN = "META-INF/BenchmarkList", "org.openjdk.jmh.Main"
_MAVEN = "jmh:benchmark"
#: Options of java that take the next word.
_VALUES = frozenset({
    "-cp", "-classpath", "--class-path", "-p", "--module-path", "--add-modules", "--add-opens", "--add-exports",
    "--add-reads", "--upgrade-module-path", "--limit-modules", "--patch-module",
})  # fmt: skip
_MOST_BYTES = 512 << 20


def ask(found: Started, folder: Path, *, named: bool) -> ToolCommand | None:
    """With its two options behind the jar or the class."""
    file = folder / "jmh.json"
    if found.name in ("mvn", "mvnw", "mvnd") and any(word.endswith(_MAVEN) for word in found.words):
        command = found.with_words("-Djmh.rf=json", f"-Djmh.rff={file}", behind=len(found.words))
        return ToolCommand(NAME, command, FORMAT, (file,), ("-Djmh.rf=json -Djmh.rff=FILE was added to Maven.",))
    if found.name in ("gradle", "gradlew") and any(word.rpartition(":")[2] == "jmh" for word in found.words):
        # Its plugin has no option for it: a build says `resultFormat = "JSON"` itself.
        return ToolCommand(NAME, found.command, FORMAT, (found.cwd / "build/results/jmh/results.json",))
    behind = _behind(found, named=named) if found.name == "java" else None
    if behind is None:
        return None
    own = replace(found, at=found.at + behind, kind="program")
    how, given = own.option("-rf"), own.option("-rff")
    if how is None and given is None:
        command = own.with_words("-rf", "json", "-rff", str(file))
        return ToolCommand(NAME, command, FORMAT, (file,), ("-rf json -rff FILE was added to JMH.",))
    if (how or "csv").lower() != "json":
        return unusable(sys.modules[__name__], found, f"it writes them as {how or 'csv':.20}")
    return ToolCommand(NAME, found.command, FORMAT, (found.cwd / (given or "jmh-result.json"),))


def _behind(found: Started, *, named: bool) -> int | None:
    """The place of the jar or the main class among java's words, where it is JMH's."""
    words = found.words
    at = 0
    while at < len(words) and words[at].startswith("-"):
        if words[at] == "-jar" and at + 1 < len(words):
            return at + 2 if named or _has_benchmarks(found.cwd / words[at + 1]) else None
        at += 2 if words[at] in _VALUES else 1
    return at + 1 if at < len(words) and (named or words[at] == _MAIN) else None


def _has_benchmarks(jar: Path) -> bool:
    try:
        if jar.stat().st_size > _MOST_BYTES:
            return False
        with zipfile.ZipFile(jar) as archive:
            return _LIST in archive.NameToInfo
    except (OSError, zipfile.BadZipFile, ValueError, NotImplementedError, EOFError):
        return False
