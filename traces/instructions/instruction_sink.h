#pragma once

#include <cstdint>

#include "traces/instructions/trace.pb.h"

namespace systole::trace {

/// Takes the instructions that a run executes.
class InstructionSink {
 public:
  InstructionSink() = default;
  InstructionSink(const InstructionSink&) = delete;
  virtual ~InstructionSink() = default;

  /// In any order; those of one unit that issue in one cycle and complete in one cycle come in their order.
  virtual void add(const Instruction& instruction) = 0;

  /// All instructions that complete before `until` have been added.
  virtual void settle(std::int64_t /*until*/) {}
};

}  // namespace systole::trace
