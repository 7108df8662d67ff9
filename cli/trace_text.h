#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "isa/program.pb.h"
#include "traces/instructions/trace.pb.h"

namespace systole {

/// What the instructions of a trace are called, by the program in its header.
class TraceText {
 public:
  explicit TraceText(const isa::Program& program);

  /// Why the instruction cannot be of this program; empty: it can.
  [[nodiscard]] std::string fault(const trace::Instruction& instruction) const;

  /// The others take only what has no fault. `systolic_array`.
  static std::string unit(const trace::Instruction& instruction);
  /// `LD_ST`, `load`, `tile`, `add`.
  [[nodiscard]] std::string opcode(const trace::Instruction& instruction) const;
  [[nodiscard]] std::string layer(const trace::Instruction& instruction) const;
  /// Address, opcode and operands: `12: load IBUF[0..1023] <- 0x1000..0x13ff (1024 bytes, 1 burst)`.
  [[nodiscard]] std::string work(const trace::Instruction& instruction) const;
  /// A line of a table of instructions, with its end, and the names of its columns; an instruction that completes
  /// after `now` has `-` instead.
  [[nodiscard]] std::string line(const trace::Instruction& instruction,
                                 std::int64_t now = std::numeric_limits<std::int64_t>::max()) const;
  static std::string heading();

  /// All names that unit() and opcode() can give.
  static std::vector<std::string> units();
  static std::vector<std::string> opcodes();

 private:
  struct Word {
    const char* mnemonic;
    std::string text;
  };

  const isa::Program& program_;
  std::vector<Word> words_;  ///< of all blocks
};

}  // namespace systole
