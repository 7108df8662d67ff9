#include <gtest/gtest.h>

#include <random>

#include "configs/genesys_json.h"
#include "configs/loader.h"
#include "configs/machine.pb.h"

namespace systole {
namespace {

/// The text with up to four characters replaced, removed or doubled: mostly by those that mean something.
std::string damaged(std::string text, std::mt19937& random) {
  const std::string telling = "{}[]:,\"-#.\n 09aez\\\xff";
  for (unsigned edits = random() % 4 + 1; edits > 0 && !text.empty(); --edits) {
    const std::size_t at = random() % text.size();
    switch (random() % 3) {
      case 0:
        text[at] = telling[random() % telling.size()];
        break;
      case 1:
        text.erase(at, 1 + random() % 8);
        break;
      default:
        text.insert(at, text.substr(at, 1 + random() % 16));
    }
  }
  return text;
}

TEST(Robustness, a_damaged_machine_file_gives_faults_or_a_whole_machine) {
  const std::string good = read_file(SYSTOLE_SOURCE_DIR "/configs/hardware/inference_16x16.textproto");
  std::mt19937 random(1);
  int faulty = 0;
  for (int i = 0; i < 3000; ++i) {
    config::Machine machine;
    Diagnostics diagnostics;
    parse_text(damaged(good, random), "a", machine, diagnostics);
    faulty += diagnostics.empty() ? 0 : 1;
    EXPECT_TRUE(!diagnostics.empty() || machine.IsInitialized()) << i;
  }
  EXPECT_GT(faulty, 1000);
}

TEST(Robustness, a_damaged_json_file_gives_faults_or_a_whole_machine) {
  const std::string good =
      R"({"ARRAY_N": 16, "ARRAY_M": 16, "WGT_DATA_WIDTH": 8, "ACT_DATA_WIDTH": 8, "BIAS_WIDTH": 32, "ACC_WIDTH": 32,
          "IBUF_CAPACITY_BITS": 524288, "WBUF_CAPACITY_BITS": 524288, "OBUF_CAPACITY_BITS": 1048576,
          "BBUF_CAPACITY_BITS": 16384, "INST_MEM_CAPACITY_BITS": 8192, "INST_MEM_AXI_DATA_WIDTH": 64,
          "IBUF_AXI_DATA_WIDTH": 256, "PARAMBUF_AXI_DATA_WIDTH": 128, "OBUF_AXI_DATA_WIDTH": 256,
          "SIMD_INST_MEM_ADDR_WIDTH": 8, "SIMD_VMEM_CAPACITY_BITS": 1048576, "SIMD_AXI_DATA_WIDTH": 256})";
  std::mt19937 random(2);
  int faulty = 0;
  for (int i = 0; i < 3000; ++i) {
    Diagnostics diagnostics;
    const auto loaded = parse_genesys_json(damaged(good, random), "a", diagnostics);
    faulty += diagnostics.empty() ? 0 : 1;
    EXPECT_TRUE(!diagnostics.empty() || loaded.message.IsInitialized()) << i;
  }
  EXPECT_GT(faulty, 1000);
}

}  // namespace
}  // namespace systole
