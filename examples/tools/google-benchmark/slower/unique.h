// What is measured: the items of a list, each once, in their order.
#pragma once
#include <algorithm>
#include <vector>

inline std::vector<int> unique(const std::vector<int>& items) {
  std::vector<int> found;
  for (int item : items)
    if (std::count(found.begin(), found.end(), item) == 0) found.push_back(item);
  return found;
}
