#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace systole {

/// On-chip memories, as results name them. `inst` stands for the controller's and the SIMD unit's instruction memories.
enum class Sram : std::size_t { wbuf, ibuf, obuf, bbuf, vmem1, vmem2, imm, inst };
constexpr std::size_t kSrams = 8;
constexpr std::array<const char*, kSrams> kSramNames = {"WBUF",  "IBUF",  "OBUF", "BBUF",
                                                        "VMEM1", "VMEM2", "IMM",  "INST"};

/// SIMD operations of one cost. One operation is one lane.
enum class SimdOperation : std::size_t {
  logic,         ///< move, conditional move, shift, bitwise, sign, cast
  add,           ///< add, sub, max, min, relu, comparison, floor, absolute, negate
  multiply,      ///< mul, leaky relu
  multiply_add,  ///< mac
  divide,        ///< divide, reciprocal
  exponential,   ///< exp, log, sigmoid, tanh
  inverse_sqrt   ///< sqrt, inverse sqrt
};
constexpr std::size_t kSimdOperations = 7;

/// What happened at one on-chip memory. An access is one word of one bank: a vector of N words read from N banks is N
/// reads.
struct SramCounts {
  std::int64_t reads = 0;
  std::int64_t writes = 0;
  std::int64_t read_bytes = 0;
  std::int64_t write_bytes = 0;
  std::int64_t conflicts =
      0;  ///< accesses that had to wait for a port of their bank; costs cycles, no energy of its own
};

/// What a run, or one layer of it, did on the chip: integers only, priced afterwards (models/energy). A difference of
/// two snapshots is a layer's part. Events that padding causes are events too: inactive lanes count nothing.
struct EventCounts {
  std::int64_t cycles = 0;        ///< length of the interval, in accelerator clock cycles
  std::int64_t array_cycles = 0;  ///< of these, the array's registers were clocked (a vector is in flight)
  std::int64_t simd_cycles = 0;   ///< of these, the SIMD lanes were clocked (an instruction is in flight)

  std::int64_t macs = 0;       ///< multiply-accumulates in active rows and columns
  std::int64_t psum_adds = 0;  ///< additions outside the elements: bias, and accumulation into OBUF
  std::array<SramCounts, kSrams> sram{};
  std::array<std::int64_t, kSimdOperations> simd_operations{};

  std::int64_t array_words_decoded =
      0;  ///< controller: instruction words decoded (their fetch is in sram inst and port_bytes)
  std::int64_t simd_instructions = 0;  ///< instructions issued by the SIMD unit
  std::int64_t address_steps = 0;      ///< additions of the address walkers and iterators, on chip and off
  std::int64_t port_bytes = 0;         ///< bytes that crossed the interconnect, either way, on all ports

  SramCounts& of(Sram memory) { return sram[static_cast<std::size_t>(memory)]; }
  [[nodiscard]] const SramCounts& of(Sram memory) const { return sram[static_cast<std::size_t>(memory)]; }
  std::int64_t& of(SimdOperation op) { return simd_operations[static_cast<std::size_t>(op)]; }
  [[nodiscard]] std::int64_t of(SimdOperation op) const { return simd_operations[static_cast<std::size_t>(op)]; }

  EventCounts& operator+=(const EventCounts& other);
  EventCounts& operator-=(const EventCounts& other);
};

EventCounts operator+(EventCounts a, const EventCounts& b);
EventCounts operator-(EventCounts after, const EventCounts& before);

}  // namespace systole
