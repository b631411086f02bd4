"""How long `words.most_common` takes, what memory it needs at most, and whether its answer is right."""

import random
import tracemalloc
from collections import Counter

import bencher as bn
from clock import process_time
from words import most_common


class Words(bn.ParametrizedSweep):
    """Count the words of texts of several lengths."""

    length = bn.IntSweep(default=1000, sample_values=[1000, 2000, 4000, 8000], units="words")

    time_ms = bn.ResultFloat(units="ms", direction=bn.OptDir.minimize)
    peak_kb = bn.ResultFloat(units="kB", direction=bn.OptDir.minimize)
    right = bn.ResultBool(direction=bn.OptDir.maximize, claim=">= 1")

    def benchmark(self):
        text = make_text(self.length)
        self.time_ms = min(timed(text) for _ in range(3)) * 1e3
        tracemalloc.start()
        answer = most_common(text, 10)
        self.peak_kb = tracemalloc.get_traced_memory()[1] / 1024
        tracemalloc.stop()
        counts = Counter(text.lower().split())
        self.right = answer == sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))[:10]


def make_text(length):
    """A text of so many words, the same for the same length."""
    rng = random.Random(length)
    return " ".join(f"Word{int(rng.paretovariate(0.8)) % 997}" for _ in range(length))


def timed(text):
    """Seconds of this process's own time for one call."""
    start = process_time()
    most_common(text, 10)
    return process_time() - start


if __name__ == "__main__":
    bench = Words().to_bench(bn.BenchRunCfg(repeats=5))
    bench.plot_sweep("words", input_vars=["length"], result_vars=["time_ms", "peak_kb", "right"], auto_plot=False)
