"""Imports holobench lightly in a measured Python: without its plotting packages, which take most of a short run.

holobench itself says which packages it can do without (`bencher.optional_deps`), and puts stand-ins in their place
where they are not installed. Here it finds them missing while it is first imported, and nobody else does, at no other
time. Every use of a stand-in is noted, whatever becomes of it: such a benchmark is run again with all of them.

As the probe itself: any Python from 3.6 on, and nothing that goes wrong here may reach the benchmark.
"""

import os
import sys
import time

_PACKAGE, _OPTIONAL = "bencher", "bencher.optional_deps"
_MACHINERY = ("importlib", "_frozen_importlib", "_frozen_importlib_external")
#: What holobench says of every sweep then, and to a person who has not installed all of it.
_WARNING = "bencher: the plotting packages are not installed"


class Importing:
    """A finder of modules that is there until holobench is imported, and finds nothing but it."""

    def __init__(self, how, variable, write):
        """Begin. how: `light` or `whole`. variable: whence it came; write: adds to a file of this process."""
        self._light = how == "light"
        self._variable = variable
        self._write = write
        self._missing = []
        self._is_importing = False
        sys.meta_path.insert(0, self)

    def find_spec(self, name, path=None, target=None):
        """The spec of holobench, of which the import is watched; None for everything else."""
        if name == _PACKAGE and not self._is_importing:
            return self._watched(name, path, target)
        if self._is_importing and self._light:
            top = name.partition(".")[0]
            if top in getattr(sys.modules.get(_OPTIONAL), "HEAVY_PACKAGES", ()) and _holobench_asks():
                self._missing.append(top)
                raise ModuleNotFoundError("No module named %r" % top, name=top)
        return None

    def _watched(self, name, path, target):
        try:
            found = (finder.find_spec(name, path, target) for finder in sys.meta_path if finder is not self)
            spec = next((spec for spec in found if spec is not None), None)
            loader = spec.loader
            run = loader.exec_module

            def exec_module(module):
                began = time.perf_counter()
                self._is_importing = True
                try:
                    run(module)
                finally:
                    self._end(loader, time.perf_counter() - began)

            loader.exec_module = exec_module
        except Exception:  # whoever asks next for holobench gets the same answer without us
            return None
        return spec

    def _end(self, loader, seconds):
        self._is_importing = False
        try:
            del loader.exec_module
            sys.meta_path.remove(self)
            # What this process starts imports holobench as it always would: it may be what is measured.
            os.environ.pop(self._variable, None)
            self._write("imports", "%s\0%.4f\0" % ("light" if self._missing else "whole", seconds))
            if self._missing:
                _note_uses(self._write)
                import warnings

                warnings.filterwarnings("ignore", message=_WARNING)
        except Exception:
            return


def _holobench_asks():
    """Whether the module that is importing is the one in which holobench does without what is missing."""
    frame = sys._getframe(2)
    while frame is not None and str(frame.f_globals.get("__name__")).partition(".")[0] in _MACHINERY:
        frame = frame.f_back
    return frame is not None and frame.f_globals.get("__name__") == _OPTIONAL


def _note_uses(write):
    """Write down each use of a stand-in: holobench makes an error of its own for it."""
    error = sys.modules[_OPTIONAL].FullInstallRequiredError
    make = error.__init__

    def noted(self, *arguments, **named):
        make(self, *arguments, **named)
        try:
            write("imports", "needs\0%s\0" % (self.name or ""))
        except Exception:
            return

    error.__init__ = noted
