"""Configuration: flag > environment > `[tool.holobench-mcp]` in the nearest pyproject.toml > defaults.

Only a person writes this file. Whatever it does not allow, no argument that an agent passes can reach.
"""

from holobench_mcp.config.benchmarks import (
    FEWEST_ROUNDS,
    KNOWN_TOOLS,
    MAX_ROUNDS,
    MAX_RUNS,
    PLACEHOLDER,
    BenchmarkConfig,
    ParameterConfig,
    ProcessMetric,
)
from holobench_mcp.config.checks import problems
from holobench_mcp.config.http import HttpConfig, OAuthConfig
from holobench_mcp.config.loading import load_config
from holobench_mcp.config.outputs import OutputMetric
from holobench_mcp.config.places import (
    CACHE_VARIABLE,
    STORE_VARIABLE,
    cache_folder,
    check_store,
    heads_folder,
    spool_folder,
)
from holobench_mcp.config.settings import TABLE, Config, FileConfig, Retention

__all__ = [
    "CACHE_VARIABLE",
    "FEWEST_ROUNDS",
    "KNOWN_TOOLS",
    "MAX_ROUNDS",
    "MAX_RUNS",
    "PLACEHOLDER",
    "STORE_VARIABLE",
    "TABLE",
    "BenchmarkConfig",
    "Config",
    "FileConfig",
    "HttpConfig",
    "OAuthConfig",
    "OutputMetric",
    "ParameterConfig",
    "ProcessMetric",
    "Retention",
    "cache_folder",
    "check_store",
    "heads_folder",
    "load_config",
    "problems",
    "spool_folder",
]
