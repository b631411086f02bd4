"""Results as files of other programs, one module a format: from Snapshots or comparisons to bytes.

Knows no store and writes no file. What a format can't hold is an error or a note, never dropped without a word.
"""
