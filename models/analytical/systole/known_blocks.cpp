#include "models/analytical/systole/known_blocks.h"

#include <array>
#include <memory_resource>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "configs/idealize.h"
#include "isa/encoding.h"
#include "models/analytical/systole/block_parts.h"
#include "models/analytical/systole/block_timing.h"

namespace systole::analytical {

namespace {

constexpr std::size_t kMostBlocks = 500000;  ///< one takes about 400 bytes

constexpr std::size_t kDataPorts = 4;

/// How an address is written in a program: not at all, in one word, or in two.
char words_of_address(std::int64_t address) {
  if (address == 0) return 0;
  return isa::fits_one_word(address) ? 1 : 2;
}

std::pmr::string lengths_of(const isa::StreamAddresses& addresses) {
  std::pmr::string lengths;
  for (const isa::StreamAddress& address : addresses) lengths.push_back(words_of_address(address.base));
  return lengths;
}

template <typename Number>
void append(std::pmr::string& key, Number value) {
  key.append(reinterpret_cast<const char*>(&value), sizeof value);
}

/// All that the time of a block and its words depend on, beside its form.
std::pmr::string key_of(const isa::StreamAddresses& addresses, const MachineModel& machine, std::int64_t period) {
  std::pmr::string key;
  key.reserve(addresses.size() * (1 + sizeof period) + kDataPorts * sizeof machine.port_bits[0]);
  for (const isa::StreamAddress& address : addresses) key.push_back(words_of_address(address.base));
  std::array<bool, kDataPorts> uses{};
  for (const isa::StreamAddress& address : addresses) {
    uses[static_cast<std::size_t>(address.port)] = true;
    append(key, (address.base % period + period) % period);
  }
  for (std::size_t port = 0; port < kDataPorts; ++port) {
    if (uses[port]) append(key, machine.port_bits[port]);
  }
  return key;
}

}  // namespace

class KnownBlocks::Form {
 public:
  Form(const isa::Block& first, const MachineModel& machine, const MemoryModel& memory)
      : block_(first), parts_(block_, machine, memory), timing_(parts_, machine, memory) {}

  /// The second is true when the block was not known before.
  std::pair<const Timed*, bool> timed(const isa::StreamAddresses& addresses, const MachineModel& machine,
                                      std::int64_t period) {
    std::pmr::string key = key_of(addresses, machine, period);
    const std::lock_guard lock(mutex_);
    const auto known = known_.find(key);
    if (known != known_.end()) return {&known->second, false};
    for (const isa::StreamAddress& address : addresses) block_.streams[address.stream].base = address.base;
    const BlockTime time = time_on(machine);
    const Timed timed{words(addresses), time.cycles, time.simd_end, &*work_};
    return {&known_.emplace(std::move(key), timed).first->second, true};
  }

 private:
  struct BlockTime {
    double cycles = 0;
    double simd_end = 0;
  };

  /// Addresses and widths that make no transfer any different and lie in the same banks give the same time.
  BlockTime time_on(const MachineModel& machine) {
    const BlockParts::Setting setting = parts_.setting(machine);
    const auto known = times_.find(parts_.name_of(setting));
    if (known != times_.end()) return known->second;
    const BlockResult result = timing_.run(setting);
    if (!work_) work_ = work_of(block_, result, machine);
    // It can have met classes of transfers that were not known before.
    return times_.emplace(parts_.name_of(setting), BlockTime{result.cycles, result.simd_end}).first->second;
  }

  isa::BlockWords words(const isa::StreamAddresses& addresses) {
    std::pmr::string lengths = lengths_of(addresses);
    const auto known = words_.find(lengths);
    if (known != words_.end()) return known->second;
    return words_.emplace(std::move(lengths), isa::count_words(block_)).first->second;
  }

  /// Not noexcept, so that the library keeps the hash beside a key and does not hash the keys of a chain again.
  struct Hash {
    std::size_t operator()(const std::pmr::string& key) const { return std::hash<std::string_view>{}(key); }
  };
  template <typename Value>
  using Table = std::pmr::unordered_map<std::pmr::string, Value, Hash>;

  std::mutex mutex_;                            ///< for all the rest
  std::pmr::monotonic_buffer_resource memory_;  ///< of the tables, which only grow
  isa::Block block_;  ///< its streams begin where those of the one begin that was not known last
  BlockParts parts_;
  BlockTiming timing_;
  std::optional<Work> work_;                ///< when a block of the form has been timed
  Table<isa::BlockWords> words_{&memory_};  ///< by how long the addresses are
  Table<Timed> known_{&memory_};            ///< by what `key_of` says
  Table<BlockTime> times_{&memory_};        ///< by the names of settings
};

KnownBlocks::KnownBlocks(const config::Machine& machine)
    : machine_(machine_model(idealized(machine))),
      memory_(idealized(machine).memory_description(), idealized(machine)),
      period_(address_period(machine_, memory_)) {
  memory_.remember();
}

KnownBlocks::~KnownBlocks() = default;

KnownBlocks::Form& KnownBlocks::form(std::size_t number, const isa::Block& block) {
  const std::lock_guard lock(mutex_);
  if (number >= forms_.size()) forms_.resize(number + 1);
  if (!forms_[number]) forms_[number] = std::make_unique<Form>(block, machine_, memory_);
  return *forms_[number];
}

const KnownBlocks::Timed& KnownBlocks::timed(Form& form, const isa::StreamAddresses& addresses,
                                             const MachineModel& machine) {
  const auto [timed, fresh] = form.timed(addresses, machine, period_);
  if (fresh) ++blocks_;
  return *timed;
}

bool KnownBlocks::full() const {
  return blocks_ > kMostBlocks;
}

}  // namespace systole::analytical
