#include "models/cycle/nest_timer.h"

#include <gtest/gtest.h>

#include <map>
#include <random>

namespace systole {
namespace {

/// The same pipeline, instruction by instruction: no loop is cut short, nothing is forgotten.
class SteppedPipeline {
 public:
  NestTime run(const TimedNest& nest) {
    time_ = {};
    std::vector<std::int32_t> index(nest.trips.size(), 0);
    for (bool more = true; more;) {
      for (const TimedInstruction& instruction : nest.body) issue(instruction, index);
      more = false;
      for (std::size_t loop = nest.trips.size(); loop-- > 0 && !more;) {
        more = ++index[loop] < nest.trips[loop];
        if (!more) index[loop] = 0;
      }
    }
    return time_;
  }

 private:
  using Word = std::pair<int, std::int64_t>;

  static Word word(const TimedOperand& operand, const std::vector<std::int32_t>& index) {
    std::int64_t address = operand.address;
    for (std::size_t loop = 0; loop < index.size(); ++loop) address += std::int64_t{operand.stride[loop]} * index[loop];
    return {operand.region, address};
  }

  void issue(const TimedInstruction& instruction, const std::vector<std::int32_t>& index) {
    bool first = instruction.first_without_reads != 0;
    for (std::size_t loop = 0; loop < index.size(); ++loop) {
      if ((instruction.first_without_reads >> loop & 1U) != 0 && index[loop] != 0) first = false;
    }
    std::int64_t start = next_;
    std::map<int, std::vector<Word>> by_memory;
    for (int i = 0; !first && i < instruction.reads; ++i) {
      const TimedOperand& operand = instruction.read[static_cast<std::size_t>(i)];
      const Word read = word(operand, index);
      const auto written = ready_.find(read);
      if (written != ready_.end()) start = std::max(start, written->second);
      auto& words = by_memory[operand.memory];
      if (std::find(words.begin(), words.end(), read) == words.end()) words.push_back(read);
    }
    time_.hazard += start - next_;
    for (const auto& [memory, words] : by_memory) {
      if (memory == kManyPorts) continue;
      time_.conflict[static_cast<std::size_t>(memory)] += static_cast<std::int64_t>(words.size()) - 1;
      start += static_cast<std::int64_t>(words.size()) - 1;
    }
    time_.busy += instruction.occupancy;
    ready_[word(instruction.write, index)] = start + instruction.result_delay;
    next_ = start + instruction.occupancy;
  }

  NestTime time_;
  std::int64_t next_ = 0;
  std::map<Word, std::int64_t> ready_;
};

class Dice {
 public:
  explicit Dice(unsigned seed) : random_(seed) {}
  int roll(int low, int high) { return std::uniform_int_distribution<int>(low, high)(random_); }

 private:
  std::mt19937 random_;
};

TimedNest random_nest(Dice& dice, int write_back) {
  TimedNest nest;
  const int loops = dice.roll(0, 4);
  for (int i = 0; i < loops; ++i) nest.trips.push_back(dice.roll(1, 6));
  const bool equal_strides = dice.roll(0, 1) == 1;
  TimedOperand common;
  for (auto& stride : common.stride) stride = dice.roll(-1, 2);
  const auto operand = [&] {
    TimedOperand result = common;
    result.memory = dice.roll(-1, 2);
    result.region = (result.memory + 1) * 2 + dice.roll(0, 1);
    result.address = dice.roll(0, 3);
    if (!equal_strides) {
      for (auto& stride : result.stride) stride = dice.roll(-1, 2);
    }
    return result;
  };
  const int instructions = dice.roll(1, 4);
  for (int i = 0; i < instructions; ++i) {
    TimedInstruction instruction;
    instruction.occupancy = dice.roll(0, 3) == 0 ? dice.roll(2, 13) : 1;
    instruction.result_delay = instruction.occupancy + write_back;
    instruction.reads = dice.roll(1, 3);
    for (auto& read : instruction.read) read = operand();
    instruction.write = operand();
    instruction.write.memory = 0;
    if (dice.roll(0, 3) == 0) instruction.first_without_reads = static_cast<std::uint32_t>(dice.roll(0, 15));
    nest.body.push_back(instruction);
  }
  return nest;
}

/// Bits of loops that a nest does not have would never be beyond their first iteration.
void forget_missing_loops(TimedNest& nest) {
  const std::uint32_t loops = (1U << nest.trips.size()) - 1U;
  for (TimedInstruction& instruction : nest.body) instruction.first_without_reads &= loops;
}

TEST(NestTimer, CountsWhatASteppedPipelineCounts) {
  Dice dice(1);
  for (int round = 0; round < 20000; ++round) {
    NestTimer timer;
    SteppedPipeline stepped;
    timer.reset();
    const int write_back = dice.roll(0, 6);
    for (int nest = 0; nest < 3; ++nest) {
      TimedNest random = random_nest(dice, write_back);
      forget_missing_loops(random);
      const NestTime expected = stepped.run(random);
      const NestTime actual = timer.run(random);
      ASSERT_EQ(actual.busy, expected.busy) << "round " << round << ", nest " << nest;
      ASSERT_EQ(actual.hazard, expected.hazard) << "round " << round << ", nest " << nest;
      ASSERT_EQ(actual.conflict, expected.conflict) << "round " << round << ", nest " << nest;
    }
  }
}

TEST(NestTimer, ALongUniformNestCostsNoTimeToCount) {
  TimedInstruction add;
  add.reads = 2;
  add.read[0].region = 1;
  add.read[1].region = 2;
  add.read[1].memory = 1;
  add.write.region = 1;
  add.write.address = 1;  // the word that the next iteration reads
  for (TimedOperand* operand : {&add.read[0], &add.write}) operand->stride = {1000000, 1000, 1};
  TimedNest nest;
  nest.trips = {1000000, 1000, 1000};
  nest.body = {add};
  const std::int64_t instructions = std::int64_t{1000000} * 1000 * 1000;
  const NestTime time = NestTimer().run(nest);
  EXPECT_EQ(time.busy, instructions);
  EXPECT_EQ(time.hazard, 2 * (instructions - 1));
}

}  // namespace
}  // namespace systole
