#include "models/cycle/values/memory_image.h"

#include "base/errors.h"
#include "base/units.h"

namespace systole {

namespace {

/// Element i of `data`, whose elements have `bits` bits, sign extended. Elements never cross 4 bytes.
std::int32_t integer_at(const std::string& data, std::int64_t i, int bits) {
  std::uint32_t value = 0;
  const std::int64_t first = i * bits / 8;
  for (std::int64_t byte = 0; byte < ceil_div(bits, 8); ++byte) {
    value |= std::uint32_t{static_cast<unsigned char>(data[static_cast<std::size_t>(first + byte)])} << (8 * byte);
  }
  const auto below = static_cast<unsigned>(i * bits % 8);
  const auto above = static_cast<unsigned>(32 - bits);
  return static_cast<std::int32_t>(value >> below << above) >> above;
}

void take(const std::string& data, int bits, Cells<std::int32_t>& cells) {
  const auto count = static_cast<std::int64_t>(data.size()) * 8 / bits;
  check(cells.contains(0, count), "values", "a region holds more data than it has room for");
  std::int32_t* const values = cells.write(0, count);
  for (std::int64_t i = 0; i < count; ++i) values[i] = integer_at(data, i, bits);
}

void take(const std::string& data, int, Cells<float>& cells) {
  const auto count = static_cast<std::int64_t>(data.size() / sizeof(float));
  check(cells.contains(0, count), "values", "a region holds more data than it has room for");
  if (count > 0) std::memcpy(cells.write(0, count), data.data(), data.size());
}

}  // namespace

template <typename Cell>
MemoryImage<Cell>::MemoryImage(const isa::Program& program) {
  for (const isa::Region& region : program.regions()) {
    MemoryRegion<Cell> made;
    made.name = region.name();
    made.address = region.address();
    made.bytes = region.bytes();
    made.element_bits = region.element_bits();
    if (region.kind() != isa::Region::instruction) made.cells.resize(region.bytes() * 8 / region.element_bits());
    made.live = !region.data().empty();
    if (made.live) take(region.data(), made.element_bits, made.cells);
    regions_.push_back(std::move(made));
  }
}

template <typename Cell>
void MemoryImage<Cell>::revive(int region) {
  MemoryRegion<Cell>& self = at(region);
  if (self.live) return;
  for (MemoryRegion<Cell>& other : regions_) {
    const bool overlaps = other.address < self.address + self.bytes && self.address < other.address + other.bytes;
    if (overlaps) other.live = false;
  }
  self.cells.forget();
  self.live = true;
}

template class MemoryImage<float>;
template class MemoryImage<std::int32_t>;

}  // namespace systole
