use criterion::{criterion_group, criterion_main, BenchmarkId, Criterion};
use std::time::Duration;
use unique::unique;

fn benches(c: &mut Criterion) {
    let mut group = c.benchmark_group("unique");
    for length in [10u64, 30000] {
        let items: Vec<u64> = (0..2 * length).map(|i| i % length).collect();
        group.bench_with_input(BenchmarkId::new("list", length), &items, |b, items| b.iter(|| unique(items)));
    }
    group.finish();
}

criterion_group! {
    name = all;
    config = Criterion::default().warm_up_time(Duration::from_millis(50)).measurement_time(Duration::from_millis(500))
        .without_plots();
    targets = benches
}
criterion_main!(all);
