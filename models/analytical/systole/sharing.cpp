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

}  // namespace

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

}  // namespace systole::analytical
