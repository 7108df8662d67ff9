#include "kernels/graph/values.h"

#include <cmath>

namespace systole {

bool has_values(const Values& values) {
  return !std::holds_alternative<Absent>(values);
}

std::optional<std::vector<float>> as_floats(const Values& values, std::int64_t count) {
  if (count > kMaterialiseLimit) return std::nullopt;
  if (const auto* floats = std::get_if<std::vector<float>>(&values)) return *floats;
  if (const auto* integers = std::get_if<std::vector<std::int64_t>>(&values)) {
    return std::vector<float>(integers->begin(), integers->end());
  }
  if (const auto* row_fill = std::get_if<RowFill>(&values)) {
    const auto row_size = static_cast<std::size_t>(count) / row_fill->rows.size();
    std::vector<float> all;
    all.reserve(static_cast<std::size_t>(count));
    for (const float value : row_fill->rows) all.insert(all.end(), row_size, value);
    return all;
  }
  if (const auto* fill = std::get_if<Fill>(&values)) {
    return std::vector<float>(static_cast<std::size_t>(count), static_cast<float>(fill->value));
  }
  return std::nullopt;
}

std::optional<std::vector<std::int64_t>> as_integers(const Values& values, std::int64_t count) {
  if (count > kMaterialiseLimit) return std::nullopt;
  if (const auto* integers = std::get_if<std::vector<std::int64_t>>(&values)) return *integers;
  const auto* fill = std::get_if<Fill>(&values);
  // 2^62 keeps the conversion defined for every double that passes.
  if (fill == nullptr || std::floor(fill->value) != fill->value || std::fabs(fill->value) > 0x1p62) return std::nullopt;
  return std::vector<std::int64_t>(static_cast<std::size_t>(count), static_cast<std::int64_t>(fill->value));
}

}  // namespace systole
