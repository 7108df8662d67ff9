#include "cli/rtl_target.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/errors.h"

namespace systole {

void check_rtl_machine(const config::Machine& machine) {
  Diagnostics faults;
  if (machine.simd_unit().number_format() == config::float32) {
    faults.add({"", 0, 0,
                fmt::format("the RTL computes on integers, and the SIMD unit of {} in float32", machine.name()),
                "add --set simd_unit.number_format=fixed32"});
  }
  const config::SystolicArray& array = machine.systolic_array();
  if (array.obuf_accumulate_latency() > array.rows()) {
    faults.add({"", 0, 0,
                fmt::format("obuf_accumulate_latency is {} on {} rows", array.obuf_accumulate_latency(), array.rows()),
                "the RTL reads OBUF while a sum goes down its column: at most as many cycles as rows"});
  }
  faults.throw_if_any();
}

RtlTarget rtl_target(const isa::Target& target, const MachineParameters& machine) {
  const auto words = [](std::int64_t count) { return std::max<std::int64_t>(count, 2); };  // an address has a bit
  RtlTarget result;
  result.rows = target.rows();
  result.columns = target.columns();
  result.weight_bits = target.weight_bits();
  result.activation_bits = target.activation_bits();
  result.ibuf_words = words(2 * target.ibuf_half_elements() / target.rows());
  result.wbuf_words = words(2 * target.wbuf_half_elements() / target.rows() / target.columns());
  result.bbuf_words = words(2 * target.bbuf_half_elements() / target.columns());
  result.obuf_words = words(2 * target.obuf_half_words());
  result.vmem_words = words(target.vmem_words());
  result.obuf_accumulate_latency = machine.array.obuf_accumulate_latency;
  result.divide_latency = machine.simd.divide_latency;
  return result;
}

}  // namespace systole
