#pragma once

#include <algorithm>
#include <array>

#include "configs/machine.pb.h"
#include "traces/event_counts.h"

namespace systole {

/// What a machine is made of, as far as it costs energy and area.

constexpr int kSimdWordBits = 32;
constexpr int kLaneRegisterBits = 3 * kSimdWordBits;  ///< two operands and a result on their way through a lane

/// The banks of one on-chip memory: equal memories with one port each.
struct Banks {
  Sram memory;
  std::int64_t bits;  ///< of one bank, both ping-pong halves where they share it
  std::int64_t count;
  int word_bits;
  [[nodiscard]] double bytes() const { return static_cast<double>(bits) / 8; }
};

/// The published floorplans' banks. The two halves of OBUF are separate banks; IMM and INST are single memories. INST
/// is three: the halves of the controller's memory and the SIMD unit's, and each counts as the largest.
std::array<Banks, kSrams> banks_of(const config::Machine& machine);

/// Flip-flops of one element: activation, partial sum, and the read request and address it passes on to its neighbour.
int element_register_bits(const config::Machine& machine);

/// Does the machine compute in float?
bool is_floating(const config::Machine& machine);

/// The figure of the multiply-accumulate of the machine's elements: the wider operand counts. `Mac`: config::MacEnergy
/// or config::MacArea.
template <typename Mac>
const config::Figure& mac_figure(const Mac& mac, const config::Machine& machine) {
  const int operand_bits = std::max(machine.systolic_array().weight_bits(), machine.systolic_array().activation_bits());
  if (is_floating(machine)) return operand_bits <= 16 ? mac.fp16() : mac.fp32();
  if (operand_bits <= 4) return mac.int4();
  if (operand_bits <= 8) return mac.int8();
  return operand_bits <= 16 ? mac.int16() : mac.int32();
}

}  // namespace systole
