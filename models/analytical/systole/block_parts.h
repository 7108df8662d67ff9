#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>

#include "isa/block.h"
#include "models/analytical/systole/machine_model.h"
#include "models/analytical/systole/memory_model.h"
#include "models/analytical/systole/sharing.h"
#include "models/analytical/systole/transfer.h"
#include "models/analytical/systole/units.h"

namespace systole::analytical {

/// Addresses that are so many bytes apart behave alike: for the memory, and for what cuts transfers into bursts.
std::int64_t address_period(const MachineModel& machine, const MemoryModel& memory);

/// What the time of a block is made of whenever things happen in it: what its tiles cost the array and the SIMD unit,
/// and its streams' transfers, by where a stream begins and how wide its port is. It is found out once and serves all
/// blocks that differ in these two alone.
class BlockParts {
 public:
  /// The references must outlive the object. Of `machine` it may use everything but the data ports, which may change.
  BlockParts(const isa::Block& block, const MachineModel& machine, const MemoryModel& memory);

  [[nodiscard]] const isa::Block& block() const { return block_; }
  /// Null where the block does not use the unit.
  [[nodiscard]] ArrayModel* array() { return array_ ? &*array_ : nullptr; }
  [[nodiscard]] SimdModel* simd() { return simd_ ? &*simd_ : nullptr; }

  [[nodiscard]] const TransferClasses& classes(std::size_t stream) const { return streams_[stream]->classes; }
  /// Those of one of the block's streams when it begins at `base`, on a port of so many bits a cycle.
  TransferModel& transfers(std::size_t stream, std::int64_t base, std::int64_t port_bits);
  /// The banks that it is in then.
  const BankSamples& banks(std::size_t stream, std::int64_t base, std::int64_t port_bits);
  /// A number for all of these transfers that are known: others of the stream with the same number are equal.
  std::uint32_t kind(std::size_t stream, std::int64_t base, std::int64_t port_bits);

 private:
  struct Way {
    std::int64_t base;  ///< within the period
    std::int64_t port_bits;
    bool operator==(const Way& other) const { return base == other.base && port_bits == other.port_bits; }
  };
  struct Hash {
    std::size_t operator()(const Way& way) const;
  };

  struct Known {
    TransferModel transfers;
    BankSamples banks;
    std::uint32_t kind = 0;
    std::size_t classes = 0;  ///< that `kind` is for
  };
  struct Stream {
    Stream(const isa::Stream& stream, const std::vector<std::int32_t>& tile_loops) : classes(stream, tile_loops) {}
    TransferClasses classes;
    std::unordered_map<Way, Known, Hash> ways;
    std::unordered_map<std::string, std::uint32_t> kinds;  ///< by the transfers' bytes
  };
  Known& known(std::size_t stream, std::int64_t base, std::int64_t port_bits);

  const isa::Block& block_;
  const MachineModel& machine_;
  const MemoryModel& memory_;
  std::int64_t period_;
  int others_ = 0;  ///< streams in use, but one
  std::optional<ArrayModel> array_;
  std::optional<SimdModel> simd_;
  std::array<std::optional<Stream>, isa::kMaxStreams> streams_;  ///< those that are used
};

}  // namespace systole::analytical
