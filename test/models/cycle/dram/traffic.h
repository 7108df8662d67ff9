#pragma once

#include <random>
#include <vector>

#include "models/cycle/dram/trace_reader.h"

namespace systole::dram {

/// Request streams for tests; the same seed gives the same stream on every machine (no standard distributions).
class Traffic {
 public:
  explicit Traffic(std::uint64_t seed) : random_(seed) {}

  struct Shape {
    std::size_t requests = 10000;
    std::uint64_t bytes = std::uint64_t{1} << 30;  ///< addresses are below it
    int write_percent = 30;
    int same_row_percent = 0;  ///< requests near the one before: within 2 KB
    Clock gap = 0;             ///< most clocks between two requests; 0: all at once
    int pause_percent = 0;     ///< requests before which nothing comes for `pause` clocks
    Clock pause = 0;
  };

  std::vector<TraceRequest> make(const Shape& shape) {
    std::vector<TraceRequest> requests;
    requests.reserve(shape.requests);
    std::uint64_t address = 0;
    Clock clock = 0;
    for (std::size_t i = 0; i < shape.requests; ++i) {
      const bool near = percent() < shape.same_row_percent;
      address = near ? (address & ~std::uint64_t{2047}) + below(2048) : below(shape.bytes);
      address &= ~std::uint64_t{63};
      clock += static_cast<Clock>(below(static_cast<std::uint64_t>(shape.gap) + 1));
      if (percent() < shape.pause_percent) clock += shape.pause;
      requests.push_back({address, percent() < shape.write_percent ? Direction::write : Direction::read, clock});
    }
    return requests;
  }

  std::uint64_t below(std::uint64_t bound) { return random_() % bound; }

 private:
  int percent() { return static_cast<int>(below(100)); }
  std::mt19937_64 random_;
};

/// `count` sequential requests at once.
inline std::vector<TraceRequest> stream(std::size_t count, Direction direction, std::uint64_t start = 0) {
  std::vector<TraceRequest> requests;
  for (std::size_t i = 0; i < count; ++i) requests.push_back({start + i * 64, direction, 0});
  return requests;
}

}  // namespace systole::dram
