#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "isa/block.h"
#include "models/analytical/systole/memory_model.h"
#include "models/analytical/systole/transfer.h"

namespace systole::analytical {

/// A transfer in the memory, from its first burst to its last; times in cycles from the block's start.
struct Flight {
  int stream = 0;
  double begin = 0;
  double end = 0;
  double bursts = 0;
  double device_bursts = 0;
  double channels = 0;
  double spread = 0;
  double work = 0;  ///< of the memory

  [[nodiscard]] bool any() const { return bursts > 0; }
};

/// What it is from its first burst on, when its bursts are so long on their way: as long as the slowest of port, memory
/// and rounds takes.
Flight flight(int stream, const Transfer& transfer, double begin, double in_flight);

/// The last transfers of each direction.
struct Flights {
  static constexpr std::size_t kKept = 4;
  std::array<Flight, kKept> reads;  ///< newest last
  std::array<Flight, kKept> writes;
};
void keep(std::array<Flight, Flights::kKept>& flights, const Flight& newest);

/// The banks that a stream is in, in a few places of a few tiles: those in the middle of equal parts of the block.
struct BankSamples {
  static constexpr std::size_t kTiles = 4;
  static constexpr std::size_t kPlaces = 4;
  std::array<std::array<std::uint8_t, kPlaces>, kTiles> bank{};
};
BankSamples sample_banks(const isa::Stream& stream, std::int64_t base, const std::vector<std::int32_t>& tile_loops,
                         const MemoryModel& memory);

/// How often streams of a block that are under way together are in the same bank, in different rows: they are in the
/// same part of their tiles.
class SharedBanks {
 public:
  /// By stream; null where the block has none.
  using Samples = std::array<const BankSamples*, isa::kMaxStreams>;
  SharedBanks() = default;
  explicit SharedBanks(const Samples& samples);

  [[nodiscard]] double probability(int a, int b) const {
    return static_cast<double>(same_[static_cast<std::size_t>(a)][static_cast<std::size_t>(b)]) / kMost;
  }
  /// The probability in whole numbers.
  [[nodiscard]] std::uint8_t meetings(std::size_t a, std::size_t b) const { return same_[a][b]; }

 private:
  static constexpr double kMost = BankSamples::kTiles * BankSamples::kPlaces * BankSamples::kPlaces;
  std::array<std::array<std::uint8_t, isa::kMaxStreams>, isa::kMaxStreams> same_{};
};

/// By stream: that a burst finds its row closed by any of the others, which count by how many bytes they move for each
/// of its own.
std::array<double, isa::kMaxStreams> disturbances(const isa::Block& block, const SharedBanks& banks);

/// Bursts of `other` that go between those of `mine`, in turn with them, from when both are there.
double in_turn(const Flight& mine, const Flight& other);

/// Time that the memory loses by turning between a transfer that it reads and one that it writes at the same time.
double lost_by_turning(const Flight& read, const Flight& write, const SharedBanks& banks, const MemoryModel& memory);

/// Time that a read's bursts wait, in sum, because their channel is writing when they come: half a batch of writes and
/// the turn, as often as the channel is at that.
double waits_for_writes(const Flight& read, const Flight& write, const SharedBanks& banks, const MemoryModel& memory);

/// Time that it loses when it reads so many bursts of each of two transfers in turns.
double lost_by_rows(const Flight& a, const Flight& b, double bursts, const SharedBanks& banks,
                    const MemoryModel& memory);

/// As many bursts of each are read in turns as the one with fewer of them has while both are under way.
double lost_by_rows(const Flight& a, const Flight& b, const SharedBanks& banks, const MemoryModel& memory);

}  // namespace systole::analytical
