#pragma once

#include <cstdint>
#include <optional>
#include <variant>
#include <vector>

namespace systole {

/// The weights were not in the file: shape and type are known, values are not. Timing needs no values.
struct Absent {};

/// Every element has this value; what `ConstantOfShape` makes. Never materialised unless someone must.
struct Fill {
  double value = 0.0;
};

/// Every element of the slice i along the first dimension has value rows[i]: a Fill weight scaled channel by channel.
struct RowFill {
  std::vector<float> rows;
};

/// Values of a constant tensor, row-major. Floating-point types of any width are kept as float, integers and booleans
/// as int64.
using Values = std::variant<Absent, Fill, RowFill, std::vector<float>, std::vector<std::int64_t>>;

/// More elements than this are never written out one by one: their values become Absent. 2^27 floats are 512 MiB,
/// above every layer of the networks in use (VGG's first fully connected layer has 103 M weights).
inline constexpr std::int64_t kMaterialiseLimit = std::int64_t{1} << 27;

/// Are values known?
[[nodiscard]] bool has_values(const Values& values);

/// All `count` values as float, or nullopt when they are absent or more than kMaterialiseLimit.
[[nodiscard]] std::optional<std::vector<float>> as_floats(const Values& values, std::int64_t count);

/// All `count` values as integers, or nullopt when absent, not integers, or more than kMaterialiseLimit.
[[nodiscard]] std::optional<std::vector<std::int64_t>> as_integers(const Values& values, std::int64_t count);

}  // namespace systole
