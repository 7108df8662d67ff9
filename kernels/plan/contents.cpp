#include "kernels/plan/contents.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <optional>
#include <vector>

#include "base/errors.h"

namespace systole {

namespace {

/// Calls take(bit, element) for every place of a packing; element -1 where it is zero.
class PackingWalk {
 public:
  explicit PackingWalk(const Packing& packing) : packing_(packing), coordinates_(packing.axes.size(), 0) {}

  template <typename Take>
  void run(Take take) {
    visit(0, 0, take);
  }

 private:
  template <typename Take>
  void visit(std::size_t depth, std::int64_t bit, Take& take) {
    if (depth == packing_.counters.size()) {
      take(bit, element());
      return;
    }
    const Packing::Counter& counter = packing_.counters[depth];
    std::int64_t& coordinate = coordinates_.at(static_cast<std::size_t>(counter.axis));
    for (std::int64_t i = 0; i < counter.count; ++i) {
      visit(depth + 1, bit + i * counter.bit_stride, take);
      coordinate += counter.step;
    }
    coordinate -= counter.count * counter.step;
  }

  [[nodiscard]] std::int64_t element() const {
    std::int64_t element = 0;
    for (std::size_t a = 0; a < coordinates_.size(); ++a) {
      if (coordinates_[a] < 0 || coordinates_[a] >= packing_.axes[a].extent) return -1;
      element += coordinates_[a] * packing_.axes[a].stride;
    }
    const auto coordinate = [&](int axis) { return coordinates_.at(static_cast<std::size_t>(axis)); };
    const bool equal = !packing_.equal || coordinate((*packing_.equal)[0]) == coordinate((*packing_.equal)[1]);
    return equal ? element : -1;
  }

  const Packing& packing_;
  std::vector<std::int64_t> coordinates_;
};

/// Writes the `bits` low bits of `value` at bit `place`; elements below a byte share it.
void put_integer(std::string& data, std::int64_t place, int bits, std::int32_t value) {
  const std::uint32_t mask = bits == 32 ? ~0U : (1U << bits) - 1U;
  const std::uint64_t shifted = std::uint64_t{static_cast<std::uint32_t>(value) & mask} << (place % 8);
  for (int byte = 0; byte * 8 < bits; ++byte) {
    char& target = data.at(static_cast<std::size_t>(place / 8 + byte));
    target = static_cast<char>(static_cast<unsigned char>(target) | static_cast<unsigned char>(shifted >> (8 * byte)));
  }
}

std::int32_t rounded(double value, int bits) {
  const double limit = std::ldexp(1.0, bits - 1);
  return static_cast<std::int32_t>(std::clamp(std::nearbyint(value), -limit, limit - 1));
}

}  // namespace

std::string contents_of(const Region& region, const Tensor& tensor, bool single_precision) {
  check(region.packing.has_value(), "plan", "only constants have contents");
  const auto* const integers = std::get_if<std::vector<std::int64_t>>(&tensor.values);  // floats would round them
  std::optional<std::vector<float>> values;
  if (integers == nullptr) values = as_floats(tensor.values, element_count(tensor.shape));
  if (integers == nullptr && !values) return {};
  const auto number = [&](std::int64_t element) {
    const auto at = static_cast<std::size_t>(element);
    return integers != nullptr ? static_cast<double>(integers->at(at)) : static_cast<double>(values->at(at));
  };
  const auto bits = static_cast<std::int64_t>(region.element_bits);
  const std::int64_t elements = region.bytes * 8 / bits;
  std::string data(static_cast<std::size_t>(single_precision ? elements * 4 : region.bytes), '\0');
  PackingWalk(*region.packing).run([&](std::int64_t bit, std::int64_t element) {
    if (element < 0) return;
    const double value = number(element) * region.packing->scale;
    if (!single_precision) {
      put_integer(data, bit, region.element_bits, rounded(value, region.element_bits));
      return;
    }
    const auto single = static_cast<float>(value);
    check(bit >= 0 && bit % bits == 0 && bit / bits < elements, "plan", "a constant does not fit its region");
    std::memcpy(data.data() + bit / bits * 4, &single, sizeof single);
  });
  return data;
}

isa::Tensor placement_of(const Tensor& tensor, const Layout& layout, int region) {
  isa::Tensor placement;
  placement.set_name(tensor.name);
  placement.set_region(region);
  placement.set_bit_offset(layout.offset * 8);
  for (const std::int64_t extent : tensor.shape) placement.add_shape(extent);
  for (const std::int64_t stride : layout.bit_strides) placement.add_bit_strides(stride);
  return placement;
}

}  // namespace systole
