#include "configs/machine_rules.h"

#include <fmt/format.h>

#include <array>

#include "configs/energy_table.h"
#include "configs/machine.h"

namespace systole {
namespace {

/// A buffer of `bits` is `banks` memories that each hold whole words of `word_bits`, in `halves` equal parts.
struct Banking {
  const char* field;
  std::int64_t bits;
  int halves;
  std::int64_t banks;
  const char* bank;
  int word_bits;

  [[nodiscard]] std::int64_t step() const { return halves * banks * word_bits; }
};

void check_banking(const Banking& buffer, const Source& source, Diagnostics& diagnostics) {
  const std::int64_t step = buffer.step();
  if (buffer.bits % step == 0) return;
  const std::int64_t below = buffer.bits / step * step;
  diagnostics.add(source.fault(
      std::string("buffers.") + buffer.field,
      fmt::format("{} of {} bits does not divide into {}{} {} of whole {}-bit words", buffer.field, buffer.bits,
                  buffer.halves == 2 ? "2 halves of " : "", buffer.banks, buffer.bank, buffer.word_bits),
      below > 0 ? fmt::format("a multiple of {} bits does, such as {} or {}", step, below, below + step)
                : fmt::format("the smallest is {} bits", step)));
}

std::array<Banking, 5> banking_of(const config::Machine& machine) {
  const auto& array = machine.systolic_array();
  const auto& buffers = machine.buffers();
  const std::int64_t rows = array.rows();
  const std::int64_t columns = array.columns();
  const int vmem_halves = buffers.vmem_double_buffered() ? 2 : 1;
  return {{{"wbuf_bits", buffers.wbuf_bits(), 2, rows * columns, "scratchpads", array.weight_bits()},
           {"ibuf_bits", buffers.ibuf_bits(), 2, rows, "banks", array.activation_bits()},
           {"obuf_bits", buffers.obuf_bits(), 1, columns, "banks", array.accumulator_bits()},
           {"bbuf_bits", buffers.bbuf_bits(), 2, columns, "banks", array.bias_bits()},
           {"vmem_bits", buffers.vmem_bits(), vmem_halves, columns, "banks", array.accumulator_bits()}}};
}

}  // namespace

std::optional<std::int64_t> capacity_step(const config::Machine& machine, const std::string& path) {
  for (const Banking& buffer : banking_of(machine)) {
    if (path == std::string("buffers.") + buffer.field) return buffer.step();
  }
  return std::nullopt;
}

void check_memory(const config::Memory& memory, const Source& source, Diagnostics& diagnostics) {
  if (memory.has_ideal() != memory.has_dram()) return;
  diagnostics.add(source.fault(
      memory.has_dram() ? "ideal" : "",
      fmt::format("the memory has {} of the groups 'ideal' and 'dram'", memory.has_dram() ? "both" : "neither"),
      "give exactly one"));
}

void check_machine(const config::Machine& machine, const Source& source, Diagnostics& diagnostics) {
  for (const Banking& buffer : banking_of(machine)) check_banking(buffer, source, diagnostics);

  const auto& ports = machine.ports();
  const auto& type = *config::Ports::descriptor();
  for (int i = 0; i < type.field_count(); ++i) {
    const int width = ports.GetReflection()->GetInt32(ports, type.field(i));
    const std::string& port = type.field(i)->name();
    if (width / 8 <= machine.dma().max_burst_bytes()) continue;
    diagnostics.add(source.fault("ports." + port,
                                 fmt::format("port {} moves {} bytes a cycle, more than a burst of {} bytes holds",
                                             port, width / 8, machine.dma().max_burst_bytes()),
                                 "narrow the port or raise dma.max_burst_bytes"));
  }
  check_memory(machine.memory_description(), source.part("memory_description"), diagnostics);
  check_energy_table(machine.energy_table(), source.part("energy_table"), diagnostics);
}

}  // namespace systole
