"""Ways of functions to keep answers, none of which is called a cache. Each is a whole file, and what is said of it."""

from __future__ import annotations

FUNCTIONS: dict[str, tuple[str, str]] = {
    "a dict of the module": ("""
_SEEN = {}
def work(text, n=3):
    if (text, n) in _SEEN:
        return _SEEN[text, n]
    _SEEN[text, n] = sorted(text.split())[:n]
    return _SEEN[text, n]
""", "_SEEN"),
    "get and a walrus": ("""
_x = dict()
def work(text, n=3):
    if (found := _x.get(hash(text))) is not None:
        return found
    answer = sorted(text.split())[:n]
    _x[hash(text)] = answer
    return answer
""", "_x"),
    "try and except": ("""
_T = {}
def work(text, n=3):
    try:
        return _T[text]
    except KeyError:
        _T[text] = answer = sorted(text.split())[:n]
        return answer
""", "_T"),
    "suppress": ("""
from contextlib import suppress
_T = {}
def work(text, n=3):
    with suppress(LookupError):
        return _T[text]
    answer = sorted(text.split())[:n]
    _T.update({text: answer})
    return answer
""", "_T"),
    "built up in place": ("""
_T = {}
def work(text, n=3):
    if text in _T:
        return _T[text]
    counts = {}
    for word in text.split():
        counts[word] = counts.get(word, 0) + 1
    _T[text] = counts
    return counts
""", "_T"),
    "a sum in a loop": ("""
_T = {}
def work(n):
    if n not in _T:
        total = 0
        for _ in range(n):
            total += 1
        _T[n] = total
    return _T[n]
""", "_T"),
    "a list of pairs": ("""
_PAIRS = []
def work(text, n=3):
    for other, answer in _PAIRS:
        if other == text:
            return answer
    answer = sorted(text.split())[:n]
    _PAIRS.append((text, answer))
    return answer
""", "_PAIRS"),
    "the last one, in a global": ("""
_LAST = (None, None)
def work(text, n=3):
    global _LAST
    if _LAST[0] == text:
        return _LAST[1]
    _LAST = (text, sorted(text.split())[:n])
    return _LAST[1]
""", "_LAST"),
    "two globals": ("""
_KEY = _VALUE = None
def work(text, n=3):
    global _KEY, _VALUE
    if text != _KEY:
        _KEY = text
        _VALUE = sorted(text.split())[:n]
    return _VALUE
""", "_VALUE"),
    "a default argument": ("""
def work(text, n=3, _t={}):
    if text not in _t:
        _t[text] = sorted(text.split())[:n]
    return _t[text]
""", "_t"),
    "a keyword default of another type": ("""
from collections import defaultdict
def work(text, n=3, *, _t=defaultdict(lambda: None)):
    _t[text] = _t[text] or sorted(text.split())[:n]
    return _t[text]
""", "_t"),
    "an attribute of the function": ("""
def work(text, n=3):
    if text not in work.d:
        work.d[text] = sorted(text.split())[:n]
    return work.d[text]
work.d = {}
""", "work.d"),
    "the class": ("""
class Words:
    d = {}
    def __init__(self, text):
        self.text = text
    def top(self, n):
        if (self.text, n) not in Words.d:
            Words.d[self.text, n] = sorted(self.text.split())[:n]
        return Words.d[self.text, n]
""", "Words.d"),
    "type of self": ("""
class Words:
    d = {}
    def __init__(self, text):
        self.text = text
    def top(self, n):
        table = type(self).d
        answer = table.get((self.text, n))
        if not answer:
            answer = table[self.text, n] = sorted(self.text.split())[:n]
        return answer
""", "self.d"),
    "a class method": ("""
class Words:
    d = {}
    @classmethod
    def top(cls, text):
        if text not in cls.d:
            cls.d[text] = sorted(text.split())
        return cls.d[text]
""", "self.d"),
}  # fmt: skip
