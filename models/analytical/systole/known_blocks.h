#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "configs/machine.pb.h"
#include "isa/block.h"
#include "isa/encoder.h"
#include "isa/stream_address.h"
#include "models/analytical/systole/events.h"
#include "models/analytical/systole/machine_model.h"
#include "models/analytical/systole/memory_model.h"

namespace systole::analytical {

/// The times of blocks on machines that differ in the sizes of their buffers and the widths of their data ports and in
/// nothing else. A block that comes again is timed once, and what blocks of a form are made of is found out once.
///
/// Any number of threads use it at once, and what one finds out serves all: a time depends on the block and the ports
/// alone, so it is the same whoever comes first. Two threads wait for each other where they ask for the same form.
class KnownBlocks {
 public:
  /// `machine`: one of them, every field set.
  explicit KnownBlocks(const config::Machine& machine);
  ~KnownBlocks();

  /// What is known of a block; it stays as it is and where it is.
  struct Timed {
    isa::BlockWords words;
    double cycles = 0;           ///< as of BlockResult
    double simd_end = 0;         ///< as of BlockResult
    const Work* work = nullptr;  ///< but the words'
  };
  /// Blocks that differ in nothing but the addresses of their streams.
  class Form;
  /// The one with this number; `block`: one of its blocks, with streams that begin at 0.
  Form& form(std::size_t number, const isa::Block& block);

  /// The block of this form whose streams begin there, on a machine with these ports.
  const Timed& timed(Form& form, const isa::StreamAddresses& addresses, const MachineModel& machine);

  /// It has grown so large that it is time to begin another one.
  [[nodiscard]] bool full() const;

  /// Without the ports of any.
  [[nodiscard]] const MachineModel& machine() const { return machine_; }
  [[nodiscard]] const MemoryModel& memory() const { return memory_; }

 private:
  MachineModel machine_;
  MemoryModel memory_;
  std::int64_t period_;  ///< addresses that are so many bytes apart behave alike
  std::atomic<std::size_t> blocks_{0};
  std::mutex mutex_;                          ///< for what follows
  std::vector<std::unique_ptr<Form>> forms_;  ///< null: not met yet
};

}  // namespace systole::analytical
