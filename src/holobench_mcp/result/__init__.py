"""One result: its declarations, samples and contract, and the one door to `bencher`.

Knows the models and nothing else: no store, no statistics, no process. Imports nothing itself, so that the quarantined
child that uses `coordinates` does not load bencher.
"""
