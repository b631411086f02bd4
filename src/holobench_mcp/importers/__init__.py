"""Files of other tools and saved results, one module a format, each from bytes to Snapshots.

Knows no store and runs nothing of what it reads. Imports nothing itself, so that the quarantined child stays small.
"""
