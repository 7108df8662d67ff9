#pragma once

#include <cstdint>
#include <vector>

#include "isa/block.h"

/// Builds the SIMD half of a block: hands out iterators and immediates, appends nests.
namespace systole {

/// What a program computes in (isa/manual.md, section 6).
enum class SimdFormat { integers, single_precision };

/// The IMM word of a value; integers are rounded to nearest and saturate.
std::uint32_t immediate_bits(double value, SimdFormat format);

/// What padded positions get, for a stream and whatever becomes one.
template <typename Padded>
void fill_with(double value, SimdFormat format, Padded& padded) {
  padded.fill = value == 0 ? isa::Fill::zero : isa::Fill::number;
  padded.fill_bits = value == 0 ? 0 : immediate_bits(value, format);
}

/// Number of an iterator in SimdProgram::iterators.
using Operand = std::uint8_t;
using SimdBody = std::vector<isa::SimdInstruction>;

class SimdBuilder {
 public:
  /// Continues `program`, which must outlive the builder.
  SimdBuilder(isa::SimdProgram& program, SimdFormat format) : program_(program), format_(format) {
    program_.used = true;
  }

  /// An iterator with these fields; equal ones share a number. Too many are our bug (InternalError).
  Operand iterator(isa::Iterator wanted);
  /// An iterator over a word of IMM that holds `value`.
  Operand immediate(double value);

  /// One nest with all of `body`: each iteration of the loops runs the whole body.
  void nest(const isa::Condition& when, const std::vector<isa::Trip>& loops, const isa::Lanes& lanes, SimdBody body);
  /// One nest for each instruction of `body`: the first instruction for all iterations, then the second. Every operand
  /// that the body writes then needs a place of its own in every iteration. With three iterations or more no
  /// instruction waits for the one before it (timing.md, section 6).
  void sweep(const isa::Condition& when, const std::vector<isa::Trip>& loops, const isa::Lanes& lanes,
             const SimdBody& body);

 private:
  isa::SimdProgram& program_;
  SimdFormat format_;
};

}  // namespace systole
