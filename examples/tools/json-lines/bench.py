"""A program of one's own that measures: it prints what it found, a JSON object a line."""

import json
import os
import time

from unique import unique

for length in (10, 300):
    items = list(range(length)) * 2
    seconds = []
    for _ in range(5):
        begun = time.perf_counter()
        for _ in range(100):
            unique(items)
        seconds.append((time.perf_counter() - begun) / 100)
    line = {
        "bench": "unique",
        "inputs": {"length": length},
        "metrics": {"time": {"values": seconds, "units": "s", "direction": "minimize"}},
        "run": os.getpid(),
    }
    print(json.dumps(line))
