#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "isa/program.pb.h"
#include "models/cycle/values/value_model.h"

namespace systole {

/// Sums of a layer that did not fit 32 bits.
struct LayerOverflows {
  int layer = -1;  ///< of the program; -1: unknown
  std::int64_t sums = 0;
};

/// The values of one run of a program: off-chip memory and buffers, and what the program does to them. Its number
/// format is the target's: IEEE single precision, or two's complement integers (isa/manual.md, section 6).
class ProgramValues : public ValueModel {
 public:
  /// Elements of a graph input or output, row-major. They are exact as doubles in both formats.
  virtual void write(const isa::Tensor& tensor, const std::vector<double>& elements) = 0;
  /// Throws InternalError for an element that the program has not written.
  [[nodiscard]] virtual std::vector<double> read(const isa::Tensor& tensor) const = 0;

  /// Accumulations of the array that wrapped, by layer in the order of the program; none in a float32 machine.
  [[nodiscard]] virtual std::vector<LayerOverflows> overflows() const = 0;
};

/// `program` must outlive the values. Regions with data hold them (isa/program.proto).
std::unique_ptr<ProgramValues> make_program_values(const isa::Program& program);

}  // namespace systole
