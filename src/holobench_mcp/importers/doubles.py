"""Reads a pickle into doubles: the only code of this project that unpickles, and only in the quarantine's process.

Nothing that a pickle names is ever imported but the built-in containers: every other class, of holobench, param, numpy,
pandas, xarray or the benchmark itself, becomes an inert double that only remembers what it was given. numpy's own
constructors are not called by a pickle either: given an object dtype and raw bytes, they make pointers of them.
"""

from __future__ import annotations

import pickle
import re
import sys
from collections import OrderedDict, defaultdict
from typing import Any, BinaryIO

#: Plain data, harmless with whatever arguments a pickle calls them.
_PLAIN: dict[tuple[str, str], Any] = {
    **{("builtins", t.__name__): t for t in (dict, list, set, frozenset, tuple, int, float, bool, complex, str, bytes)},
    ("collections", "OrderedDict"): OrderedDict,
    ("collections", "defaultdict"): defaultdict,
}
#: What numpy puts into pickles of arrays, scalars, dtypes and random generators, as doubles.
_NUMPY = frozenset(
    {
        "ndarray", "dtype", "_reconstruct", "scalar", "_frombuffer", "bool", "bool_", "int8", "int16", "int32", "int64",
        "uint8", "uint16", "uint32", "uint64", "float16", "float32", "float64", "longdouble", "complex64", "complex128",
        "str_", "bytes_", "object_", "datetime64", "timedelta64", "void", "StringDType", "MaskedArray",
        "_convert_to_stringdtype_kwargs", "_mareconstruct", "__bit_generator_ctor", "__generator_ctor",
        "__randomstate_ctor", "SeedSequence", "__pyx_unpickle_SeedSequence", "MT19937", "PCG64", "PCG64DXSM", "Philox",
        "SFC64",
    }
)  # fmt: skip
#: What Python 2 called modules of its standard library: a pickle of protocol 2 may still say so.
_PYTHON_2 = frozenset({"__builtin__", "commands", "copy_reg", "cPickle", "cStringIO", "exceptions", "popen2"})
_WORD = re.compile(r"[^\W\d]\w{0,200}")
#: A folder or file need not be an identifier to be imported by its name: holobench's own examples are in `0_float`.
_MODULE = re.compile(r"[\w-]{1,200}")
#: Plotting callbacks are part of a result, such as `BenchResult.to_auto_plots`.
_CALLBACK = re.compile(r"[A-Z]\w*\.to_\w+")
#: Names of the standard library that a genuine result may hold, as doubles that do nothing when they are called.
_HARMLESS = frozenset(
    {
        ("_functools", "reduce"), ("functools", "reduce"), ("functools", "partial"), ("_operator", "or_"),
        ("operator", "or_"), ("copyreg", "_reconstructor"), ("copyreg", "__newobj__"), ("builtins", "object"),
        ("builtins", "type"), ("types", "SimpleNamespace"), ("types", "MethodType"), ("_codecs", "encode"),
        ("builtins", "range"), ("builtins", "slice"), ("builtins", "bytearray"), ("builtins", "Ellipsis"),
        ("datetime", "datetime"), ("datetime", "date"), ("datetime", "time"), ("datetime", "timedelta"),
        ("datetime", "timezone"), ("zoneinfo", "ZoneInfo"),
        ("pathlib", "PosixPath"), ("pathlib", "PurePosixPath"), ("pathlib", "WindowsPath"), ("pathlib", "Path"),
        ("pathlib._local", "PosixPath"), ("uuid", "UUID"), ("decimal", "Decimal"), ("fractions", "Fraction"),
        ("collections", "deque"), ("collections", "Counter"), ("collections", "ChainMap"), ("re", "_compile"),
        ("array", "array"), ("array", "_array_reconstructor"), ("random", "Random"),
        ("threading", "Lock"), ("logging", "getLogger"),
    }
)  # fmt: skip
_EXCEPTIONS = frozenset(n for n in vars(__import__("builtins")) if n.endswith(("Error", "Exception", "Warning")))
#: Packages whose functions can read files or run code, so that only their classes get doubles.
_DATA_PACKAGES = frozenset({"pandas", "xarray", "scipy"})
#: Of which some classes have lower-case names. What a ResultHmap or a ResultContainer holds is made of theirs.
_PLOTTING_PACKAGES = frozenset({"holoviews", "panel", "bokeh", "plotly"})
_UNPICKLERS = ("_new_", "__pyx_unpickle_", "_unpickle", "_reconstruct", "_nat_unpickle", "_timedelta_unpickle")
#: Where no class is a benchmark's own.
_CLOSED = (
    sys.stdlib_module_names
    | _PYTHON_2
    | _DATA_PACKAGES
    | _PLOTTING_PACKAGES
    | {"numpy", "holobench_mcp", "pip", "setuptools"}
)


