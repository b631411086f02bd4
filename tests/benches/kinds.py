"""Collect one sweep of each kind, and save each as a pickle beside the id that recording the live result gives.

    python kinds.py FOLDER

`<kind>.pkl` is written by `bencher.save_result`, `<kind>.id` is the id of the live result in a store of its own.
"""

import enum
import math
import random
import sys
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import bencher as bn
import holoviews as hv
import panel as pn
from bencher.execution import execution_context

from holobench_mcp import Snapshot, open_store

OUT = Path(sys.argv[1])
OUT.mkdir(parents=True, exist_ok=True)
(OUT / "setups.yaml").write_text("small: {items: 1}\nlarge: {items: [1, 2, 3]}\n")
STORE = open_store(OUT / "store")


class Colour(enum.Enum):
    RED = "red"
    BLUE = "blue"


class Shade(enum.StrEnum):
    DARK = enum.auto()
    LIGHT = enum.auto()


class Weight(enum.Enum):
    LIGHT = 1
    HEAVY = 8


class Ratio(enum.Enum):
    HALF = 0.5
    TWICE = 2


class Everything(bn.ParametrizedSweep):
    size = bn.IntSweep(default=10, sample_values=[10, 20, 30], units="items")
    load = bn.FloatSweep(default=0.1, bounds=[0.0, 0.3], samples=3, units="ratio")
    fast = bn.BoolSweep(default=False)
    mode = bn.StringSweep(["ascending", "descending"])
    colour = bn.EnumSweep(Colour)
    shade = bn.EnumSweep(Shade)
    weight = bn.EnumSweep(Weight)
    ratio = bn.EnumSweep(Ratio)
    file = bn.StringSweep([Path("/etc/hosts"), Path("here/too")])
    setup = bn.YamlSweep(OUT / "setups.yaml")

    time_ms = bn.ResultFloat(units="ms", direction=bn.OptDir.minimize, claim="< 1000", meaning_version=2)
    score = bn.ResultFloat(units="", direction=bn.OptDir.maximize, claim="0..5")
    neutral = bn.ResultFloat(units="ratio", direction=bn.OptDir.none)
    worked = bn.ResultBool(direction=bn.OptDir.maximize, claim=">= 1")
    counted = bn.ResultFloat(units="n")
    vector = bn.ResultVec(3, units="m")
    said = bn.ResultString()
    where = bn.ResultPath()
    picture = bn.ResultImage()
    film = bn.ResultVideo()
    drawing = bn.ResultSVG()
    curve = bn.ResultHmap()
    panes = bn.ResultContainer()

    def benchmark(self):
        self.time_ms = 10.0 + self.size * (1 + self.load) + random.random()
        self.score = math.nan if self.size == 20 else self.size / 10 + random.random()
        self.neutral = -self.load
        self.worked = bool(random.random() > 0.4)
        self.counted = self.size
        self.vector = [self.size, self.load, 0]
        self.said = f"{self.mode} {self.size}"
        self.where = self.picture = self.film = self.drawing = "somewhere"
        self.curve = hv.Curve([1, self.size])
        self.panes = pn.Row("one", "two")


SCALARS = ["time_ms", "score", "neutral", "worked", "counted"]


def sweep(name, inputs, results=SCALARS, *, repeats=1, consts=None, bench_name=None, time_src=None, **cfg):
    run_cfg = bn.BenchRunCfg(repeats=repeats, cache_results=False, cache_samples=False, auto_plot=False, **cfg)
    bench = bn.Bench(bench_name or name, Everything(), run_cfg=run_cfg)
    return bench.plot_sweep(
        name,
        input_vars=inputs,
        result_vars=results,
        const_vars=consts,
        run_cfg=run_cfg,
        plot_callbacks=False,
        time_src=time_src,
    )


def keep(name, result):
    bn.save_result(result, OUT / f"{name}.pkl")
    (OUT / f"{name}.id").write_text(STORE.record(Snapshot.from_result(result)))


def all_kinds():
    keep("dims0", sweep("dims0", []))
    keep("repeats", sweep("repeats", ["size"], repeats=3))
    keep("dims2", sweep("dims2", ["size", "load"], repeats=2, consts={"mode": "descending", "fast": True}))
    keep("dims3", sweep("dims3", ["size", "load", "fast"], consts={"colour": Colour.BLUE}))
    keep("strings", sweep("strings", ["mode", "fast"], repeats=2))
    keep("enums", sweep("enums", ["colour", "shade"]))
    keep("numbered", sweep("numbered", ["weight", "ratio"]))
    keep("files", sweep("files", ["file"]))
    keep("yaml", sweep("yaml", ["setup"], repeats=2))
    others = ["vector", "said", "where", "picture", "film", "drawing", "curve", "panes"]
    keep("others", sweep("others", ["size"], [*SCALARS, *others]))
    bn.save_result(sweep("noscalar", ["size"], ["said"]), OUT / "noscalar.pkl")
    for event in range(3):
        when = datetime(2026, 1, 1 + event)
        over = sweep("over_time", ["size", "colour"], repeats=2, over_time=True, time_src=when)
    keep("over_time", over)
    for event in ("first release", "second release", "a third release, whose name is long enough to be wrapped"):
        events = sweep("events", ["size", "mode"], over_time=True, time_event=event, regression_detection=True)
    keep("events", events)
    for event in range(4):
        adaptive = sweep(
            "adaptive",
            ["size"],
            over_time=True,
            time_event=f"v{event}",
            regression_detection=True,
            regression_method="adaptive",
            regression_min_history=2,
        )
    keep("adaptive", adaptive)
    for event in range(2):
        when = datetime(2026, 3, 28 + event, 12, tzinfo=ZoneInfo("Europe/Paris"))
        zoned = sweep("zoned", ["size"], over_time=True, time_src=when)
    keep("zoned", zoned)
    for event in range(2):
        in_utc = sweep(
            "in_utc", ["size"], over_time=True, time_src=datetime(2026, 1, 1 + event, 1, 2, 3, 4, tzinfo=UTC)
        )
    keep("in_utc", in_utc)
    with execution_context():
        both = [sweep("first", ["size"]), sweep("second", ["load"])]
    bn.save_results(both, OUT / "both.pkl")


if __name__ == "__main__":
    random.seed(1)
    all_kinds()
