#include "kernels/lowering/simd_builder.h"

#include <cmath>
#include <cstring>
#include <limits>
#include <utility>

#include "base/errors.h"

namespace systole {

namespace {

bool same_place(const isa::Iterator& a, const isa::Iterator& b) {
  return a.space == b.space && a.stream == b.stream && a.base == b.base && a.stride == b.stride;
}

}  // namespace

std::uint32_t immediate_bits(double value, SimdFormat format) {
  if (format == SimdFormat::single_precision) {
    const auto single = static_cast<float>(value);
    std::uint32_t bits = 0;
    std::memcpy(&bits, &single, sizeof bits);
    return bits;
  }
  using Limits = std::numeric_limits<std::int32_t>;
  const double whole = std::nearbyint(value);
  if (whole >= Limits::max()) return static_cast<std::uint32_t>(Limits::max());
  if (whole <= Limits::min()) return static_cast<std::uint32_t>(Limits::min());
  return static_cast<std::uint32_t>(static_cast<std::int32_t>(whole));
}

Operand SimdBuilder::iterator(isa::Iterator wanted) {
  wanted.used = true;
  for (std::size_t i = 0; i < program_.iterators.size(); ++i) {
    isa::Iterator& candidate = program_.iterators[i];
    if (!candidate.used) candidate = wanted;
    if (same_place(candidate, wanted)) return static_cast<Operand>(i);
  }
  fail_check("lowering", "a block needs more than " + std::to_string(isa::kMaxIterators) + " iterators");
}

Operand SimdBuilder::immediate(double value) {
  const std::uint32_t bits = immediate_bits(value, format_);
  std::vector<std::uint32_t>& words = program_.immediates;
  std::size_t slot = 0;
  while (slot < words.size() && words[slot] != bits) ++slot;
  if (slot == words.size()) words.push_back(bits);
  check(words.size() <= isa::kMaxImmediates, "lowering", "a block needs too many immediates");
  isa::Iterator word;
  word.space = isa::Namespace::imm;
  word.base = static_cast<std::int32_t>(slot);
  return iterator(word);
}

void SimdBuilder::nest(const isa::Condition& when, const std::vector<isa::Trip>& loops, const isa::Lanes& lanes,
                       SimdBody body) {
  check(loops.size() <= isa::kMaxSimdLoops && body.size() <= isa::kMaxSimdWords, "lowering",
        "a nest has too many loops or instructions");
  check(program_.nests.size() < isa::kMaxNests, "lowering", "a block needs too many nests");
  program_.nests.push_back({when, loops, lanes, std::move(body)});
}

void SimdBuilder::sweep(const isa::Condition& when, const std::vector<isa::Trip>& loops, const isa::Lanes& lanes,
                        const SimdBody& body) {
  for (const isa::SimdInstruction& instruction : body) nest(when, loops, lanes, {instruction});
}

}  // namespace systole
