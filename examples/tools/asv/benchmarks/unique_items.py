import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # where the project is not installed

from unique import unique


class Unique:
    params = [10, 300]
    param_names = ["length"]
    number, repeat, warmup_time = 20, 20, 0.0

    def setup(self, length):
        self.items = list(range(length)) * 2

    def time_unique(self, length):
        unique(self.items)
