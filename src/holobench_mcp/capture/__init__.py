"""How the results of one process come in: the command that runs, the sweeps that it collects, its environment.

Yields Snapshots. Knows no store, no statistics and no revisions.
"""
