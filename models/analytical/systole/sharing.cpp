#include "models/analytical/systole/sharing.h"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <vector>

namespace systole::analytical {

namespace {

constexpr std::int64_t kBitsPerByte = 8;

/// Without what padding and tails leave out.
double bits_moved(const isa::Stream& stream, const std::vector<std::int32_t>& tile_loops) {
  if (!stream.used) return 0;
  double bits = static_cast<double>(stream.run.elements.count) * stream.element_bits;
  for (const isa::WalkDim& dim : stream.dims) bits *= static_cast<double>(dim.trip.count);
  for (int loop = 0; loop <= stream.loop; ++loop) bits *= tile_loops[static_cast<std::size_t>(loop)];
  return bits;
}

/// Bytes from a stream's base to where it is in the middle of the given part of the block's tiles.
std::int64_t distance_in(const isa::Stream& stream, const std::vector<std::int32_t>& tile_loops, std::size_t part) {
  std::int64_t distance = 0;
  double left = (static_cast<double>(part) + 0.5) / BankSamples::kTiles;
  for (int loop = 0; loop <= stream.loop; ++loop) {
    const auto l = static_cast<std::size_t>(loop);
    const double at = left * tile_loops[l];
    const auto index = static_cast<std::int64_t>(at);
    left = at - static_cast<double>(index);
    distance += stream.tile_stride[l] * index;
  }
  return distance;
}

std::int64_t span_of(const isa::Stream& stream) {
  std::int64_t span = stream.run.elements.count * stream.element_bits / kBitsPerByte;
  for (const isa::WalkDim& dim : stream.dims) span += (dim.trip.count - 1) * std::abs(dim.off_chip_stride);
  return span;
}

/// The time in which both are under way.
double together(const Flight& a, const Flight& b) {
  return std::min(a.end, b.end) - std::max(a.begin, b.begin);
}

double part_of(double time, const Flight& flight) {
  return time / (flight.end - flight.begin);
}

}  // namespace

Flight flight(int stream, const Transfer& transfer, double begin, double in_flight) {
  const double end = begin + std::max({transfer.memory, transfer.bus, in_flight});
  return {stream,          begin,          end, transfer.bursts, transfer.device_bursts, transfer.channels,
          transfer.spread, transfer.memory};
}

void keep(std::array<Flight, Flights::kKept>& flights, const Flight& newest) {
  std::move(flights.begin() + 1, flights.end(), flights.begin());
  flights.back() = newest;
}

BankSamples sample_banks(const isa::Stream& stream, std::int64_t base, const std::vector<std::int32_t>& tile_loops,
                         const MemoryModel& memory) {
  BankSamples samples;
  if (memory.ideal()) return samples;
  const auto span = static_cast<double>(span_of(stream));
  for (std::size_t tile = 0; tile < BankSamples::kTiles; ++tile) {
    const std::int64_t begin = base + distance_in(stream, tile_loops, tile);
    for (std::size_t place = 0; place < BankSamples::kPlaces; ++place) {
      const double part = (static_cast<double>(place) + 0.5) / BankSamples::kPlaces;
      const std::int64_t address = begin + static_cast<std::int64_t>(span * part);
      samples.bank[tile][place] = static_cast<std::uint8_t>(memory.bank_of(std::max<std::int64_t>(0, address)));
    }
  }
  return samples;
}

SharedBanks::SharedBanks(const Samples& samples) {
  for (std::size_t a = 0; a < samples.size(); ++a) {
    for (std::size_t b = 0; b < a; ++b) {
      if (samples[a] == nullptr || samples[b] == nullptr) continue;
      int same = 0;
      for (std::size_t tile = 0; tile < BankSamples::kTiles; ++tile) {
        for (const std::uint8_t mine : samples[a]->bank[tile]) {
          for (const std::uint8_t other : samples[b]->bank[tile]) same += mine == other ? 1 : 0;
        }
      }
      same_[a][b] = same_[b][a] = static_cast<std::uint8_t>(same);
    }
  }
}

std::array<double, isa::kMaxStreams> disturbances(const isa::Block& block, const SharedBanks& banks) {
  std::array<double, isa::kMaxStreams> moved{};
  for (std::size_t s = 0; s < moved.size(); ++s) moved[s] = bits_moved(block.streams[s], block.tile_loops);
  std::array<double, isa::kMaxStreams> result{};
  for (std::size_t a = 0; a < moved.size(); ++a) {
    double undisturbed = 1;
    for (std::size_t b = 0; b < moved.size(); ++b) {
      if (moved[a] == 0 || moved[b] == 0 || a == b) continue;
      undisturbed *=
          1 - banks.probability(static_cast<int>(a), static_cast<int>(b)) * std::min(1.0, moved[b] / moved[a]);
    }
    result[a] = 1 - undisturbed;
  }
  return result;
}

double in_turn(const Flight& mine, const Flight& other) {
  if (other.end <= mine.begin) return 0;
  const double met = 1 - std::clamp((other.begin - mine.begin) / mine.work, 0.0, 1.0);
  const double left = part_of(other.end - std::max(mine.begin, other.begin), other);
  return std::min(met * mine.bursts, left * other.bursts);
}

double lost_by_turning(const Flight& read, const Flight& write, const SharedBanks& banks, const MemoryModel& memory) {
  const double both = together(read, write);
  if (both <= 0) return 0;
  const double read_bursts = part_of(both, read) * read.bursts * read.channels;
  const double batches = part_of(both, write) * write.device_bursts / memory.write_batch();
  return std::min(read_bursts, batches) * memory.turn(banks.probability(read.stream, write.stream));
}

double waits_for_writes(const Flight& read, const Flight& write, const SharedBanks& banks, const MemoryModel& memory) {
  const double both = together(read, write);
  if (both <= 0) return 0;
  const double batch = memory.batch_time(banks.probability(read.stream, write.stream));
  const double batches = part_of(both, write) * write.device_bursts / memory.write_batch() / write.spread;
  const double writing = std::min(1.0, batches * batch / both);
  return part_of(both, read) * read.bursts * writing * batch / 2;
}

double lost_by_rows(const Flight& a, const Flight& b, double bursts, const SharedBanks& banks,
                    const MemoryModel& memory) {
  const double mine = a.device_bursts / a.bursts;
  const double others = b.device_bursts / b.bursts;
  return bursts * (mine + others) * memory.row_switch(std::min(mine, others)) * banks.probability(a.stream, b.stream);
}

double lost_by_rows(const Flight& a, const Flight& b, const SharedBanks& banks, const MemoryModel& memory) {
  const double both = together(a, b);
  if (both <= 0) return 0;
  return lost_by_rows(a, b, std::min(part_of(both, a) * a.bursts, part_of(both, b) * b.bursts), banks, memory);
}

}  // namespace systole::analytical
