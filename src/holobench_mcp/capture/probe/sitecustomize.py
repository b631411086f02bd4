"""Runs at the start of a measured Python, and writes down which files it loads: was the change measured at all?

Python imports a module of this name when it starts; PYTHONPATH leads it here, and the module that it would have found
without us is imported in our place. It may not fail, print, or leave anything in the benchmark's way: what goes wrong
here is only unknown later. A measured run pays a few milliseconds at its exit; only an unmeasured warm-up also notes
every file as it is opened, or the lines that run.

It may be any Python from 3.6 on that runs this, so that it is written in the language of that.
"""

import atexit
import os
import sys

_FOLDER = "HOLOBENCH_MCP_PROBE"
_MODE = "HOLOBENCH_MCP_PROBE_MODE"
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
    try:
        # Python has already taken a script's name from it.
        main = sys.modules.get("__main__")
        if main is not None and getattr(main, "__file__", None) is None and os.path.isfile(_script):
            main.__file__ = _script
        _write("modules", "".join(_modules()))
        _write("sweeps", "".join(_sweeps()))
    except Exception:  # whatever it is, it is not the benchmark's fault
        return


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


# ---------------------------------------------------------------------- an unmeasured warm-up


def _listen():
    """Write down every file as it is first opened, so that no way of ending the process loses one."""
    known = set()
    write_only = getattr(os, "O_ACCMODE", 3)

    def note(kind, path):
        try:
            path = os.path.abspath(os.fsdecode(path))
        except Exception:
            return
        if (kind, path) not in known:
            known.add((kind, path))
            if not path.startswith(_folder):
                try:
                    _write("opened", "%s\0%s\0" % (kind, path))
                except Exception:
                    return

    def hook(event, arguments):
        if event == "open":
            path, _, flags = arguments
            if not isinstance(path, int) and not (isinstance(flags, int) and flags & write_only == os.O_WRONLY):
                note("file", path)
        elif event == "import" and arguments[1]:
            note("file", arguments[1])
        elif event in ("ctypes.dlopen", "sqlite3.connect") and isinstance(arguments[0], (str, bytes)):
            note("file", arguments[0])
        elif event in ("subprocess.Popen", "os.exec", "os.posix_spawn"):
            words = arguments[1]
            for word in [words] if isinstance(words, (str, bytes)) else list(words)[:100]:
                note("file", word)
            note("program", arguments[0] or arguments[1][0])
        elif event == "os.system":
            note("program", arguments[0])

    def careful(event, arguments):
        if event in _EVENTS:
            try:
                hook(event, arguments)
            except Exception:  # an audit hook that raises would fail the benchmark
                return

    sys.addaudithook(careful)  # a Python before 3.8 has none
    _write("opened", "")


_EVENTS = frozenset(
    (
        "open", "import", "ctypes.dlopen", "sqlite3.connect", "subprocess.Popen", "os.exec", "os.posix_spawn",
        "os.system",
    )
)  # fmt: skip


def _follow(wanted_file):
    """Write down the first of the wanted lines that runs in this process, and listen no further.

    wanted_file: paths, each with the numbers of its lines; minus n is a call of the function that begins in line n.
    """
    with open(wanted_file, encoding="utf-8", errors="surrogateescape") as file:
        words = file.read().split("\0")
    wanted = {
        os.path.realpath(path): {int(n) for n in numbers.split(",") if n}
        for path, numbers in zip(words[::2], words[1::2])
    }
    places = {}

    def lines_of(code):
        path = code.co_filename
        if path not in places:
            places[path] = os.path.realpath(path)
        return wanted.get(places[path])

    def is_wanted(code, line):
        if line < 0 and code.co_name == "<module>":  # begins in line 1, as a function may, and is not called
            return False
        if line not in (lines_of(code) or ()):
            return False
        try:
            _write("lines", "%s\0%d\0" % (places[code.co_filename], line))
        except Exception:
            return False
        return True

    (_monitor if hasattr(sys, "monitoring") else _trace)(lines_of, is_wanted)
    _write("lines", "")


def _monitor(lines_of, is_wanted):
    monitoring = sys.monitoring
    tool = next(i for i in (4, 3, 5, 1) if monitoring.get_tool(i) is None)
    monitoring.use_tool_id(tool, "holobench-mcp")
    events = monitoring.events

    def started(code, _offset):
        if lines_of(code):
            monitoring.set_local_events(tool, code, events.LINE)
            line(code, -code.co_firstlineno)
        return monitoring.DISABLE

    def line(code, number):
        if is_wanted(code, number):
            monitoring.set_events(tool, 0)
        return monitoring.DISABLE

    monitoring.register_callback(tool, events.PY_START, started)
    monitoring.register_callback(tool, events.LINE, line)
    monitoring.set_events(tool, events.PY_START)


def _trace(lines_of, is_wanted):
    import threading

    found = []

    def line(frame, event, _argument):
        if event == "line":
            look(frame, frame.f_lineno)
        return None if found else line

    def called(frame, _event, _argument):
        if found or not lines_of(frame.f_code):
            return None
        look(frame, -frame.f_code.co_firstlineno)
        return line

    def look(frame, number):
        if not found and is_wanted(frame.f_code, number):
            found.append(number)
            threading.settrace(None)
            sys.settrace(None)

    def at_exit():
        # A debugger, or a tool for coverage, has taken the one place that there is: nothing is known.
        if not found and sys.gettrace() is not called:
            _write("lines", "\0000\0")

    atexit.register(at_exit)
    threading.settrace(called)
    sys.settrace(called)


# ---------------------------------------------------------------------- the start


def _give_way():
    """Take this folder off the path, and import the module that would have been found without it."""
    here = os.path.dirname(os.path.abspath(__file__))
    sys.path[:] = [entry for entry in sys.path if os.path.abspath(entry or os.curdir) != here]
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


_script = os.path.abspath((getattr(sys, "argv", None) or [""])[0])
_folder = os.environ.get(_FOLDER, "")
if _folder and os.path.isdir(_folder):
    try:
        atexit.register(_at_exit)
        _mode, _, _argument = os.environ.get(_MODE, "").partition(":")
        if _mode == "opened":
            _listen()
        elif _mode == "lines":
            _follow(_argument)
    except Exception:
        _mode = ""
_give_way()
