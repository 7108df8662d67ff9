#include "models/analytical/systole/sharing.h"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <vector>

namespace systole::analytical {

namespace {

/// Bytes from a stream's base to where it is in a tile of the block.
std::int64_t distance_to(std::int64_t tile, const isa::Stream& stream, const std::vector<std::int32_t>& tile_loops) {
  std::int64_t distance = 0;
  for (std::size_t loop = tile_loops.size(); loop-- > 0;) {
    if (static_cast<int>(loop) <= stream.loop) distance += stream.tile_stride[loop] * (tile % tile_loops[loop]);
    tile /= tile_loops[loop];
  }
  return distance;
}

}  // namespace

BankSamples sample_banks(const isa::Stream& stream, std::int64_t base, const std::vector<std::int32_t>& tile_loops,
                         const MemoryModel& memory) {
  BankSamples samples;
  if (memory.ideal()) return samples;
  std::int64_t tiles = 1;
  for (const std::int32_t iterations : tile_loops) tiles *= iterations;
  const auto span = static_cast<double>(span_of(stream));
  for (std::size_t spot = 0; spot < BankSamples::kSpots; ++spot) {
    const double middle = (static_cast<double>(spot) + 0.5) / BankSamples::kSpots * static_cast<double>(tiles);
    const std::int64_t first = std::clamp<std::int64_t>(static_cast<std::int64_t>(middle), 0,
                                                        std::max<std::int64_t>(0, tiles - BankSamples::kTiles));
    for (std::size_t t = 0; t < BankSamples::kTiles; ++t) {
      const std::int64_t tile = std::min(first + static_cast<std::int64_t>(t), tiles - 1);
      const std::int64_t begin = base + distance_to(tile, stream, tile_loops);
      for (std::size_t part = 0; part < BankSamples::kParts; ++part) {
        const double at = (static_cast<double>(part) + 0.5) / BankSamples::kParts;
        const std::int64_t address = begin + static_cast<std::int64_t>(span * at);
        samples.bank[part][t * BankSamples::kSpots + spot] =
            static_cast<std::uint8_t>(memory.bank_of(std::max<std::int64_t>(0, address)));
      }
    }
  }
  return samples;
}

void SharedBanks::set(const AllBankSamples& samples) {
  samples_ = samples;
  streams_ = 0;
  for (std::size_t s = 0; s < samples_.size(); ++s) {
    if (samples_[s] != nullptr) number_[s] = streams_++;
  }
  known_.assign(static_cast<std::size_t>(streams_ * streams_ * kLater * kParts * kParts), kUnknown);
}

std::int8_t SharedBanks::meetings(int a, int b, int later, int part, int other_part) const {
  const auto from = [&](int stream, int in_part, int tile) {
    return samples_[static_cast<std::size_t>(stream)]->bank[static_cast<std::size_t>(in_part)].data() + tile * kSpots;
  };
  const std::uint8_t* const mine = from(a, part, std::max(0, later));
  const int first = std::max(0, -later);
  const std::uint8_t* const before = from(b, std::max(0, other_part - 1), first);
  const std::uint8_t* const there = from(b, other_part, first);
  const std::uint8_t* const behind = from(b, std::min(kParts - 1, other_part + 1), first);
  std::uint8_t same = 0;
  for (int i = 0; i < kSpots * (kTiles - std::abs(later)); ++i) {
    same += static_cast<std::uint8_t>((mine[i] == before[i]) + (mine[i] == there[i]) + (mine[i] == behind[i]));
  }
  return static_cast<std::int8_t>(same);
}

double SharedBanks::probability(int a, int b) const {
  const auto& mine = samples_[static_cast<std::size_t>(a)]->bank;
  const auto& others = samples_[static_cast<std::size_t>(b)]->bank;
  int same = 0;
  for (const auto& part : mine) {
    for (const auto& other : others) {
      for (std::size_t spot = 0; spot < BankSamples::kSpots; ++spot) {
        same += part[spot] == other[spot] ? 1 : 0;  // of the first tile
      }
    }
  }
  return same / static_cast<double>(kSpots * kParts * kParts);
}

double SharedBanks::probability(const Flight& a, const Flight& b) const {
  const int later = static_cast<int>(std::clamp(a.tile - b.tile, 1.0 - kTiles, kTiles - 1.0));
  const int pair = number_[static_cast<std::size_t>(a.stream)] * streams_ + number_[static_cast<std::size_t>(b.stream)];
  std::int8_t* const known = &known_[static_cast<std::size_t>((pair * kLater + later + kTiles - 1) * kParts * kParts)];
  const double from = std::max(a.begin, b.begin);
  const double time = std::max(0.0, std::min(a.end, b.end) - from);
  const int moments = time > 0 ? kMoments : 1;
  const double a_rate = kParts / (a.end - a.begin);
  const double b_rate = kParts / (b.end - b.begin);
  const double a_step = time * a_rate / moments;
  const double b_step = time * b_rate / moments;
  double a_part = (from - a.begin) * a_rate + a_step / 2;
  double b_part = (from - b.begin) * b_rate + b_step / 2;
  int same = 0;
  for (int moment = 0; moment < moments; ++moment) {
    const int part = static_cast<int>(std::min(a_part, kParts - 1.0));
    const int other = static_cast<int>(std::min(b_part, kParts - 1.0));
    std::int8_t& meeting = known[part * kParts + other];
    if (meeting == kUnknown) meeting = meetings(a.stream, b.stream, later, part, other);
    same += meeting;
    a_part += a_step;
    b_part += b_step;
  }
  return same / static_cast<double>(moments * kNear * kSpots * (kTiles - std::abs(later)));
}

std::array<double, isa::kMaxStreams> bits_moved(const isa::Block& block) {
  std::array<double, isa::kMaxStreams> bits{};
  for (std::size_t s = 0; s < bits.size(); ++s) {
    const isa::Stream& stream = block.streams[s];
    if (!stream.used) continue;
    bits[s] = static_cast<double>(stream.run.elements.count) * stream.element_bits;
    for (const isa::WalkDim& dim : stream.dims) bits[s] *= static_cast<double>(dim.trip.count);
    for (int loop = 0; loop <= stream.loop; ++loop) bits[s] *= block.tile_loops[static_cast<std::size_t>(loop)];
  }
  return bits;
}

std::array<double, isa::kMaxStreams> disturbances(const std::array<double, isa::kMaxStreams>& moved,
                                                  const SharedBanks& banks) {
  std::array<double, isa::kMaxStreams> undisturbed{};
  undisturbed.fill(1);
  for (std::size_t a = 0; a < moved.size(); ++a) {
    if (moved[a] == 0) continue;
    for (std::size_t b = 0; b < a; ++b) {
      if (moved[b] == 0) continue;
      const double meeting = banks.probability(static_cast<int>(a), static_cast<int>(b));
      undisturbed[a] *= 1 - meeting * std::min(1.0, moved[b] / moved[a]);
      undisturbed[b] *= 1 - meeting * std::min(1.0, moved[a] / moved[b]);
    }
  }
  std::array<double, isa::kMaxStreams> result{};
  for (std::size_t s = 0; s < result.size(); ++s) result[s] = 1 - undisturbed[s];
  return result;
}

}  // namespace systole::analytical
