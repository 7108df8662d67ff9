#include <gmock/gmock.h>

#include "program_run.h"
#include "wave_reader.h"

namespace systole {
namespace {

using testing::HasSubstr;

class WaveOn : public ProgramTest {};

const std::string kRun = "run squeezenet --hw inference_16x16 ";

/// The stall is known only when it has lasted; what was before it is in the wave all the same.
TEST_F(WaveOn, TheWaveIsThatOfAWindowAroundTheStall) {
  const Ended run =
      systole(kRun + "--vcd on.vcd --wave-on 'dma.parambuf memory>500' --wave-margin 700 --wave-from 50000");
  ASSERT_EQ(run.code, 0) << run.err;
  const Wave on(text_of("on.vcd"));
  const std::int64_t begin = on.first() + 700;
  const std::int64_t end = on.last() - 700;
  EXPECT_GT(end - begin, 500);
  EXPECT_THAT(run.err, HasSubstr("by the stall of cycles " + std::to_string(begin) + " to " + std::to_string(end - 1)));
  const auto window = [&](std::int64_t from, std::int64_t until) {
    const std::string options = "--wave-from " + std::to_string(from) + " --wave-to " + std::to_string(until);
    EXPECT_EQ(systole(kRun + "--quiet --vcd window.vcd " + options).code, 0);
    return Wave(text_of("window.vcd"));
  };
  EXPECT_EQ(window(begin, end).cycles_of("dma_parambuf.state"),
            (std::map<std::string, std::int64_t>{{"memory", end - begin}}));
  EXPECT_EQ(window(begin - 1, end).cycles_of("dma_parambuf.state").size(), 2);
  EXPECT_EQ(window(begin, end + 1).cycles_of("dma_parambuf.state").size(), 2);
  const Wave same = window(on.first(), on.last());
  // Not tiles and addresses: a window does not know those that began long before it.
  for (const char* name :
       {"systolic_array.state", "simd_unit.state", "dma_ibuf.state", "dma_parambuf.outstanding", "slots.obuf"}) {
    EXPECT_EQ(on.cycles_of(name), same.cycles_of(name)) << name;
  }
}

TEST_F(WaveOn, AStallThatNeverComesLeavesNoFileAndSaysSo) {
  const Ended run = systole(kRun + "--json --vcd on.vcd --wave-on 'dma_ibuf slot>100000000'");
  EXPECT_EQ(run.code, 0);
  EXPECT_THAT(run.err, HasSubstr("never came true; the longest such stall has "));
  EXPECT_THAT(run.out, HasSubstr("\"cycles\""));
  EXPECT_FALSE(std::filesystem::exists(place / "on.vcd"));
}

TEST_F(WaveOn, FaultsNameWhatThereIs) {
  const auto refused = [&](const std::string& options, const std::string& message) {
    const Ended run = systole("run lenet5 " + options);
    EXPECT_EQ(run.code, 1);
    EXPECT_THAT(run.err, HasSubstr(message));
  };
  refused("--vcd on.vcd --wave-on 'dma.ibux stall>5'", "did you mean dma_ibuf?");
  refused("--vcd on.vcd --wave-on 'dma_ibuf wbuf_load>5'", "one of stall, setup, memory, slot");
  refused("--vcd on.vcd --wave-on 'dma_ibuf stall'", "it is not UNIT stall>CYCLES");
  refused("--wave-on 'dma_ibuf stall>5'", "add --vcd FILE");
  refused("--vcd on.vcd --wave-margin 5", "give --wave-on");
}

}  // namespace
}  // namespace systole
