"""What the probe notes in an unmeasured warm-up: every file as it is opened, or whether one of some lines runs.

As the probe itself: any Python from 3.6 on, and nothing that goes wrong here may reach the benchmark.
"""

import atexit
import os
import sys

_EVENTS = frozenset(
    (
        "open", "import", "ctypes.dlopen", "sqlite3.connect", "subprocess.Popen", "os.exec", "os.posix_spawn",
        "os.system",
    )
)  # fmt: skip


def start(mode, folder, write):
    """Begin. mode: `opened`, or `lines:` and a file of lines. write: adds to a file of this process."""
    kind, _, argument = mode.partition(":")
    if kind == "opened":
        _listen(folder, write)
    elif kind == "lines":
        _follow(argument, write)


def _listen(folder, write):
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
            if not path.startswith(folder):
                try:
                    write("opened", "%s\0%s\0" % (kind, path))
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
            words = [words] if isinstance(words, (str, bytes)) else list(words)[:100]
            for word in words:
                note("file", word)
            program = arguments[0] or words[0]
            note("program" if _hears(words, arguments[-1]) else "deaf", program)
        elif event == "os.system":
            note("program", arguments[0])

    def careful(event, arguments):
        if event in _EVENTS:
            try:
                hook(event, arguments)
            except Exception:  # an audit hook that raises would fail the benchmark
                return

    sys.addaudithook(careful)  # a Python before 3.8 has none
    write("opened", "")


def _hears(words, env):
    """Whether a Python that is started so runs the probe too: it has the variables, and is not told to ignore them."""
    names = ("HOLOBENCH_MCP_PROBE", b"HOLOBENCH_MCP_PROBE")
    given = [entry[:19] for entry in env] if isinstance(env, (list, tuple)) else env
    if given is not None and not any(name in given for name in names):
        return False
    for word in map(os.fsdecode, words[1:]):
        if not word.startswith("-") or word in ("-c", "-m", "-"):
            return True
        if not word.startswith("--") and any(letter in word for letter in "IES") and word[1] not in "WX":
            return False
    return True


def _follow(wanted_file, write):
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
            write("lines", "%s\0%d\0" % (places[code.co_filename], line))
        except Exception:
            return False
        return True

    (_monitor if hasattr(sys, "monitoring") else _trace)(lines_of, is_wanted, write)
    write("lines", "")


def _monitor(lines_of, is_wanted, _write):
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


def _trace(lines_of, is_wanted, write):
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

    main, begun, missed = threading.get_ident(), [], []

    def begin():
        begun.append(True)
        if threading.get_ident() == main and sys.gettrace() is None:
            sys.settrace(called)
        else:  # a thread is traced from its start, and nobody can begin to trace another; or the place is taken
            missed.append(True)

    def executed(event, arguments):
        if event == "exec" and not begun:
            try:
                if lines_of(arguments[0]):
                    begin()
            except Exception:
                return

    def at_exit():
        # A debugger, or a tool for coverage, has taken the one place that there is: nothing is known.
        if not found and begun and (missed or sys.gettrace() is not called):
            write("lines", "\0000\0")

    atexit.register(at_exit)
    threading.settrace(called)
    # Tracing what a benchmark imports beside the wanted files costs as much as the imports. A Python before 3.8 pays.
    if hasattr(sys, "addaudithook"):
        sys.addaudithook(executed)
    else:
        begin()
