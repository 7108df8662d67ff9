#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "kernels/graph/graph.h"

/// Stretches of off-chip memory. Lowerings name them; the memory plan gives them addresses when every block is known,
/// so that lifetimes follow from what the blocks really read and write.
namespace systole {

/// Index into RegionTable.
enum class RegionId : std::uint32_t {};

/// How a constant tensor lies in its region: a list of counters, outermost first. Each counter advances the region's
/// place by `bit_stride` and one coordinate of the tensor by `step`. Where a coordinate leaves its extent, or two
/// coordinates that must be equal differ, the element is zero. So one description covers tiles, transposed weights,
/// permuted channels and block-diagonal weights.
struct Packing {
  /// A coordinate of the source: `extent` values, `stride` elements apart in the row-major tensor.
  struct Axis {
    std::int64_t extent = 1;
    std::int64_t stride = 0;
  };
  struct Counter {
    std::int64_t count = 1;
    std::int64_t bit_stride = 0;
    int axis = 0;
    std::int64_t step = 1;
  };
  std::vector<Axis> axes;
  std::vector<Counter> counters;
  std::optional<std::array<int, 2>> equal;  ///< axes whose coordinates must be equal for a value
  double scale = 1.0;                       ///< every value is multiplied by it (Gemm's alpha)
};

bool operator==(const Packing& a, const Packing& b);

struct Region {
  enum class Kind {
    activation,  ///< lives from its first write to its last read
    input,       ///< written before the program starts
    output,      ///< read after it ends
    state,       ///< both: what it holds at the end is what the next iteration begins with
    constant
  };
  std::string name;
  Kind kind = Kind::activation;
  std::int64_t bytes = 0;
  int element_bits = 32;
  std::vector<std::int64_t> shape;  ///< in memory order, outermost first
  std::string order;                ///< names of these dimensions
  std::optional<TensorId> tensor;   ///< absent: scratch of one layer
  std::optional<Packing> packing;   ///< constants only
  std::int64_t address = -1;        ///< bytes; set by the memory plan
};

class RegionTable {
 public:
  RegionId add(Region region);
  [[nodiscard]] const Region& at(RegionId id) const { return regions_.at(static_cast<std::size_t>(id)); }
  [[nodiscard]] Region& at(RegionId id) { return regions_.at(static_cast<std::size_t>(id)); }
  [[nodiscard]] std::size_t size() const { return regions_.size(); }

 private:
  std::vector<Region> regions_;
};

}  // namespace systole
