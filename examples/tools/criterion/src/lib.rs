//! The items of a list, each once, in their order.
use std::collections::HashSet;

pub fn unique(items: &[u64]) -> Vec<u64> {
    let mut known = HashSet::new();
    items.iter().copied().filter(|item| known.insert(*item)).collect()
}
