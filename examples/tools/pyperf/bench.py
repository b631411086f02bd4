import pyperf
from unique import unique

runner = pyperf.Runner(processes=5, values=3, loops=100)
for length in (10, 300):
    runner.bench_func(f"unique of {length}", unique, list(range(length)) * 2)
