"""Follows what the warm-ups of both sides load: is the benchmark the base's, and does it measure the change?"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from holobench_mcp.capture.benchmark_files import benchmark_file_of, benchmark_files, is_apart_from_the_product
from holobench_mcp.capture.loaded_files import LoadedFiles, write_wanted_lines
from holobench_mcp.capture.runner import private_folder
from holobench_mcp.measure import cautions
from holobench_mcp.measure.change import Change
from holobench_mcp.measure.changed_lines import changed_lines, not_run, wanted_paths
from holobench_mcp.measure.measured_change import Footprint, footprint, footprint_note, loading_cautions
from holobench_mcp.measure.preparation import Trees, import_folders, protect_more
from holobench_mcp.measure.revision_choice import Revisions
from holobench_mcp.measure.session import Run, Session, Side, filled
from holobench_mcp.model import Difference

#: How much longer than a warm-up the one may take in which lines are followed, and what any may.
_LINES_FACTOR, _LINES_S = 4.0, 10.0


@dataclass
class WarmUpCheck:
    """What is known of both sides after their warm-ups."""

    session: Session
    revisions: Revisions
    change: Change
    below: Path  #: the project's folder, from the repository's top
    footprints: dict[Side, Footprint] = field(default_factory=dict)
    benchmark: dict[str, None] = field(default_factory=dict)  #: files of the benchmark, from the repository's top
    seconds: float = 0.0
    of_itself: bool = False  #: whether the command is measured from outside, so that nothing of it is a benchmark

    def warmed_up(self, side: Side, run: Run, trees: Trees) -> Trees:
        """Take in a side's first warm-up, before anything else happens in its tree.

        Returns the trees, in which more of the benchmark may now be the base's.
        """
        if side in self.footprints or run.outcome is None or run.failure is not None:
            return trees
        tree = trees.of(side)
        self.footprints[side] = footprint(tree.top, run.outcome.loaded)
        self.of_itself = run.outcome.of_itself and not self.session.config.output
        self.seconds = max(self.seconds, run.seconds)
        files = self._benchmark_files(tree.top, run.outcome.loaded)
        self.benchmark |= dict.fromkeys(files)
        config = self.session.config
        # What a person has named is what is protected, and what a setup has built was built with the head's own.
        if side == "head" or config.protected or config.setup is not None:
            return trees
        apart = [path for path in files if is_apart_from_the_product(tree.top, path)]
        return protect_more(self.revisions, trees, apart)

    def change_cautions(self, trees: Trees) -> tuple[Difference, ...]:
        """What to say of the lines that the head changes, as far as it is known which files are the benchmark's."""
        repository, base, head = self.revisions.repository, self.revisions.base, self.revisions.head
        pyproject = (self.below / "pyproject.toml").as_posix()
        return (
            *(
                cautions.harness_cautions(self.session.name, trees.protected, trees.changed, trees.from_head)
                if trees.protected or not self.of_itself
                else ()
            ),
            *cautions.configuration_cautions(
                repository, base, head, pyproject, None if self.session.by_hand else self.session.name
            ),
            *cautions.change_cautions(
                self.change,
                protected=trees.protected,
                import_folders=import_folders(self.session.config, self.below, trees.protected),
                benchmark=tuple(self.benchmark),
            ),
        )

    def cautions(self, trees: Trees, environment: dict[str, str]) -> tuple[Difference, ...]:
        """Why what was measured may not be the change. Runs the head once more, to see whether it runs the lines."""
        base, head = self.footprints.get("base"), self.footprints.get("head")
        if base is None or head is None:
            return ()
        found = loading_cautions(
            self.change,
            base,
            head,
            below=self.below.as_posix(),
            built=self.session.config.setup is not None,
            by_hand=self.session.by_hand,
        )
        if found or not (base.known and head.known):
            return found
        changed = changed_lines(self.change, base, head)
        if changed is None:
            return ()
        with private_folder() as private:
            wanted = Path(private) / "lines"
            write_wanted_lines(wanted, wanted_paths(changed, head.top))
            run = self.session.run(
                trees.head.folder,
                side="head",
                environment=environment,
                counts=False,
                probe=wanted,
                timeout_s=min(self.session.config.timeout_s, _LINES_S + _LINES_FACTOR * self.seconds),
            )
        lines = run.outcome.loaded.lines if run.outcome is not None else None
        # A run that failed, or took too long, may not have come to the lines.
        return (not_run(changed),) if lines == {} and run.failure is None else ()

    @property
    def notes(self) -> tuple[str, ...]:
        """What is to be noted of what is not known."""
        base, head = self.footprints.get("base"), self.footprints.get("head")
        note = footprint_note(base, head) if base is not None and head is not None else None
        return (note,) if note and self.change.files else ()

    def _benchmark_files(self, top: Path, loaded: LoadedFiles) -> list[str]:
        words = [filled(word, self.session.parameters) for word in self.session.config.command]
        command_file = benchmark_file_of(words, top / self.below / self.session.config.cwd)
        return [file.relative_to(top.resolve()).as_posix() for file in benchmark_files(command_file, loaded, top)]
