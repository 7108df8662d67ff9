#pragma once

#include <array>
#include <cstdint>

#include "configs/machine.pb.h"
#include "isa/block.h"

namespace systole::analytical {

/// The machine in the numbers that models/cycle/timing.md speaks of. Times in accelerator cycles, widths in bits a
/// cycle.
struct MachineModel {
  std::int64_t rows = 1;
  std::int64_t columns = 1;
  std::int64_t accumulate_latency = 2;
  std::array<std::int64_t, 6> element_bits{};  ///< on chip, by isa::Buffer

  std::int64_t divide_latency = 1;
  std::int64_t exponential_latency = 1;
  std::int64_t inverse_sqrt_latency = 1;
  bool simd_hazards = true;    ///< false, an idealization: a result can be read when it is computed
  bool bank_conflicts = true;  ///< false, an idealization: a bank has a read port for each operand

  std::array<std::int64_t, 5> port_bits{};  ///< by isa::Port
  std::int64_t burst_bytes = 1024;
  std::int64_t outstanding_bursts = 16;
  std::int64_t setup = 1;
  bool transposes = true;  ///< false, an idealization: what a transfer transposes crosses in full beats

  bool fetches = true;            ///< false, an idealization: words are decoded when they are wanted
  std::int64_t half_words = 128;  ///< words in one half of the instruction memory
  std::int64_t decode_words = 1;  ///< a cycle
  std::int64_t dispatch = 1;

  double clock_hz = 0;
  std::int64_t period_ps = 1;
};

/// Every field of `machine` must be set, as load_machine() leaves it.
MachineModel machine_model(const config::Machine& machine);

/// The same machine with other ports.
void set_ports(const config::Ports& ports, MachineModel& machine);

}  // namespace systole::analytical
