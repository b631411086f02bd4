"""The clock that the benchmark measures by: this process's own time."""

from time import process_time

__all__ = ["process_time"]
