"""Ways of objects, decorators and other places to keep answers. Each is a whole file, and what is said of it."""

from __future__ import annotations

OBJECTS: dict[str, tuple[str, str]] = {
    "the instance": ("""
class Words:
    def __init__(self, text):
        self.text = text
        self._d = {}
    def top(self, n):
        if n in self._d:
            return self._d[n]
        self._d[n] = sorted(self.text.split())[:n]
        return self._d[n]
""", "self._d"),
    "an attribute that is made once": ("""
class Words:
    _sorted = None
    def __init__(self, text):
        self.text = text
    def top(self, n):
        if self._sorted is None:
            self._sorted = sorted(self.text.split())
        return self._sorted[:n]
""", "self._sorted"),
    "an attribute that may be missing": ("""
class Words:
    def top(self, n):
        try:
            return self._sorted[:n]
        except AttributeError:
            self._sorted = sorted(self.text.split())
        return self._sorted[:n]
""", "self._sorted"),
    "hasattr and setattr": ("""
class Words:
    def top(self, n):
        if not hasattr(self, "_s"):
            setattr(self, "_s", sorted(self.text.split()))
        return getattr(self, "_s")[:n]
""", "self._s"),
    "the dictionary of the instance": ("""
class Words:
    def top(self, n):
        if "s" not in self.__dict__:
            self.__dict__["s"] = sorted(self.text.split())
        return self.__dict__["s"][:n]
""", "self"),
    "an attribute of what it is given": ("""
def work(document, n=3):
    if getattr(document, "_top", None) is None:
        document._top = sorted(document.text.split())[:n]
    return document._top
""", "document._top"),
    "a closure": ("""
def make():
    d = {}
    def work(text, n=3):
        if text not in d:
            d[text] = sorted(text.split())[:n]
        return d[text]
    return work
work = make()
""", "d"),
    "a decorator of one's own": ("""
import functools
def fast(function):
    answers = {}
    @functools.wraps(function)
    def wrapper(*args):
        if args in answers:
            return answers[args]
        answers[args] = function(*args)
        return answers[args]
    return wrapper
@fast
def work(text, n=3):
    return sorted(text.split())[:n]
""", "answers"),
    "a nonlocal": ("""
def make():
    last = key = None
    def work(text):
        nonlocal last, key
        if key != text:
            key, last = text, sorted(text.split())
        return last
    return work
work = make()
""", "last"),
    "lru_cache": ("""
from functools import lru_cache
@lru_cache(maxsize=None)
def work(text, n=3):
    return sorted(text.split())[:n]
""", "@lru_cache"),
    "lru_cache under another name": ("""
from functools import lru_cache as quick
@quick
def work(text, n=3):
    return sorted(text.split())[:n]
""", "@lru_cache"),
    "an alias of a module's": ("""
import functools as ft
speedy = ft.cache
@speedy
def work(text, n=3):
    return sorted(text.split())[:n]
""", "@cache"),
    "a call of lru_cache": ("""
import functools
def work(text, n=3):
    return sorted(text.split())[:n]
work = getattr(functools, "lru" + "_cache")(None)(work)
""", "?"),
    "cached_property": ("""
from functools import cached_property
class Words:
    @cached_property
    def top(self):
        return sorted(self.text.split())
""", "@cached_property"),
    "__missing__": ("""
class Table(dict):
    def __missing__(self, text):
        self[text] = answer = sorted(text.split())
        return answer
_TABLE = Table()
def work(text, n=3):
    return _TABLE[text][:n]
""", "self"),
    "a descriptor": ("""
class Lazy:
    def __init__(self, function):
        self.function = function
        self.name = function.__name__
    def __get__(self, instance, owner):
        if self.name in instance.__dict__:
            return instance.__dict__[self.name]
        value = instance.__dict__[self.name] = self.function(instance)
        return value
""", "instance.__dict__"),
    "two helpers": ("""
_T = {}
def recall(key):
    return _T.get(key)
def note(key, value):
    _T[key] = value
def work(text, n=3):
    answer = recall(text)
    if answer is None:
        answer = sorted(text.split())[:n]
        note(text, answer)
    return answer
""", "_T"),
    "a store of the file's own": ("""
class Shelf:
    def __init__(self):
        self.rows = {}
    def find(self, key):
        return self.rows.get(key)
    def lay(self, key, value):
        self.rows[key] = value
_SHELF = Shelf()
def work(text, n=3):
    answer = _SHELF.find(text)
    if answer is None:
        answer = sorted(text.split())[:n]
        _SHELF.lay(text, answer)
    return answer
""", "_SHELF"),
    "a helper that is given the place": ("""
_T = {}
def through(store, key, function):
    if key not in store:
        store[key] = function(key)
    return store[key]
def work(text, n=3):
    return through(_T, text, lambda t: sorted(t.split())[:n])
""", "_T"),
    "setdefault in a lambda": ("""
_T = {}
work = lambda text: _T.get(text) or _T.setdefault(text, sorted(text.split()))
""", "_T"),
    "a generator": ("""
def answers():
    d, answer = {}, None
    while True:
        text = yield answer
        if text not in d:
            d[text] = sorted(text.split())
        answer = d[text]
_ANSWERS = answers()
next(_ANSWERS)
def work(text, n=3):
    return _ANSWERS.send(text)
""", "d"),
    "a match": ("""
_T = {}
def work(text, n=3):
    match _T.get(text):
        case None:
            _T[text] = sorted(text.split())[:n]
            return _T[text]
        case answer:
            return answer
""", "_T"),
    "another module's namespace": ("""
import math
def work(text, n=3):
    table = math.__dict__
    if text in table:
        return table[text]
    table[text] = sorted(text.split())[:n]
    return table[text]
""", "math"),
    "sys.modules": ("""
import sys
def work(text, n=3):
    if text not in sys.modules:
        sys.modules[text] = sorted(text.split())[:n]
    return sys.modules[text]
""", "sys.modules"),
    "builtins": ("""
import builtins
def work(text, n=3):
    if not hasattr(builtins, text):
        setattr(builtins, text, sorted(text.split())[:n])
    return getattr(builtins, text)
""", "builtins"),
    "globals": ("""
def work(text, n=3):
    name = "_" + text
    if name in globals():
        return globals()[name]
    globals()[name] = sorted(text.split())[:n]
    return globals()[name]
""", "globals()"),
    "the environment": ("""
import json, os
def work(text, n=3):
    if text in os.environ:
        return json.loads(os.environ[text])
    answer = sorted(text.split())[:n]
    os.environ[text] = json.dumps(answer)
    return answer
""", "os.environ"),
    "a file": ("""
import json, pathlib
def work(text, n=3):
    path = pathlib.Path(f"{hash(text)}.json")
    if path.exists():
        return json.loads(path.read_text())
    answer = sorted(text.split())[:n]
    path.write_text(json.dumps(answer))
    return answer
""", "files"),
    "a database": ("""
import sqlite3
_DB = sqlite3.connect("x.db")
def work(text, n=3):
    row = _DB.execute("SELECT a FROM t WHERE k = ?", (text,)).fetchone()
    if row is not None:
        return row[0].split()
    answer = sorted(text.split())[:n]
    _DB.execute("INSERT INTO t VALUES (?, ?)", (text, " ".join(answer)))
    return answer
""", "_DB"),
    "weak references": ("""
import weakref
_W = weakref.WeakKeyDictionary()
def work(document, n=3):
    if document in _W:
        return _W[document]
    _W[document] = answer = sorted(document.text.split())[:n]
    return answer
""", "_W"),
    "an imported table": ("""
from elsewhere import TABLE
def work(text, n=3):
    if text not in TABLE:
        TABLE[text] = sorted(text.split())[:n]
    return TABLE[text]
""", "TABLE"),
    "a thread's own": ("""
import threading
_LOCAL = threading.local()
def work(text, n=3):
    table = _LOCAL.__dict__.setdefault("table", {})
    if text not in table:
        table[text] = sorted(text.split())[:n]
    return table[text]
""", "_LOCAL"),
    "an answer where the caller finds it": ("""
_T = {}
def work(text, out):
    if text not in _T:
        _T[text] = sorted(text.split())
    out.extend(_T[text])
""", "_T"),
    "functions of modules that put things somewhere": ("""
import operator
_T = {}
def work(text, n=3):
    if text in _T:
        return _T[text]
    answer = sorted(text.split())[:n]
    operator.setitem(_T, text, answer)
    return answer
""", "_T"),
    "a sorted list": ("""
import bisect
_T = []
def work(text, n=3):
    at = bisect.bisect(_T, (text,))
    if at < len(_T) and _T[at][0] == text:
        return _T[at][1]
    answer = sorted(text.split())[:n]
    bisect.insort(_T, (text, answer))
    return answer
""", "_T"),
    "getenv and putenv": ("""
import os
def work(text, n=3):
    if os.getenv(text):
        return os.getenv(text).split()
    answer = sorted(text.split())[:n]
    os.putenv(text, " ".join(answer))
    return answer
""", "os.environ"),
    "an array": ("""
import numpy as np
_T = np.zeros(10_000)
def work(n):
    if _T[n]:
        return _T[n]
    _T[n] = sum(range(n))
    return _T[n]
""", "_T"),
    "a coroutine": ("""
_T = {}
async def work(text, n=3):
    if text in _T:
        return _T[text]
    _T[text] = await top(text, n)
    return _T[text]
""", "_T"),
    "an exception": ("""
_T = {}
def work(text, n=3):
    try:
        if text in _T:
            raise StopIteration(_T[text])
        _T[text] = sorted(text.split())[:n]
        return _T[text]
    except StopIteration as found:
        return found.args[0]
""", "_T"),
    "one object for each argument": ("""
class Words:
    _all = {}
    def __new__(cls, text):
        if text not in cls._all:
            made = super().__new__(cls)
            made.words = sorted(text.split())
            cls._all[text] = made
        return cls._all[text]
""", "self._all"),
    "a pickle in the temporary folder": ("""
import os, pickle, tempfile
def work(text, n=3):
    path = os.path.join(tempfile.gettempdir(), str(hash(text)))
    try:
        with open(path, "rb") as file:
            return pickle.load(file)
    except OSError:
        answer = sorted(text.split())[:n]
    with open(path, "wb") as file:
        pickle.dump(answer, file)
    return answer
""", "files"),
}  # fmt: skip