class Refused(Exception):
    """A pickle names something that a result never needs."""


class NotAResult(Exception):
    """A pickle that holds something else."""


class Double:
    """What stands in for an object: it remembers how it was made and filled, and can do nothing."""

    #: The whole name of what it stands in for.
    named = ""

    def __new__(cls, *args: Any, **kwargs: Any) -> Double:
        """Made by whatever call a pickle makes."""
        double = object.__new__(cls)
        double.args, double.kwargs = args, kwargs
        double.state, double.items = None, []
        return double

    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    state: Any
    items: list[Any]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        pass

    def __setstate__(self, state: Any) -> None:
        self.state = state

    def append(self, item: Any) -> None:
        """Called by the APPEND of a list's subclass."""
        self.items.append(item)

    def extend(self, items: Any) -> None:
        """Called by the APPENDS of a list's subclass."""
        self.items.extend(items)

    def add(self, item: Any) -> None:
        """Called by the ADDITEMS of a set's subclass."""
        self.items.append(item)

    def __setitem__(self, key: Any, value: Any) -> None:
        self.items.append((key, value))

    def __repr__(self) -> str:
        return f"<{self.named}>"

    def attributes(self) -> dict[str, Any]:
        """The object's attributes, from its `__dict__` and its slots."""
        parts = self.state if isinstance(self.state, tuple) else (self.state,)
        attributes: dict[str, Any] = {}
        for part in parts:
            if isinstance(part, dict):
                attributes.update({k: v for k, v in part.items() if isinstance(k, str)})
        return attributes


class _Getattr(Double):
    """`getattr` as a pickle uses it: for a member of an enum, for a time zone, and for a method of an object.

    It gives doubles of doubles: plots and figures remember which of their methods is to be called when.
    """

    named = "builtins.getattr"

    def __new__(cls, *args: Any, **_: Any) -> Any:
        match args:
            case (type() as owner, str(name)) if issubclass(owner, Double) and _WORD.fullmatch(name):
                if owner.named == "zoneinfo.ZoneInfo" and name == "_unpickle":
                    return owner
                if not name.startswith("_") and owner.named.partition(".")[0] not in _CLOSED:
                    return owner(name)
            case (Double() as owner, str(name)) if _WORD.fullmatch(name) and not name.startswith("__"):
                return type(name, (Double,), {"named": f"{owner.named}.{name}"})
        raise Refused("builtins.getattr")


class Unpickler(pickle.Unpickler):
    """Finds doubles, and refuses by name."""

    def __init__(self, stream: BinaryIO) -> None:
        super().__init__(stream)
        self._doubles: dict[tuple[str, str], type[Double]] = {}

    def find_class(self, module: str, name: str) -> Any:
        """A plain type, or a double. Raises Refused."""
        if (module, name) in _PLAIN:
            return _PLAIN[module, name]
        if (module, name) == ("builtins", "getattr"):
            return _Getattr
        if (module, name) not in self._doubles:
            if not _known(module, name):
                raise Refused(f"{module}.{name}")
            self._doubles[module, name] = type(last_part(name), (Double,), {"named": f"{module}.{name}"})
        return self._doubles[module, name]

    def persistent_load(self, pid: Any) -> Any:
        """Refuse objects that are stored elsewhere."""
        raise Refused(f"a persistent id {str(pid)[:60]!r}")


def _known(module: str, name: str) -> bool:
    """Whether a result may hold a name. Nothing would come of one that it may not; but who imports it should know."""
    if (module, name) in _HARMLESS or (module == "builtins" and name in _EXCEPTIONS):
        return True
    path, words = module.split("."), name.split(".")
    if not all(_MODULE.fullmatch(part) for part in path) or not all(_WORD.fullmatch(word) for word in words):
        return False
    if path[0] == "numpy":
        return name in _NUMPY
    if path[0] in _PLOTTING_PACKAGES:
        return len(words) == 1
    if path[0] in _DATA_PACKAGES:
        return len(words) == 1 and (name[:1].isupper() or name.startswith(_UNPICKLERS))
    if path[0] in ("bencher", "param"):
        # A dotted name is looked up attribute by attribute: `bencher.ab` has `os`, and that has `system`.
        return len(words) == 1 or (path[0] == "bencher" and _CALLBACK.fullmatch(name) is not None)
    # What is left are the benchmark's own classes, nested ones too, and those of the packages that it uses.
    return path[0] not in _CLOSED and (len(words) == 1 or words[0][:1].isupper())


def last_part(name: str) -> str:
    """The name of a class, without those that it is nested in."""
    return name.rpartition(".")[2] or "double"
