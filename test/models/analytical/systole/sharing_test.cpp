#include "models/analytical/systole/sharing.h"

#include <gtest/gtest.h>

#include "configs/machine.h"

namespace systole::analytical {
namespace {

/// On DDR4-2400 32 kB lie in one row of a bank (of each bank group), then comes the next of four banks.
constexpr std::int64_t kBlock = 32768;

class SharedBanksTest : public testing::Test {
 protected:
  SharedBanksTest() {
    Diagnostics diagnostics;
    machine_ = load_machine({"inference_64x64", "ddr4_2400", {}, false}, diagnostics).message;
    diagnostics.throw_if_any();
    memory_.emplace(machine_.memory_description(), machine_);
  }

  /// Tiles of so many blocks, one after the other.
  void stream(int number, std::int64_t first_block, std::int64_t blocks) {
    isa::Stream stream;
    stream.used = true;
    stream.loop = 0;
    stream.element_bits = 8;
    stream.run.elements.count = blocks * kBlock;
    stream.tile_stride[0] = blocks * kBlock;
    samples_[static_cast<std::size_t>(number)] = sample_banks(stream, first_block * kBlock, {64}, *memory_);
    all_[static_cast<std::size_t>(number)] = &samples_[static_cast<std::size_t>(number)];
    banks_.set(all_);
  }

  static Flight flight(int stream, double tile, double begin, double end) {
    Flight flight;
    flight.stream = stream;
    flight.tile = tile;
    flight.begin = begin;
    flight.end = end;
    flight.bursts = 1;
    return flight;
  }

  config::Machine machine_;
  std::optional<MemoryModel> memory_;
  std::array<BankSamples, isa::kMaxStreams> samples_;
  AllBankSamples all_{};
  SharedBanks banks_;
};

/// The second stream is 48 blocks ahead, three times round all banks and the rows that their numbers are mixed with.
TEST_F(SharedBanksTest, meet_in_each_tile_or_never_as_their_tiles_are_apart) {
  stream(0, 0, 1);
  stream(1, 49, 1);
  EXPECT_EQ(banks_.probability(flight(0, 11, 0, 100), flight(1, 10, 0, 100)), 1);
  EXPECT_EQ(banks_.probability(flight(0, 10, 0, 100), flight(1, 10, 0, 100)), 0);
  EXPECT_EQ(banks_.probability(flight(1, 10, 0, 100), flight(0, 11, 0, 100)), 1) << "either way round";
}

/// Tiles of four blocks, all banks one after the other: two that keep pace stay as far apart as they begin, but for a
/// part of a tile. Where a tile begins and ends there is none before or behind.
TEST_F(SharedBanksTest, meet_when_both_are_as_far_in_their_tiles) {
  stream(0, 0, 4);
  stream(1, 64, 4);
  EXPECT_DOUBLE_EQ(banks_.probability(flight(0, 10, 0, 100), flight(1, 10, 0, 100)), (2 + 1 + 1 + 2) / 12.0);
  EXPECT_DOUBLE_EQ(banks_.probability(flight(0, 10, 0, 100), flight(1, 10, 25, 125)), 1 / 3.0);
  EXPECT_EQ(banks_.probability(flight(0, 10, 0, 100), flight(1, 10, 50, 150)), 0);
  EXPECT_EQ(banks_.probability(0, 1), 0.25) << "wherever they are";
}

TEST_F(SharedBanksTest, of_a_memory_that_is_slow_and_has_no_banks_are_all_one) {
  config::Machine plain = machine_;
  plain.mutable_memory_description()->Clear();
  plain.mutable_memory_description()->mutable_ideal()->set_gbytes_per_second(10);
  memory_.emplace(plain.memory_description(), plain);
  stream(0, 0, 1);
  stream(1, 7, 1);
  EXPECT_EQ(banks_.probability(flight(0, 1, 0, 100), flight(1, 1, 0, 100)), 1);
}

}  // namespace
}  // namespace systole::analytical
