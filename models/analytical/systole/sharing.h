#pragma once

#include <algorithm>
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
  double tile = 0;  ///< its number among the block's tiles
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
inline Flight flight(int stream, double tile, const Transfer& transfer, double begin, double in_flight) {
  const double end = begin + std::max({transfer.memory, transfer.bus, in_flight});
  return {stream,          tile,           begin, end, transfer.bursts, transfer.device_bursts, transfer.channels,
          transfer.spread, transfer.memory};
}

/// The last transfers of each direction.
struct Flights {
  static constexpr std::size_t kKept = 4;
  std::array<Flight, kKept> reads;  ///< newest last
  std::array<Flight, kKept> writes;
};
inline void keep(std::array<Flight, Flights::kKept>& flights, const Flight& newest) {
  std::move(flights.begin() + 1, flights.end(), flights.begin());
  flights.back() = newest;
}

/// The banks that a stream is in, in equal parts of a few tiles: of some that follow one another, in the middle of
/// equal parts of the block.
struct BankSamples {
  static constexpr std::size_t kSpots = 4;
  static constexpr std::size_t kTiles = 4;
  static constexpr std::size_t kParts = 4;
  /// By tile and spot, spots next to each other: so what two streams are compared by lies together.
  using Part = std::array<std::uint8_t, kTiles * kSpots>;
  std::array<Part, kParts> bank{};
};
BankSamples sample_banks(const isa::Stream& stream, std::int64_t base, const std::vector<std::int32_t>& tile_loops,
                         const MemoryModel& memory);

/// Of a block, by stream; null where it has none.
using AllBankSamples = std::array<const BankSamples*, isa::kMaxStreams>;

/// How often streams of a block that are under way together are in the same bank, in different rows.
class SharedBanks {
 public:
  /// From now on those; they must stay.
  void set(const AllBankSamples& samples);

  /// Wherever the two are in the same tile.
  [[nodiscard]] double probability(int a, int b) const;
  /// In the time in which both are under way: how far each is says where it is.
  [[nodiscard]] double probability(const Flight& a, const Flight& b) const;

 private:
  static constexpr int kParts = BankSamples::kParts;
  static constexpr int kTiles = BankSamples::kTiles;
  static constexpr int kSpots = BankSamples::kSpots;
  static constexpr int kLater = 2 * kTiles - 1;  ///< distances of two tiles, in either direction
  static constexpr int kNear = 3;                ///< parts that another is compared with
  static constexpr int kMoments = 4;  ///< in the time of two flights; fewer fall in the same parts again and again
  static constexpr std::int8_t kUnknown = -1;

  /// In how many tiles of all spots `a`, in a part of a tile, is in the bank that `b` is in so many tiles before, in
  /// another part; or in the part before or behind that, since no stream is to the burst where it should be: one of
  /// `kNear` counts.
  [[nodiscard]] std::int8_t meetings(int a, int b, int later, int part, int other_part) const;

  AllBankSamples samples_{};
  std::array<int, isa::kMaxStreams> number_{};  ///< of a stream, among those that there are
  int streams_ = 0;
  mutable std::vector<std::int8_t> known_;  ///< `meetings` by pair, `later` and parts, as far as somebody has asked
};

/// By stream: what it moves in a block, without what padding and tails leave out; 0 where the block has none.
std::array<double, isa::kMaxStreams> bits_moved(const isa::Block& block);

/// By stream: that a burst finds its row closed by any of the others, which count by how many bits they move for each
/// of its own.
std::array<double, isa::kMaxStreams> disturbances(const std::array<double, isa::kMaxStreams>& moved,
                                                  const SharedBanks& banks);

/// The time in which both are under way.
inline double together(const Flight& a, const Flight& b) {
  return std::min(a.end, b.end) - std::max(a.begin, b.begin);
}

inline double part_of(double time, const Flight& flight) {
  return time / (flight.end - flight.begin);
}

/// Bursts of `other` that go between those of `mine`, in turn with them, from when both are there.
inline double in_turn(const Flight& mine, const Flight& other) {
  if (other.end <= mine.begin) return 0;
  const double met = 1 - std::clamp((other.begin - mine.begin) / mine.work, 0.0, 1.0);
  const double left = part_of(other.end - std::max(mine.begin, other.begin), other);
  return std::min(met * mine.bursts, left * other.bursts);
}

/// Time that the memory loses by turning between a transfer that it reads and one that it writes at the same time.
/// `same_bank`: the probability that the two are in the same bank, here and below.
inline double lost_by_turning(const Flight& read, const Flight& write, double same_bank, const MemoryModel& memory) {
  const double both = together(read, write);
  if (both <= 0) return 0;
  const double read_bursts = part_of(both, read) * read.bursts * read.channels;
  const double batches = part_of(both, write) * write.device_bursts / memory.write_batch();
  return std::min(read_bursts, batches) * memory.turn(same_bank);
}

/// Time that a read's bursts wait, in sum, because their channel is writing when they come: half a batch of writes and
/// the turn, as often as the channel is at that.
inline double waits_for_writes(const Flight& read, const Flight& write, double same_bank, const MemoryModel& memory) {
  const double both = together(read, write);
  if (both <= 0) return 0;
  const double batch = memory.batch_time(same_bank);
  const double batches = part_of(both, write) * write.device_bursts / memory.write_batch() / write.spread;
  const double writing = std::min(1.0, batches * batch / both);
  return part_of(both, read) * read.bursts * writing * batch / 2;
}

/// Time that it loses when it reads so many bursts of each of two transfers in turns.
inline double lost_by_rows(const Flight& a, const Flight& b, double bursts, const SharedBanks& banks,
                           const MemoryModel& memory) {
  const double mine = a.device_bursts / a.bursts;
  const double others = b.device_bursts / b.bursts;
  return bursts * (mine + others) * memory.row_switch(std::min(mine, others)) * banks.probability(a, b);
}

/// As many bursts of each are read in turns as the one with fewer of them has while both are under way.
inline double lost_by_rows(const Flight& a, const Flight& b, const SharedBanks& banks, const MemoryModel& memory) {
  const double both = together(a, b);
  if (both <= 0) return 0;
  return lost_by_rows(a, b, std::min(part_of(both, a) * a.bursts, part_of(both, b) * b.bursts), banks, memory);
}

}  // namespace systole::analytical
