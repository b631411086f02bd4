"""Every error that a person or an agent is meant to read. Each face translates them in one place."""

from __future__ import annotations


class HolobenchMcpError(Exception):
    """Base of every error that a person or an agent is meant to read."""

    exit_code = 2


class InvalidArgument(HolobenchMcpError, ValueError):
    """An argument is not of the form that its name promises."""


class UnknownResult(HolobenchMcpError, LookupError):
    """No stored result answers to a name."""


class AmbiguousResult(HolobenchMcpError, LookupError):
    """More than one stored result answers to a name."""


class NotComparable(HolobenchMcpError, ValueError):
    """Two results have nothing that can be compared."""


class Undecided(HolobenchMcpError):
    """What is asked about is still measured, or was broken off before anything could be decided of it."""

    def __init__(self, sentence: str, measurement: str) -> None:
        super().__init__(sentence)
        self.measurement = measurement  #: its id


class ConfigError(HolobenchMcpError):
    """The configuration can't be used as it is written."""


class CaptureError(HolobenchMcpError):
    """A result could not be taken in."""


class OutputError(HolobenchMcpError):
    """What was found out can't be written where it should go."""


class UnsupportedHolobench(HolobenchMcpError):
    """The holobench that is installed is not one that this program can ask."""


class Busy(CaptureError):
    """Another measurement is running on this machine."""


class StoreError(HolobenchMcpError):
    """The store can't be opened, read or written."""


class IntegrityError(StoreError):
    """Stored bytes are not the bytes that were recorded."""

    exit_code = 3
