// What is measured: the items of a list, each once, in their order.
#pragma once
#include <unordered_set>
#include <vector>

inline std::vector<int> unique(const std::vector<int>& items) {
  std::unordered_set<int> known;
  std::vector<int> found;
  for (int item : items)
    if (known.insert(item).second) found.push_back(item);
  return found;
}
