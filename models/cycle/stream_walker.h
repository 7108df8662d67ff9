#pragma once

#include <array>
#include <cstdint>

#include "isa/block.h"
#include "models/cycle/tile_walker.h"

namespace systole {

/// Consecutive bytes off chip.
struct Segment {
  std::int64_t address = 0;
  std::int64_t bytes = 0;
};

/// The memory walker of a stream (isa/manual.md, section 2): what one generation moves, as bursts off chip and as beats
/// on chip. The bursts come one at a time, in the order of the walker's dimensions; nothing is stored for each element
/// or position. It knows nothing of time, slots or values.
class StreamWalker {
 public:
  StreamWalker() = default;

  /// Stands before the first burst of the generation that begins (ends, for a store) at this tile. Bursts never cross a
  /// multiple of `burst_bytes`. The stream must outlive the walk.
  void start(const isa::Stream& stream, const TileWalker& tile, std::int64_t burst_bytes);

  /// The next burst; false when there is none left.
  bool next(Segment& burst);

  /// Bytes of the bursts taken so far.
  [[nodiscard]] std::int64_t bytes() const { return bytes_; }

  /// One position of the walker's dimensions: the run's elements [begin, end) are moved, the others are filled on chip
  /// (load) or left out (store).
  struct Run {
    std::int64_t address = 0;  ///< bytes off chip, of element 0
    std::int64_t on_chip = 0;  ///< elements from the slot's base, of element 0
    std::int64_t begin = 0;
    std::int64_t end = 0;
  };

  /// Every position of the generation, outermost dimension first, whether or not its bursts have been taken.
  template <typename Visit>
  void for_each_run(Visit visit) const;

  [[nodiscard]] const isa::Stream& stream() const { return *stream_; }
  /// Byte address off chip of the generation: of element 0 at the first position, whether or not it is moved.
  [[nodiscard]] std::int64_t address() const { return base_; }
  [[nodiscard]] std::int64_t run_elements() const { return elements_; }

  /// Elements that the generation writes on chip, filled ones included (load), or reads there (store).
  [[nodiscard]] std::int64_t elements() const;

  /// Beats on chip when a beat carries `width_bits` of elements as wide as they are off chip, and keeps within a block
  /// of the run. Without `transposes`, an idealization, elements in blocks or runs of one fill their beats together.
  [[nodiscard]] std::int64_t on_chip_beats(std::int64_t width_bits, bool transposes = true) const;

 private:
  struct Range {
    std::int64_t begin = 0;
    std::int64_t end = 0;
    [[nodiscard]] std::int64_t size() const { return end > begin ? end - begin : 0; }
  };
  struct Dimension {
    std::int64_t positions = 1;
    std::int64_t stride = 0;  ///< bytes
    std::int64_t origin = 0;  ///< coordinate of position 0
    std::int64_t step = 0;
    std::int64_t extent = 0;
    bool padded = false;
    Range valid;  ///< positions that are moved off chip
  };

  void resolve(Dimension& dimension, const isa::WalkDim& walk, const TileWalker& tile) const;
  void find_valid(Dimension& dimension) const;
  [[nodiscard]] Dimension& innermost() { return dimensions_[static_cast<std::size_t>(depth_ - 1)]; }
  [[nodiscard]] const Dimension& innermost() const { return dimensions_[static_cast<std::size_t>(depth_ - 1)]; }
  [[nodiscard]] Range valid_elements(std::int64_t position) const;
  [[nodiscard]] Run run_at(const std::array<std::int64_t, isa::kMaxWalkDims>& position) const;
  [[nodiscard]] bool packs_pixels() const;
  [[nodiscard]] bool runs_touch() const;
  [[nodiscard]] std::int64_t positions(bool only_valid) const;

  bool next_run_segment(Segment& segment);
  void step_outer();
  bool next_segment(Segment& segment);

  const isa::Stream* stream_ = nullptr;
  std::array<Dimension, isa::kMaxWalkDims> dimensions_{};
  int depth_ = 1;              ///< dimensions in use; a stream without any has one of one position
  std::int64_t elements_ = 0;  ///< of a run
  std::int64_t run_bytes_ = 0;
  std::int64_t burst_bytes_ = 0;
  std::int64_t base_ = 0;  ///< byte address of the generation

  // The walk: the next run's position, a segment that was read ahead, and what is left of the one that is being cut
  // into bursts.
  std::array<std::int64_t, isa::kMaxWalkDims> position_{};
  std::int64_t outer_address_ = 0;
  bool exhausted_ = true;
  Segment ahead_;
  Segment rest_;
  std::int64_t bytes_ = 0;
};

template <typename Visit>
void StreamWalker::for_each_run(Visit visit) const {
  std::array<std::int64_t, isa::kMaxWalkDims> position{};
  for (int d = depth_ - 1; d >= 0;) {
    visit(run_at(position));
    d = depth_ - 1;
    while (d >= 0 && ++position[static_cast<std::size_t>(d)] == dimensions_[static_cast<std::size_t>(d)].positions) {
      position[static_cast<std::size_t>(d--)] = 0;
    }
  }
}

}  // namespace systole
