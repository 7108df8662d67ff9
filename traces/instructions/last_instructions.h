#pragma once

#include <cstddef>
#include <deque>

#include "traces/instructions/instruction_sink.h"

namespace systole::trace {

/// Keeps the instructions that were issued last before a run stopped, for a failure report.
class LastInstructions : public InstructionSink {
 public:
  /// At most `most` of those that were issued in cycle `stop` or before: units tell ahead of time what they do.
  LastInstructions(std::size_t most, std::int64_t stop) : most_(most), stop_(stop) {}

  void add(const Instruction& instruction) override;

  /// In the order of their issue.
  [[nodiscard]] const std::deque<Instruction>& instructions() const { return last_; }

 private:
  std::size_t most_;
  std::int64_t stop_;
  std::deque<Instruction> last_;
};

}  // namespace systole::trace
