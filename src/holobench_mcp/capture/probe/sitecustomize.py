"""Runs at the start of a measured Python, and writes down which files it loads: was the change measured at all?

Python imports a module of this name when it starts; PYTHONPATH leads it here, and the module that it would have found
without us is imported in our place. It may not fail, print, or leave anything in the benchmark's way: what goes wrong
here is only unknown later. A measured run pays a few milliseconds, most of them at its exit; what an unmeasured warm-up
also notes, and how holobench is imported, are in modules of their own.

It may be any Python from 3.6 on that runs this, so that it is written in the language of that.
"""

import atexit
import os
import sys

_FOLDER = "HOLOBENCH_MCP_PROBE"
_MODE = "HOLOBENCH_MCP_PROBE_MODE"
_IMPORT = "HOLOBENCH_MCP_IMPORT"
_MAX_SOURCE = 1 << 20
_MAX_SWEEPS = 50


def _write(name, text):
    """Add to a file of this process. It is opened each time: a benchmark may close whatever it finds open."""
    path = os.path.join(_folder, "%d.%s" % (os.getpid(), name))
    file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        os.write(file, text.encode("utf-8", "surrogateescape"))
    finally:
        os.close(file)


def _at_exit():
    if not _folder:
        return
    try:
        # Python has already taken a script's name from it.
        main = sys.modules.get("__main__")
        if main is not None and getattr(main, "__file__", None) is None and os.path.isfile(_script):
            main.__file__ = _script
        _write("modules", "".join(_modules()))
        _write("sweeps", "".join(_sweeps()))
        plots = getattr(sys.modules.get("bencher.optional_deps"), "PLOTTING_INSTALLED", None)
        if plots is not None:
            _write("imports", "%s\0\0" % ("whole" if plots else "light"))
        elif isinstance(getattr(sys.modules.get("bencher"), "ParametrizedSweep", None), type):
            _write("imports", "old\0%s\0python\0%s\0" % (_version("holobench"), sys.executable))
    except Exception:  # whatever it is, it is not the benchmark's fault
        return


def _version(package):
    try:
        from importlib import metadata

        return metadata.version(package)
    except Exception:
        return ""


def _modules():
    for name, module in list(sys.modules.items()):
        try:
            file = getattr(module, "__file__", None)
            if name == "__main__":
                spec = getattr(module, "__spec__", None)
                name = getattr(spec, "name", None) or name
        except Exception:
            continue
        if isinstance(file, str) and isinstance(name, str):
            yield "%s\0%s\0" % (name, os.path.abspath(file))


def _sweeps():
    """Every class of a sweep that is not holobench's own: its name, its file, and its source with its bases'."""
    root = getattr(sys.modules.get("bencher"), "ParametrizedSweep", None)
    pending, classes = [root] if isinstance(root, type) else [], []
    while pending and len(classes) < _MAX_SWEEPS:
        for cls in type.__subclasses__(pending.pop()):
            if cls not in classes:
                pending.append(cls)
                if cls.__module__.partition(".")[0] != "bencher":
                    classes.append(cls)
    for cls in classes:
        for base in cls.__mro__:
            if base.__module__.partition(".")[0] in ("bencher", "param", "builtins"):
                break
            try:
                import inspect

                source = inspect.getsource(base)[:_MAX_SOURCE]
                file = os.path.abspath(inspect.getsourcefile(base) or "")
            except Exception:
                continue
            yield "%s.%s\0%s\0%s\0" % (cls.__module__, cls.__qualname__, file, source.replace("\0", ""))


# ---------------------------------------------------------------------- the start


def _give_way():
    """Take this folder off the path, and import the module that would have been found without it."""
    here = os.path.dirname(__file__)
    sys.path[:] = [entry for entry in sys.path if entry.rstrip(os.sep) != here]
    sys.path_importer_cache.pop(here, None)
    own = sys.modules.pop("sitecustomize", None)
    try:
        import sitecustomize  # noqa: F401 - another of that name
    except ImportError as problem:
        if getattr(problem, "name", "sitecustomize") != "sitecustomize":
            raise
    finally:
        if own is not None:
            sys.modules.setdefault("sitecustomize", own)


_folder = os.environ.get(_FOLDER, "")
if _folder and os.path.isdir(_folder):
    try:
        _script = os.path.abspath((getattr(sys, "argv", None) or [""])[0])
        atexit.register(_at_exit)
        if os.environ.get(_MODE, "modules") != "modules":
            import holobench_mcp_warm_up

            holobench_mcp_warm_up.start(os.environ[_MODE], _folder, _write)
        if os.environ.get(_IMPORT) and sys.version_info >= (3, 6) and "bencher" not in sys.modules:
            import holobench_mcp_import

            holobench_mcp_import.Importing(os.environ[_IMPORT], _IMPORT, _write)
    except Exception:
        _folder = ""
_give_way()
