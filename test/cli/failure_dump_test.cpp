#include "cli/failure_dump.h"

#include <gmock/gmock.h>
#include <onnx/onnx_pb.h>

#include "base/files.h"
#include "cli/program_source.h"
#include "cli/simulation.h"
#include "isa/text.h"
#include "models/cycle/fresh_kernel.h"
#include "program_run.h"
#include "wave_reader.h"

namespace systole {
namespace {

using testing::HasSubstr;
namespace fs = std::filesystem;

/// Six tiles of the array; nobody fills what stream 3 is to store. `systole run` refuses it, as it does every program
/// that could wait for itself, so the machine gets it from here.
constexpr const char* kImpossible = R"(
.program machine="inference_16x16" model="impossible" mode="inference" batch=1
.target rows=16 columns=16 weight_bits=8 activation_bits=8 bias_bits=32 accumulator_bits=32 wbuf_half_elements=32768 ibuf_half_elements=32768 bbuf_half_elements=256 obuf_half_words=2048 vmem_words=2048 imm_words=32 simd_instruction_words=256 memory_bytes=8589934592
.layer index=0 name="conv" op="Conv" phase=forward unit=systolic_array
.region name="x" address=0x0 bytes=4096 kind=constant
.region name="instructions" address=0x1000 bytes=128 kind=instruction
.block array_layer=0 stream_layers=0,0,0,0
  SA_LOOP level=tile id=0 iterations=100
  LD_ST stream=0 direction=load buffer=wbuf element_bits=8
  RUN elements=16
  LD_ST stream=2 direction=load buffer=ibuf loop=0 element_bits=8
  LD_ST_SLOTS depth=2 pitch=32
  RUN elements=16
  LD_ST stream=3 direction=store buffer=ibuf loop=0 element_bits=8
  RUN elements=16
  INST_GROUP unit=array edge=start
  SA_LOOP level=array id=0 iterations=300
  SA_CONFIG bias=0 output_loop=0
  SA_LANES axis=rows count=16
  SA_LANES axis=columns count=16
  INST_GROUP unit=array edge=end
  BLOCK_END last=1
)";

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

class Failure : public ProgramTest {
 protected:
  isa::Program program_ = isa::assemble(kImpossible, "impossible.txt");
  config::Machine machine_ = machine_from({}, "inference_16x16");

  [[nodiscard]] RunFailure failure_of_a_run() const {
    fresh_kernel();
    try {
      simulate_program(machine_, program_, false);
    } catch (const RunFailure& failure) {
      return failure;
    }
    throw std::logic_error("the run did not fail");
  }
};

TEST_F(Failure, LeavesWhatEachUnitWaitsForAndWhatItDidLast) {
  const RunFailure failure = failure_of_a_run();
  EXPECT_GT(failure.at(), Cycles{30000});
  EXPECT_LT(failure.at(), Cycles{80000});
  const std::string said = write_failure(failure, machine_, program_, nullptr, place);
  EXPECT_THAT(said, HasSubstr("failure.vcd"));

  const std::string report = text_of("failure.txt");
  const std::string at = std::to_string(failure.at().count());
  EXPECT_THAT(report, HasSubstr("cycle " + at + ": deadlock: no unit can go on"));
  EXPECT_THAT(report, HasSubstr("systolic_array: idle since cycle " + at + ", 100 tiles done"));
  EXPECT_THAT(report, HasSubstr("dma_ibuf store: waits for a slot, stream 3"));
  const std::string heading = "instruction\n";
  const std::string instructions = report.substr(report.find(heading) + heading.size());
  EXPECT_EQ(std::count(instructions.begin(), instructions.end(), '\n'), 64);
  EXPECT_THAT(instructions, testing::ContainsRegex("systolic_array +0 +99  conv +8: tile OBUF"));
  EXPECT_THAT(instructions, testing::ContainsRegex("dma_ibuf +0 +99  conv +3: load IBUF"));

  const Wave wave(text_of("failure.vcd"));
  EXPECT_EQ(wave.first(), failure.at().count() - 10000);
  EXPECT_EQ(wave.last(), failure.at().count() + 100);
  EXPECT_EQ(wave.cycles_of("systolic_array.state")["idle"], 100);
  EXPECT_GT(wave.cycles_of("systolic_array.state")["busy"], 5000);
  EXPECT_EQ(wave.last_value("dma_ibuf.state"), "slot");
  EXPECT_THAT(text_of("failure.gtkw"), HasSubstr((place / "failure.vcd").string()));
}

TEST_F(Failure, GoesIntoTheFolderOfTheResults) {
  ResultFolder results(place / "out", false);
  write_failure(failure_of_a_run(), machine_, program_, &results, place / "out");
  EXPECT_THAT(text_of("out/failure.txt"), HasSubstr("deadlock"));
  EXPECT_THAT(text_of("out/failure.vcd"), HasSubstr("$enddefinitions"));
}

/// The program itself leaves it: outputs that are not those expected end a run as a failed check of the machine does.
TEST_F(Failure, OfValuesLeavesTheSame) {
  fs::create_directory(place / "expected");
  onnx::TensorProto zeros;
  zeros.set_data_type(onnx::TensorProto::FLOAT);
  for (const int extent : {1, 10}) zeros.add_dims(extent);
  for (int i = 0; i < 10; ++i) zeros.add_float_data(0);
  write_file_atomically(place / "expected/output_0.pb", zeros.SerializeAsString());
  const Ended run =
      systole("run lenet5 --quiet --hw inference_16x16 --check --random-weights 7 --expected expected --out results");
  EXPECT_EQ(run.code, 3);
  EXPECT_THAT(run.err, HasSubstr("output 'classifier.2.out' of the program differs from the reference"));
  EXPECT_THAT(run.err, HasSubstr("the last 64 instructions are in results/failure.txt"));

  ASSERT_EQ(systole("run lenet5 --quiet --hw inference_16x16 --vcd whole.vcd --trace whole.trace").code, 0);
  const std::string report = text_of("results/failure.txt");
  std::vector<std::string> traced = lines_of(systole("trace whole.trace").out);
  std::vector<std::string> dumped = lines_of(report.substr(report.find("instruction\n")));
  ASSERT_EQ(dumped.size(), 65U);
  for (std::size_t i = 1; i < dumped.size(); ++i) EXPECT_THAT(traced, testing::Contains(dumped[i]));

  const Wave whole(text_of("whole.vcd"));
  const Wave wave(text_of("results/failure.vcd"));
  EXPECT_EQ(wave.first(), whole.last() - 10000);
  EXPECT_EQ(wave.last(), whole.last());
}

TEST_F(Failure, AProgramThatCouldWaitForItselfIsRefused) {
  write_file_atomically(place / "impossible.txt", kImpossible);
  ASSERT_EQ(systole("asm impossible.txt -o impossible.prog").code, 0);
  const Ended run = systole("run impossible.prog");
  EXPECT_EQ(run.code, 1);
  EXPECT_THAT(run.err, HasSubstr("only a copy (from) can store from this buffer"));
}

/// Half a millisecond of latency at 5 GHz is no deadlock.
TEST_F(Failure, ASlowMemoryIsNone) {
  const Ended run =
      systole("run lenet5 --quiet --dram ideal --set clock_mhz=5000 --set memory_description.ideal.latency_ns=100000");
  EXPECT_EQ(run.code, 0) << run.err;
}

}  // namespace
}  // namespace systole
