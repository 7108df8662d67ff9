#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "configs/machine.pb.h"
#include "isa/block.h"
#include "models/analytical/systole/block_parts.h"
#include "models/analytical/systole/events.h"
#include "models/analytical/systole/machine_model.h"
#include "models/analytical/systole/memory_model.h"
#include "models/analytical/systole/program_clock.h"

namespace systole::analytical {

/// Cycles of one program after another, on machines that differ in the sizes of their buffers and the widths of their
/// data ports and in nothing else: the same as analyze(), but blocks that come again are timed once, and what they are
/// made of is found out once for all blocks of a form.
///
/// One thread uses it at a time.
class Sweep {
 public:
  /// `machine`: one of them, every field set.
  explicit Sweep(const config::Machine& machine);

  /// The next program, on a machine with these ports.
  void begin(const config::Ports& ports);

  /// Its next block. Blocks of the same `form` differ in nothing but the addresses of their streams.
  void add(std::size_t form, const isa::Block& block);

  /// Words of the blocks so far.
  [[nodiscard]] std::int64_t words() const { return words_; }

  /// Cycles of the program, whose instructions lie at this address.
  [[nodiscard]] std::int64_t cycles(std::int64_t instruction_address) const;

  /// What its blocks do together.
  [[nodiscard]] Work work() const;

 private:
  struct Form;
  struct BlockTime {
    double cycles = 0;
    double simd_end = 0;
  };
  struct Timed {
    isa::BlockWords words;
    BlockTime time;
    const Form* form;
  };
  struct Form {
    Form(const isa::Block& first, const MachineModel& machine, const MemoryModel& memory)
        : block(first), parts(block, machine, memory) {}
    isa::Block block;
    BlockParts parts;
    std::optional<Work> work;  ///< but the words', when a block of the form has been timed
    std::unordered_map<std::string, isa::BlockWords> words;  ///< by how long its addresses are
    std::unordered_map<std::string, Timed> known;            ///< by what `find_key` says
    std::unordered_map<std::string, BlockTime>
        times;  ///< by the kinds of its streams' transfers and the banks they share
  };
  Form& form_of(std::size_t form, const isa::Block& block);
  void find_key(const isa::Block& block);
  BlockTime time(Form& form, const isa::Block& block);
  [[nodiscard]] std::string kinds(Form& form, const isa::Block& block) const;

  MachineModel machine_;
  MemoryModel memory_;
  std::int64_t period_;  ///< addresses that are so many bytes apart behave alike
  std::vector<std::unique_ptr<Form>> forms_;
  std::size_t known_ = 0;  ///< blocks in them
  std::string key_;
  std::string lengths_;
  std::vector<const Timed*> program_;
  std::int64_t words_ = 0;
};

}  // namespace systole::analytical
