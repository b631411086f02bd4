"""What the samples say: the decision between two sides, what differs beside the code, and a metric's change points.

Pure functions from snapshots and manifests to values. Knows no store, no process and no clock.
"""
