"""A second benchmark, of a Bloom filter: its error rate carries a claim, and the run records itself.

    python examples/bloom_filter.py

`Recorder` is the one line that a benchmark needs to record every sweep of its run.
"""

import hashlib
import time

import bencher as bn

from holobench_mcp import Recorder


class BloomFilter:
    """A set that may say yes wrongly, and never no."""

    def __init__(self, capacity: int, bits_per_item: int) -> None:
        self.size = capacity * bits_per_item
        self.hashes = max(1, round(bits_per_item * 0.693))
        self.bits = bytearray(self.size // 8 + 1)

    def _places(self, item: bytes) -> list[int]:
        digest = hashlib.blake2b(item, digest_size=16).digest()
        a, b = int.from_bytes(digest[:8], "big"), int.from_bytes(digest[8:], "big") | 1
        return [(a + i * b) % self.size for i in range(self.hashes)]

    def add(self, item: bytes) -> None:
        for place in self._places(item):
            self.bits[place >> 3] |= 1 << (place & 7)

    def __contains__(self, item: bytes) -> bool:
        return all(self.bits[place >> 3] & (1 << (place & 7)) for place in self._places(item))


class Bloom(bn.ParametrizedSweep):
    """Fill a filter, then ask it about what was never added."""

    bits_per_item = bn.IntSweep(default=8, sample_values=[8, 12, 16], units="bits")
    capacity = bn.IntSweep(default=2000, sample_values=[2000, 8000], units="items")

    lookup_us = bn.ResultFloat(units="us", direction=bn.OptDir.minimize)
    false_positives = bn.ResultFloat(units="ratio", direction=bn.OptDir.minimize, claim="< 0.05")
    forgets_nothing = bn.ResultBool(direction=bn.OptDir.maximize, claim=">= 1")

    def benchmark(self):
        bloom = BloomFilter(self.capacity, self.bits_per_item)
        added = [b"in %d" % i for i in range(self.capacity)]
        for item in added:
            bloom.add(item)
        strangers = [b"out %d" % i for i in range(4000)]
        start = time.perf_counter()
        hits = sum(item in bloom for item in strangers)
        self.lookup_us = (time.perf_counter() - start) / len(strangers) * 1e6
        self.false_positives = hits / len(strangers)
        self.forgets_nothing = all(item in bloom for item in added)


if __name__ == "__main__":
    bn.run(Bloom(), repeats=3, show=False, publisher=Recorder(), publish=True)
