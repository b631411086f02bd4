"""Collect two sweeps, one quickly after the other. With a name as argument, the benchmark gets that name.

python two_sweeps.py [NAME] [EXIT STATUS]
"""

import sys


class NoPlots:
    """holobench's light install: plotting packages take four fifths of a moment's benchmark."""

    HEAVY = {"bokeh", "holoviews", "hvplot", "moviepy", "optuna", "panel", "plotly", "scipy", "sklearn", "tornado"}

    @classmethod
    def find_spec(cls, name, path=None, target=None):
        if (top := name.partition(".")[0]) in cls.HEAVY:
            raise ModuleNotFoundError(f"No module named {top!r}", name=top)


sys.meta_path.insert(0, NoPlots)
import bencher as bn

NAME = sys.argv[1] if len(sys.argv) > 1 else "sort"


class Sort(bn.ParametrizedSweep):
    size = bn.IntSweep(default=10, sample_values=[10, 20])
    time_ms = bn.ResultFloat(units="ms", direction=bn.OptDir.minimize)

    def benchmark(self):
        self.time_ms = float(self.size)


if __name__ == "__main__":
    cfg = bn.BenchRunCfg(repeats=2, auto_plot=False)
    for name in (f"{NAME}-first", f"{NAME}-second"):
        bn.Bench(name, Sort(), run_cfg=cfg).plot_sweep(name, ["size"], ["time_ms"], run_cfg=cfg, plot_callbacks=False)
    print("\x1b[31mboth are done\x1b[0m")
    sys.exit(int(sys.argv[2]) if len(sys.argv) > 2 else 0)
