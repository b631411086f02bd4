"""The short form of each answer as data: plain builders from a document to a small `answers.Structure`.

Some clients show their model only the structure: what an agent needs to act must be in it, and in few words.
"""
