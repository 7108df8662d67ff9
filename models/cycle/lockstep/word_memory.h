#pragma once

#include <algorithm>
#include <cstdint>

#include "traces/rtl_vectors.h"

namespace systole {

/// The words of one memory that a tile uses: first it is told which, then it holds them.
class WordMemory {
 public:
  explicit WordMemory(std::int64_t lanes = 1) : lanes_(lanes) {}

  void use(std::int64_t word) {
    first_ = used_ ? std::min(first_, word) : word;
    last_ = used_ ? std::max(last_, word) : word;
    used_ = true;
  }

  /// Gives every element from the first word in use to the last a value: make() for each.
  template <typename Make>
  void fill(Make make) {
    image_.first = first_;
    image_.elements.resize(used_ ? static_cast<std::size_t>((last_ - first_ + 1) * lanes_) : 0);
    for (std::int32_t& element : image_.elements) element = make();
  }

  /// The first element of a word in use.
  [[nodiscard]] std::int32_t* at(std::int64_t word) { return image_.elements.data() + (word - first_) * lanes_; }
  [[nodiscard]] std::int64_t lanes() const { return lanes_; }
  [[nodiscard]] const RtlImage& image() const { return image_; }

 private:
  std::int64_t lanes_;
  bool used_ = false;
  std::int64_t first_ = 0;
  std::int64_t last_ = 0;
  RtlImage image_;
};

/// A tile with its vectors, and what the memories hold after it.
struct ExpandedTile {
  RtlTile tile;
  std::array<WordMemory, kRtlMemories> after;  ///< by RtlMemory
};

}  // namespace systole
