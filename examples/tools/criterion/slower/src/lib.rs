//! The items of a list, each once, in their order.

pub fn unique(items: &[u64]) -> Vec<u64> {
    let mut found = Vec::new();
    for item in items {
        if !found.contains(item) {
            found.push(*item);
        }
    }
    found
}
