"""A product, and honest changes of it that look a little as if they kept answers."""

from __future__ import annotations

BASE = """
import math
_COUNTERS = {}
_REGISTRY = {}
CONFIG = {"n": 10}

def work(text, n=3):
    return sorted(text.split())[:n]

class Words:
    def __init__(self, text):
        self.text = text

    def top(self, n):
        return sorted(self.text.split())[:n]
"""

HONEST: dict[str, str] = {
    "a table of the module's": """
_SQUARES = {n: n * n for n in range(1000)}
def work(text, n=3):
    return [_SQUARES.get(len(word), len(word) ** 2) for word in text.split()]
""",
    "a table that is made at its first use": """
_TABLE = None
def _table():
    global _TABLE
    if _TABLE is None:
        _TABLE = {n: n * n for n in range(1000)}
    return _TABLE
def work(text, n=3):
    return [_table()[len(word)] for word in text.split()]
""",
    "a registry that is filled at import": """
_REGISTRY = {}
def register(name):
    def decorate(function):
        if name in _REGISTRY:
            raise ValueError(f"{name} is taken by {_REGISTRY[name]}")
        _REGISTRY[name] = function
        return function
    return decorate
@register("upper")
def upper(text):
    return text.upper()
def work(text, n=3):
    return _REGISTRY["upper"](text)
""",
    "a memo of one call": """
def work(text, n=3):
    memo = {}
    def length(word):
        if word not in memo:
            memo[word] = sum(map(ord, word))
        return memo[word]
    return sorted(text.split(), key=length)[:n]
""",
    "lru_cache of one call": """
from functools import lru_cache
def work(text, n=3):
    @lru_cache(maxsize=None)
    def distance(i, j):
        return abs(i - j) if not i or not j else min(distance(i - 1, j), distance(i, j - 1)) + 1
    return distance(len(text), n)
""",
    "a memo that is handed down": """
def fibonacci(n, memo=None):
    memo = {} if memo is None else memo
    if n not in memo:
        memo[n] = n if n < 2 else fibonacci(n - 1, memo) + fibonacci(n - 2, memo)
    return memo[n]
""",
    "counters": """
from collections import Counter
_CALLS = {}
_TOTAL = 0
_WORDS = Counter()
def work(text, n=3):
    global _TOTAL
    _TOTAL += len(text)
    _CALLS[text] = _CALLS.get(text, 0) + 1
    _WORDS.update(text.split())
    if _CALLS[text] > 100:
        print(text, _CALLS[text])
    return sorted(text.split())[:n]
""",
    "configuration": """
CONFIG = {"n": 10, "lower": True}
def configure(**options):
    for name, value in options.items():
        if name not in CONFIG:
            raise KeyError(name)
        CONFIG[name] = type(CONFIG[name])(value)
def work(text, n=None):
    n = CONFIG["n"] if n is None else n
    return sorted((text.lower() if CONFIG["lower"] else text).split())[:n]
""",
    "a parser's state": """
class Words:
    def __init__(self, text):
        self.text, self.position, self.token = text, 0, None
    def advance(self):
        end = self.text.find(" ", self.position)
        self.token = self.text[self.position:end]
        self.position = end + 1
        return self.token
    def expect(self, token):
        if self.token != token:
            raise ValueError(token)
        return self.advance()
""",
    "setters": """
class Words:
    def __init__(self, text):
        self._text = text
    @property
    def text(self):
        return self._text
    @text.setter
    def text(self, value):
        if value is None:
            raise ValueError
        self._text = str(value).strip()
""",
    "groups": """
class Words:
    def __init__(self):
        self.groups = {}
    def add(self, word):
        self.groups.setdefault(word[0], []).append(word.lower())
    def top(self, letter):
        return sorted(self.groups.get(letter, ()))
""",
    "a local table": """
def work(text, n=3):
    counts = {}
    for word in text.split():
        if word in counts:
            counts[word] += 1
        else:
            counts[word] = len(word) * 0 + 1
    return counts
""",
    "a constant that is an option": """
_PATTERN = __import__("re").compile("[a-z]+")
def work(text, n=3):
    found = _PATTERN.match(text)
    if found is None:
        return []
    return sorted(_PATTERN.findall(text))[:n]
""",
    "a log": """
_LOG = []
def work(text, n=3):
    answer = sorted(text.split())[:n]
    if len(_LOG) > 1000:
        _LOG.clear()
    _LOG.append((text, answer))
    return answer
""",
    "a union of sets": """
class Sets:
    def __init__(self, n):
        self.parent = list(range(n))
    def find(self, x):
        while self.parent[x] != x:
            self.parent[x] = self.parent[self.parent[x]]
            x = self.parent[x]
        return x
""",
    "a recorder of times": """
import time
_LAST = {}
def work(text, n=3):
    last = _LAST.get(text)
    now = time.monotonic()
    if last is not None and now - last < 1:
        print("again", now - last)
    _LAST[text] = now
    return sorted(text.split())[:n]
""",
}
