"""A holobench benchmark of `sorter.sort`: how long it takes, and whether the answer is right.

holobench-mcp run -- python bench_sorting.py
"""

import random
import timeit

import bencher as bn
from sorter import sort


class Sorting(bn.ParametrizedSweep):
    """Sort random lists of several lengths."""

    length = bn.IntSweep(default=1000, sample_values=[100, 400, 1600, 6400], units="items")

    time_ms = bn.ResultFloat(units="ms", direction=bn.OptDir.minimize)
    correct = bn.ResultBool(direction=bn.OptDir.maximize, claim=">= 1")

    def benchmark(self):
        rng = random.Random(self.length)
        items = [rng.randrange(1_000_000) for _ in range(self.length)]
        calls = max(1, 6400 // self.length)
        # The best of three: what interrupts a measurement only ever makes it longer.
        self.time_ms = min(timeit.repeat(lambda: sort(items), number=calls, repeat=3)) / calls * 1e3
        self.correct = sort(items) == sorted(items)


if __name__ == "__main__":
    bench = Sorting().to_bench(bn.BenchRunCfg(repeats=5))
    bench.plot_sweep("sorting", input_vars=["length"], result_vars=["time_ms", "correct"], auto_plot=False)
