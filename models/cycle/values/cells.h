#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <optional>
#include <vector>

namespace systole {

/// Numbers side by side, each of which knows whether it was ever written. `Cell` is float in a float32 machine, a
/// 32-bit integer in a fixed32 one, whatever width the element has in the timing.
template <typename Cell>
class Cells {
 public:
  void resize(std::int64_t count) {
    values_.assign(static_cast<std::size_t>(count), Cell{});
    written_.assign(static_cast<std::size_t>(count), 0);
  }
  void forget() { std::fill(written_.begin(), written_.end(), char{0}); }

  [[nodiscard]] std::int64_t size() const { return static_cast<std::int64_t>(values_.size()); }
  [[nodiscard]] bool contains(std::int64_t first, std::int64_t count) const {
    return first >= 0 && count >= 0 && first <= size() - count;
  }

  /// The first of `count` places from `first` on that was never written. The places must exist, here and below.
  [[nodiscard]] std::optional<std::int64_t> unwritten(std::int64_t first, std::int64_t count) const {
    const char* const begin = written_.data() + first;
    const void* const hole = std::memchr(begin, 0, static_cast<std::size_t>(count));
    if (hole == nullptr) return std::nullopt;
    return first + (static_cast<const char*>(hole) - begin);
  }

  [[nodiscard]] const Cell* read(std::int64_t first) const { return values_.data() + first; }
  /// For writing: `count` places count as written from now on.
  Cell* write(std::int64_t first, std::int64_t count) {
    std::memset(written_.data() + first, 1, static_cast<std::size_t>(count));
    return values_.data() + first;
  }

 private:
  std::vector<Cell> values_;
  std::vector<char> written_;
};

}  // namespace systole
