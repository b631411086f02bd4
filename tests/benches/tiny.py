"""A benchmark of a moment, whose speed and answer are `product.py`'s."""

import os
import random
import sys
import time
from pathlib import Path


class NoPlots:
    """holobench's light install: plotting packages take four fifths of a moment's benchmark."""

    HEAVY = {"bokeh", "holoviews", "hvplot", "moviepy", "optuna", "panel", "plotly", "scipy", "sklearn", "tornado"}

    @classmethod
    def find_spec(cls, name, path=None, target=None):
        if (top := name.partition(".")[0]) in cls.HEAVY:
            raise ModuleNotFoundError(f"No module named {top!r}", name=top)


class Clock:
    """Goes on by what is slept, give or take half a per mille: how busy the machine is decides nothing."""

    def __init__(self):
        self.now, self._sleep = 0.0, time.sleep
        time.sleep, time.perf_counter = self.sleep, self.read

    def sleep(self, seconds):
        self._sleep(seconds)
        self.now += seconds * random.uniform(0.9995, 1.0005)

    def read(self):
        self.now += 1e-6 * random.uniform(0.9995, 1.0005)
        return self.now


sys.meta_path.insert(0, NoPlots)
import bencher as bn

sys.path.insert(0, str(Path(__file__).resolve().parent))
import product


class Tiny(bn.ParametrizedSweep):
    size = bn.IntSweep(default=1, sample_values=[1, 2], units="items")

    time_ms = bn.ResultFloat(units="ms", direction=bn.OptDir.minimize)
    right = bn.ResultBool(direction=bn.OptDir.maximize, claim=">= 1")

    def benchmark(self):
        start = time.perf_counter()
        answer = product.work(self.size)
        self.time_ms = (time.perf_counter() - start) * 1e3
        self.right = answer == self.size


if __name__ == "__main__":
    Clock()
    Tiny().to_bench(bn.BenchRunCfg(repeats=int(os.environ.get("REPEATS", "3")))).plot_sweep(
        "tiny", input_vars=["size"], result_vars=["time_ms", "right"], auto_plot=False
    )
