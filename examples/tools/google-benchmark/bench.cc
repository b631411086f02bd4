#include <benchmark/benchmark.h>
#include "unique.h"

static void Unique(benchmark::State& state) {
  std::vector<int> items;
  for (int i = 0; i < 2 * state.range(0); i++) items.push_back(i % state.range(0));
  for (auto _ : state) benchmark::DoNotOptimize(unique(items));
}
BENCHMARK(Unique)->ArgName("length")->Arg(10)->Arg(3000)->MinTime(0.01);
BENCHMARK_MAIN();
