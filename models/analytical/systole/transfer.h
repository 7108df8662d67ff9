#pragma once

#include <cstdint>
#include <vector>

#include "isa/block.h"
#include "models/analytical/systole/memory_model.h"
#include "models/analytical/systole/tile_position.h"
#include "models/analytical/systole/transfer_classes.h"

namespace systole::analytical {

/// What one generation of a stream moves and how long each thing that it passes works for it, in cycles.
struct Transfer {
  double bytes = 0;     ///< off chip
  double elements = 0;  ///< on chip, filled ones included for a load
  double bursts = 0;
  double bus = 0;        ///< of the port's data bus
  double chip = 0;       ///< beats on chip
  double memory = 0;     ///< of the memory
  double request = 0;    ///< from the first burst's issue until its first byte leaves the memory (load)
  double first = 0;      ///< of the memory's data buses, for the first burst
  double last_bus = 0;   ///< of the bus, for one burst
  double last_wait = 0;  ///< of the bursts on their way at the end, for refreshes of single banks (load)
  double in_flight = 0;  ///< at least, with no more than the allowed bursts on their way
  double exposed = 0;    ///< so much more, were all rows that it finds open closed by other streams (load)
  double device_bursts = 0;
  double channels = 0;  ///< of the memory, for one burst
  double spread = 0;    ///< channels, for all bursts
};

/// Bytes from the first to behind the last that a full tile of the stream moves.
std::int64_t span_of(const isa::Stream& stream);

/// A stream's transfers, by class of generation; each is computed once from closed forms of the walker (isa/manual.md
/// section 2, timing.md section 3). Where segments begin within a burst differs from one to the next: its effect is
/// averaged.
class TransferModel {
 public:
  /// The stream begins at `base`, whatever it says itself, and its port has so many bits. `other_streams`: how many
  /// more the block has. `classes` and `memory` must outlive the object.
  TransferModel(TransferClasses& classes, std::int64_t base, std::int64_t port_bits, const MachineModel& machine,
                const MemoryModel& memory, int other_streams);

  const Transfer& at(const TilePosition& tile) {
    const std::size_t number = classes_.of(tile);
    if (number >= known_.size()) complete();
    return known_[number];
  }

  /// Those of all classes so far, in their order.
  const std::vector<Transfer>& all();

 private:
  /// Bytes [begin, end) of a run, relative to the run's first.
  struct Piece {
    std::int64_t begin = 0;
    std::int64_t end = 0;
  };

  void complete();
  [[nodiscard]] Piece piece(std::int64_t position, std::int64_t elements, const TransferExtents& extents) const;
  [[nodiscard]] Transfer compute(std::int64_t elements, const TransferExtents& extents) const;
  [[nodiscard]] AccessPattern pattern(std::int64_t elements, const TransferExtents& extents, double& bytes) const;
  void cut(const AccessPattern& pattern, Transfer& transfer) const;
  [[nodiscard]] std::int64_t movement() const;
  [[nodiscard]] double chip_beats(double positions, std::int64_t elements) const;

  TransferClasses& classes_;
  const isa::Stream& stream_;
  const std::vector<std::int32_t>& loops_;
  const MemoryModel& memory_;
  std::int64_t base_;
  std::int64_t port_bits_;
  std::int64_t burst_bytes_;
  std::int64_t outstanding_;
  bool transposes_;
  double row_change_;            ///< probability that a generation begins in a row that is not open
  std::vector<Transfer> known_;  ///< by class
};

}  // namespace systole::analytical
