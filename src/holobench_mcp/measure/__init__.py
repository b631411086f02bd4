"""Measuring: one benchmark in several processes, or two git revisions in turn, in worktrees of their own.

Hands every Snapshot to whoever called; which store it goes to and what is decided of it is not known here.
"""
