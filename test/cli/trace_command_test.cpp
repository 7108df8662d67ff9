#include <gmock/gmock.h>
#include <zlib.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "test/cli/program_run.h"

namespace systole {
namespace {

using testing::ContainsRegex;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;
namespace fs = std::filesystem;

constexpr const char* kRun = "run lenet5 --hw inference_16x16 --quiet --trace ";

class TraceCommand : public ProgramTest {
 protected:
  /// What gzip holds, and the other way round.
  [[nodiscard]] std::string contents(const std::string& name) const {
    std::string bytes(1 << 24, '\0');
    gzFile file = gzopen((place / name).c_str(), "rb");
    bytes.resize(static_cast<std::size_t>(gzread(file, bytes.data(), static_cast<unsigned>(bytes.size()))));
    gzclose(file);
    return bytes;
  }
  void write_gzip(const std::string& name, const std::string& bytes) const {
    gzFile file = gzopen((place / name).c_str(), "wb");
    gzwrite(file, bytes.data(), static_cast<unsigned>(bytes.size()));
    gzclose(file);
  }
  void refused(const std::string& name, const std::string& message) const {
    const Ended ended = systole("trace " + name);
    EXPECT_EQ(ended.code, 1);
    EXPECT_THAT(ended.err, StartsWith(name + ": error: record "));
    EXPECT_THAT(ended.err, HasSubstr(message));
  }
};

TEST_F(TraceCommand, PrintsEveryInstructionWithItsCyclesAndAddresses) {
  ASSERT_EQ(systole(std::string(kRun) + "a.trace").code, 0);
  const Ended all = systole("trace a.trace");
  ASSERT_EQ(all.code, 0) << all.err;
  EXPECT_THAT(all.out, StartsWith("lenet5 on inference_16x16 with ddr4_2400\n"));
  EXPECT_THAT(all.out, ContainsRegex("controller +0 +0 +conv0 +0: [0-9a-f]{8} SA_LOOP "));
  EXPECT_THAT(all.out, HasSubstr("load WBUF[0.."));
  EXPECT_THAT(all.out, HasSubstr("tile OBUF[0] <- IBUF[0] * WBUF[0] + BBUF[0] ("));
  EXPECT_THAT(all.out, HasSubstr("relu VMEM2[0] <- OBUF[0] (6 lanes)"));
}

TEST_F(TraceCommand, FiltersByUnitLayerOpcodeAndCycle) {
  ASSERT_EQ(systole(std::string(kRun) + "a.trace").code, 0);
  const std::string some =
      systole("trace a.trace --unit 'dma_*' --layer conv1 --opcode load --from 6000 --to 7000").out;
  EXPECT_THAT(some, HasSubstr("dma_ibuf            2"));
  EXPECT_THAT(some, Not(HasSubstr("store")));
  EXPECT_THAT(some, Not(HasSubstr("systolic_array ")));
  EXPECT_THAT(some, Not(HasSubstr("conv0")));
}

TEST_F(TraceCommand, CountsAreThoseOfTheRun) {
  const Ended run = systole("run lenet5 --hw inference_16x16 --quiet --out results --trace a.trace");
  ASSERT_EQ(run.code, 0) << run.err;
  std::istringstream lines(systole("trace a.trace --count unit").out);
  std::string line;
  for (std::string next; std::getline(lines, next);) line = next;
  std::int64_t instructions = 0;
  std::int64_t bursts = 0;
  std::istringstream(line) >> instructions >> bursts;
  EXPECT_EQ(bursts, nlohmann::json::parse(text_of("results/run.json"))["bursts"]);
  EXPECT_GT(instructions, 2000);
  EXPECT_THAT(systole("trace a.trace --count opcode").out, HasSubstr("  simd_unit relu\n"));
  EXPECT_THAT(systole("trace a.trace --count layer").out, HasSubstr("  conv1.pool\n"));
}

TEST_F(TraceCommand, OtherOptionsOfTheRunDoNotChangeTheTrace) {
  ASSERT_EQ(systole(std::string(kRun) + "a.trace").code, 0);
  const Ended run =
      systole(std::string(kRun) + "b.trace --vcd run.vcd --timeline run.json --wave-from 100 --wave-to 900" +
              " --check --random-weights 1 --out results");
  ASSERT_EQ(run.code, 0) << run.err;
  EXPECT_EQ(text_of("a.trace"), text_of("b.trace"));
}

TEST_F(TraceCommand, ItsVectorsAreThoseOfCosim) {
  const std::string tiny =
      " --hw " SYSTOLE_SOURCE_DIR "/test/values/data/tiny_4x4.textproto --set simd_unit.number_format=fixed32";
  ASSERT_EQ(systole("compile lenet5 -o program" + tiny).code, 0);
  ASSERT_EQ(systole("run program --quiet --trace a.trace" + tiny).code, 0);
  const std::string options = " --tiles 2 --seed 3";
  const Ended ended = systole("trace a.trace --export a" + options);
  ASSERT_EQ(ended.code, 0) << ended.err;
  ASSERT_EQ(systole("cosim program --export b" + options + tiny).code, 0);
  int files = 0;
  for (const fs::directory_entry& entry : fs::directory_iterator(place / "b")) {
    const std::string name = entry.path().filename().string();
    EXPECT_EQ(text_of("a/" + name), text_of("b/" + name)) << name;
    ++files;
  }
  EXPECT_GT(files, 100);
  EXPECT_EQ(systole("trace a.trace --export a").code, 1);
  EXPECT_EQ(systole("trace a.trace --export a --force --layer conv0").code, 0);
  EXPECT_FALSE(fs::exists(place / "a/tile0020.hex"));
}

TEST_F(TraceCommand, AMachineOfRealNumbersHasNoVectors) {
  ASSERT_EQ(systole("run lenet5 --hw training_16x16 --quiet --trace a.trace").code, 0);
  const Ended ended = systole("trace a.trace --export a");
  EXPECT_EQ(ended.code, 1);
  EXPECT_THAT(ended.err, HasSubstr("the RTL computes on integers"));
  EXPECT_FALSE(fs::exists(place / "a"));
}

TEST_F(TraceCommand, BadTracesAreRefusedWithRecordByteAndCause) {
  ASSERT_EQ(systole(std::string(kRun) + "a.trace").code, 0);
  const std::string bytes = contents("a.trace");
  const std::string file = text_of("a.trace");
  EXPECT_EQ(systole("trace missing.trace").code, 2);
  EXPECT_EQ(systole("trace .").code, 2);
  std::ofstream(place / "text") << "no trace";
  refused("text", "record 0, byte 0: this is no instruction trace: it does not begin as gzip does");
  std::ofstream(place / "empty");
  refused("empty", "it does not begin as gzip does");
  write_gzip("foreign", std::string(1000, 'x'));
  refused("foreign", "record 0, byte 0: ");
  std::ofstream(place / "half", std::ios::binary) << file.substr(0, file.size() / 2);
  refused("half", "the file is cut off");
  write_gzip("no_end", bytes.substr(0, bytes.size() - 9));
  refused("no_end", "the file is cut off");
  std::string damaged = file;
  damaged[damaged.size() / 2] = static_cast<char>(~damaged[damaged.size() / 2]);
  std::ofstream(place / "damaged", std::ios::binary) << damaged;
  EXPECT_EQ(systole("trace damaged").code, 1);
  std::string newer = bytes;
  const std::size_t schema = newer.find("\x08\x01");  // field 1 of the header: 1
  newer[schema + 1] = 2;
  write_gzip("newer", newer);
  refused("newer", "the trace has schema 2, and this version reads schema 1");
}

TEST_F(TraceCommand, FaultsOfOptionsSuggestWhatWasMeant) {
  ASSERT_EQ(systole(std::string(kRun) + "a.trace").code, 0);
  const auto refuses = [&](const std::string& options, const std::string& message) {
    const Ended ended = systole("trace a.trace " + options);
    EXPECT_EQ(ended.code, 1);
    EXPECT_THAT(ended.err, HasSubstr(message));
  };
  refuses("--unit simd_unt", "did you mean simd_unit?");
  refuses("--layer conv22", "did you mean conv0?");
  refuses("--opcode laod", "did you mean load?");
  refuses("--count units", "did you mean unit?");
  refuses("--from 9 --to 9", "the window of cycles is empty");
  refuses("--from 100000000", "the run ended at cycle");
  refuses("--export a --unit simd_unit", "--export takes whole tiles");
}

TEST_F(TraceCommand, AWaveformWithoutAWindowTakesNoTraceAwayAndAWrongPlaceIsSaid) {
  EXPECT_EQ(systole("run lenet5 --trace a.trace --vcd a.vcd --wave-from 100000000").code, 1);
  EXPECT_FALSE(fs::exists(place / "a.vcd"));
  EXPECT_EQ(systole("trace a.trace --count unit").code, 0);
  EXPECT_EQ(systole("run lenet5 --quiet --trace /nowhere/a.trace").code, 2);
}

}  // namespace
}  // namespace systole
