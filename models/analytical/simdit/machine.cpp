#include "models/analytical/simdit/machine.h"

#include <fmt/format.h>

namespace systole::simdit {

std::optional<std::string> violated_guard(const Machine& m) {
  struct Guard {
    const char* buffer;
    const char* rule;
    std::int64_t needed;
    std::int64_t available;
  };
  const Guard guards[] = {
      {"WBUF", "2 * rows * columns * 9 * weight_bits", 2 * m.rows * m.columns * 9 * m.weight_bits, m.wbuf},
      {"IBUF", "2 * rows * 15 * 15 * activation_bits", 2 * m.rows * 225 * m.activation_bits, m.ibuf},
      {"OBUF", "2 * columns * 49 * accumulator_bits", 2 * m.columns * 49 * m.accumulator_bits, 2 * m.obuf_half},
      {"BBUF", "2 * columns * bias_bits", 2 * m.columns * m.bias_bits, m.bbuf},
  };
  for (const Guard& guard : guards) {
    if (guard.needed > guard.available) {
      return fmt::format("SimDIT's guard on {} does not hold: {} = {} bits, and there are {}", guard.buffer, guard.rule,
                         guard.needed, guard.available);
    }
  }
  return std::nullopt;
}

std::string guard_name(const std::string& violated) {
  return violated.substr(0, violated.find(" does not hold"));
}

}  // namespace systole::simdit
