#include "models/cycle/dram/address_map.h"

#include <fmt/format.h>

#include <algorithm>
#include <sstream>

#include "base/errors.h"

namespace systole::dram {

namespace {

int bits_for(int count) {
  int bits = 0;
  while ((1 << bits) < count) ++bits;
  return bits;
}

std::array<int, kFields> field_widths(const Geometry& g, int channels) {
  return {bits_for(channels),          bits_for(g.ranks), bits_for(g.groups),
          bits_for(g.banks_per_group), bits_for(g.rows),  bits_for(g.columns)};
}

}  // namespace

AddressMap::AddressMap(const std::string& fields, const std::vector<XorBit>& hashing, const Geometry& geometry,
                       int channels, std::vector<std::string>& faults)
    : offset_bits_(bits_for(geometry.burst_bytes)) {
  const std::array<int, kFields> widths = field_widths(geometry, channels);
  const std::size_t before = faults.size();
  std::vector<Part> parts = parse(fields, faults);
  if (faults.size() == before) place(std::move(parts), widths, faults);
  for (const XorBit& x : hashing) {
    const int width = widths[static_cast<int>(x.field)];
    const char* name = kFieldNames[static_cast<int>(x.field)];
    if (x.bit >= width)
      faults.push_back(fmt::format("the address map hashes bit {} of {}, which has {} bits", x.bit, name, width));
    const int row_bits = widths[static_cast<int>(Field::row)];
    if (x.row_bit >= row_bits)
      faults.push_back(
          fmt::format("the address map hashes with bit {} of row, which has {} bits", x.row_bit, row_bits));
    hashing_.push_back(segment(x.field, x.bit, 1, x.row_bit, widths));
  }
  if (faults.size() == before) fill_tables();
}

std::vector<AddressMap::Part> AddressMap::parse(const std::string& fields, std::vector<std::string>& faults) {
  std::vector<Part> parts;
  std::istringstream in(fields);
  for (std::string word; std::getline(in, word, '-');) {
    const std::size_t colon = word.find(':');
    const std::string name = word.substr(0, colon);
    const auto* const found = std::find(kFieldNames.begin(), kFieldNames.end(), name);
    if (found == kFieldNames.end()) {
      const std::string near = nearest(name, {kFieldNames.begin(), kFieldNames.end()});
      faults.push_back(fmt::format(
          "the address map '{}' has an unknown field '{}'{}; fields are channel, rank, bankgroup, bank, row, column",
          fields, name, near.empty() ? "" : fmt::format(" (did you mean '{}'?)", near)));
      continue;
    }
    Part part{static_cast<Field>(found - kFieldNames.begin()), -1};
    if (colon != std::string::npos) {
      const std::string bits = word.substr(colon + 1);
      if (bits.empty() || bits.size() > 2 || bits.find_first_not_of("0123456789") != std::string::npos) {
        faults.push_back(fmt::format("the address map '{}' has '{}' where a number of bits is expected, as in '{}:2'",
                                     fields, word, name));
        continue;
      }
      part.bits = std::stoi(bits);
    }
    parts.push_back(part);
  }
  return parts;
}

void AddressMap::place(std::vector<Part> parts, const std::array<int, kFields>& widths,
                       std::vector<std::string>& faults) {
  for (int f = 0; f < kFields; ++f) {
    int named = 0;
    int open_parts = 0;
    for (const Part& part : parts) {
      if (static_cast<int>(part.field) != f) continue;
      part.bits < 0 ? ++open_parts : named += part.bits;
    }
    const int left = widths[f] - named;
    if (open_parts > 1) {
      faults.push_back(
          fmt::format("the address map has the field {} more than once; say how many bits each part has, as in '{}:2'",
                      kFieldNames[f], kFieldNames[f]));
    } else if (left < 0 || (left > 0 && open_parts == 0)) {
      faults.push_back(fmt::format("the address map gives the field {} {} bits; the device needs {}", kFieldNames[f],
                                   named, widths[f]));
    }
    for (Part& part : parts) {
      if (static_cast<int>(part.field) == f && part.bits < 0) part.bits = std::max(left, 0);
    }
  }
  std::array<int, kFields> used{};
  address_bits_ = offset_bits_;
  for (auto part = parts.rbegin(); part != parts.rend(); ++part) {
    int& low = used[static_cast<int>(part->field)];
    if (part->bits > 0) segments_.push_back(segment(part->field, low, part->bits, address_bits_, widths));
    low += part->bits;
    address_bits_ += part->bits;
  }
}

AddressMap::Segment AddressMap::segment(Field field, int place, int bits, int shift,
                                        const std::array<int, kFields>& widths) {
  const auto width = [&](Field f) { return widths[static_cast<int>(f)]; };
  const std::uint32_t mask = (std::uint32_t{1} << bits) - 1;
  switch (field) {
    case Field::channel:
      return {&Location::channel, shift, mask, place};
    case Field::rank:
      return {&Location::bank, shift, mask, place + width(Field::bankgroup) + width(Field::bank)};
    case Field::bankgroup:
      return {&Location::bank, shift, mask, place + width(Field::bank)};
    case Field::bank:
      return {&Location::bank, shift, mask, place};
    case Field::row:
      return {&Location::row, shift, mask, place};
    case Field::column:
      break;
  }
  return {&Location::column, shift, mask, place};
}

void AddressMap::fill_tables() {
  for (int low = offset_bits_; low < address_bits_; low += 8) {
    Table& table = tables_.emplace_back();
    for (std::size_t bits = 0; bits < kTableEntries; ++bits) table[bits] = by_segments(std::uint64_t{bits} << low);
  }
}

Location AddressMap::by_segments(std::uint64_t address) const {
  Location where;
  for (const Segment& s : segments_) {
    where.*s.target |= static_cast<int>((static_cast<std::uint32_t>(address >> s.shift) & s.mask) << s.place);
  }
  const auto row = static_cast<std::uint32_t>(where.row);
  for (const Segment& s : hashing_) where.*s.target ^= static_cast<int>((row >> s.shift & s.mask) << s.place);
  return where;
}

}  // namespace systole::dram
