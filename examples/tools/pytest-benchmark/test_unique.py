import pytest
from unique import unique


@pytest.mark.parametrize("length", [10, 300])
def test_unique(benchmark, length):
    items = list(range(length)) * 2
    assert benchmark.pedantic(unique, (items,), rounds=20, iterations=20) == items[:length]
