"""One module a situation that samples can be in, with what it assumes of them: each has `test(samples) -> Tested`.

`metric.ASSUMPTIONS` is the table that says when each one holds. They know arrays and their question, and no decision.
"""
