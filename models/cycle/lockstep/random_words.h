#pragma once

#include <array>
#include <cstdint>
#include <random>

namespace systole {

/// Stimulus: the same numbers for the same seed, on every computer.
class RandomWords {
 public:
  explicit RandomWords(std::uint32_t seed) : engine_(seed) {}

  /// Any number of `bits` bits, 2..32, sign extended.
  std::int32_t of_width(int bits) { return static_cast<std::int32_t>(next()) >> (32 - bits); }

  /// 32 bits in which small numbers, and those at the ends of a format, are as likely as large ones.
  std::int32_t mixed() {
    constexpr std::array<std::int32_t, 8> kEnds = {0, 1, -1, 127, -128, 32767, INT32_MAX, INT32_MIN};
    switch (next() % 4) {
      case 0:
        return of_width(7);
      case 1:
        return of_width(16);
      case 2:
        return of_width(32);
      default:
        return kEnds[next() % kEnds.size()];
    }
  }

 private:
  std::uint32_t next() { return static_cast<std::uint32_t>(engine_()); }

  std::mt19937 engine_;
};

}  // namespace systole
