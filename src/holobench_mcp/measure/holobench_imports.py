"""How the measured Pythons of one benchmark import holobench: lightly, unless it needs the plotting packages.

They take most of a short run, and have no part in what is measured. Both sides always import alike, and what shows that
they are needed is looked for before anything is recorded: the first runs, which are made again with all of them.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from holobench_mcp.capture.loaded_files import HolobenchImport, LoadedFiles


@dataclass
class HolobenchImports:
    """The way that holds now, and what was seen of it. may_change: whether nothing was recorded yet."""

    way: HolobenchImport = "light"
    may_change: bool = True
    needs: frozenset[str] = frozenset()  #: packages that the benchmark was seen to use
    _because: str = ""
    _used: HolobenchImport | None = None  #: the way of the last run that imported holobench
    _seconds: dict[HolobenchImport, float] = field(default_factory=dict)
    _failed_lightly: bool = False

    def asks_for_another_run(self, loaded: LoadedFiles, *, failed: bool) -> bool:
        """Whether a run is to be made again, with all that holobench imports. Takes in what the run says.

        Every use of a package that is not there is noted, whatever the benchmark makes of it. A run that failed without
        one is tried once: what importing a package does by itself nobody notes.
        """
        if loaded.holobench_import is not None:
            self._used = loaded.holobench_import
        if loaded.import_s is not None:
            self._seconds.setdefault(self.way, loaded.import_s)
        if self.way == "whole":
            if failed and self._failed_lightly and not self.needs and self.may_change:
                self.way = "light"  # it fails in any case
            return False
        lightly = loaded.holobench_import == "light"
        if not self.may_change or not lightly or not (loaded.needs or (failed and not self._failed_lightly)):
            return False
        self.way, self.needs = "whole", loaded.needs
        self._failed_lightly = self._failed_lightly or not loaded.needs
        self._because = (
            f"as the benchmark uses {', '.join(sorted(self.needs))}" if self.needs else "as it fails without"
        )
        return True

    def stay_whole(self) -> None:
        """Import all of holobench, as the rounds did that are recorded already."""
        self.way, self._because = "whole", "as its earlier rounds did"

    @property
    def light(self) -> bool | None:
        """Whether the runs imported holobench lightly; None where none of them imported it, or none was made."""
        return None if self._used is None else self._used == "light"

    @property
    def notes(self) -> tuple[str, ...]:
        """What a benchmark that needs the plotting packages costs."""
        if self.way == "light" or not self._because:
            return ()
        seconds = self._seconds.get("whole", 0.0) - self._seconds.get("light", 0.0)
        cost = f", which takes about {seconds:.1f} s of each run" if "light" in self._seconds and seconds > 0 else ""
        return (f"Every run imports holobench with its plotting packages, {self._because}{cost}.",)
