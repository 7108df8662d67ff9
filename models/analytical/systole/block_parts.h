#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory_resource>
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
  /// The references must outlive the object. Addresses of the block's streams may change meanwhile, and nothing else;
  /// of `machine` it uses everything but the data ports.
  BlockParts(const isa::Block& block, const MachineModel& machine, const MemoryModel& memory);

  [[nodiscard]] const isa::Block& block() const { return block_; }
  /// Null where the block does not use the unit.
  [[nodiscard]] ArrayModel* array() { return array_ ? &*array_ : nullptr; }
  [[nodiscard]] SimdModel* simd() { return simd_ ? &*simd_ : nullptr; }

  [[nodiscard]] const TransferClasses& classes(std::size_t stream) const { return streams_[stream]->classes; }

  /// A stream that begins at a certain address, on a port of a certain width.
  struct Way {
    TransferModel transfers;
    BankSamples banks;
    std::uint32_t kind = 0;   ///< that of all ways of the stream with equal banks and equal transfers of `classes`
    std::size_t classes = 0;  ///< how many were known when `kind` was found
  };
  /// All streams with their present addresses, on certain ports; null where the block has none.
  using Setting = std::array<Way*, isa::kMaxStreams>;
  /// `machine`: for its ports.
  Setting setting(const MachineModel& machine);

  /// Blocks in settings of the same name take equally long.
  std::pmr::string name_of(const Setting& setting);

 private:
  struct Place {
    std::int64_t base;  ///< within the period
    std::int64_t port_bits;
    bool operator==(const Place& other) const { return base == other.base && port_bits == other.port_bits; }
  };
  struct Hash {
    std::size_t operator()(const Place& place) const;
  };

  struct Stream {
    Stream(const isa::Stream& stream, const std::vector<std::int32_t>& tile_loops) : classes(stream, tile_loops) {}
    TransferClasses classes;
    std::unordered_map<Place, Way, Hash> ways;
    std::unordered_map<std::string, std::uint32_t> kinds;  ///< by the bytes of transfers and banks
  };
  Way& way(std::size_t stream, std::int64_t port_bits);
  std::uint32_t kind(std::size_t stream, Way& way);

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
