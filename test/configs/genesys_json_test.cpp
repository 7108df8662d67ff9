#include "configs/genesys_json.h"

#include <gmock/gmock.h>
#include <google/protobuf/util/message_differencer.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "configs/machine.h"

namespace systole {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// Inference design point 9: 64x64, 8 bits.
const std::string kDesign9 = R"({
    "ARRAY_N": 64,
    "ARRAY_M": 64,
    "WGT_DATA_WIDTH": 8,
    "ACT_DATA_WIDTH": 8,
    "BIAS_WIDTH": 32,
    "ACC_WIDTH": 32,
    "IBUF_CAPACITY_BITS": 2097152,
    "WBUF_CAPACITY_BITS": 4194304,
    "OBUF_CAPACITY_BITS": 4194304,
    "BBUF_CAPACITY_BITS": 65536,
    "INST_MEM_CAPACITY_BITS": 8192,
    "INST_MEM_AXI_DATA_WIDTH": 64,
    "IBUF_AXI_DATA_WIDTH": 512,
    "PARAMBUF_AXI_DATA_WIDTH": 512,
    "OBUF_AXI_DATA_WIDTH": 512,
    "SIMD_INST_MEM_ADDR_WIDTH": 8,
    "SIMD_VMEM_CAPACITY_BITS": 4194304,
    "SIMD_AXI_DATA_WIDTH": 512
})";

std::string with(std::string text, const std::string& old, const std::string& replacement) {
  const auto at = text.find(old);
  EXPECT_NE(at, std::string::npos) << old;
  return text.replace(at, old.size(), replacement);
}

std::vector<std::string> faults_of(const std::string& text) {
  Diagnostics diagnostics;
  parse_genesys_json(text, "a.json", diagnostics);
  std::vector<std::string> faults;
  for (const Diagnostic& d : diagnostics.items()) faults.push_back(d.to_string());
  return faults;
}

TEST(GenesysJson, design_point_9_is_the_shipped_machine_inference_64x64) {
  const std::string path = testing::TempDir() + "inference_64x64.json";
  std::ofstream(path) << kDesign9;
  Diagnostics diagnostics;
  const auto imported = load_machine({path, "", {}, false}, diagnostics);
  const auto shipped = load_machine({"inference_64x64", "", {}, false}, diagnostics);
  diagnostics.throw_if_any();
  EXPECT_TRUE(google::protobuf::util::MessageDifferencer::Equals(imported.message, shipped.message));
}

TEST(GenesysJson, the_simd_number_format_follows_the_mode) {
  const std::string path = testing::TempDir() + "design9.json";
  std::ofstream(path) << kDesign9;
  Diagnostics diagnostics;
  const auto simd = load_machine({path, "", {}, true}, diagnostics).message.simd_unit();
  EXPECT_EQ(simd.number_format(), config::float32);
  EXPECT_EQ(simd.divide_latency(), 5);
}

TEST(GenesysJson, the_published_files_load_as_they_are) {
  const char* folder = std::getenv("SYSTOLE_REFERENCE_DATA");
  if (folder == nullptr) GTEST_SKIP() << "SYSTOLE_REFERENCE_DATA is not set";
  int files = 0;
  for (const auto& file : std::filesystem::directory_iterator(std::string(folder) + "/simdit/hardware")) {
    Diagnostics diagnostics;
    load_machine({file.path().string(), "", {}, false}, diagnostics);
    EXPECT_TRUE(diagnostics.empty()) << file.path();
    ++files;
  }
  EXPECT_EQ(files, 6);
}

TEST(GenesysJson, is_told_from_text_format_by_content) {
  EXPECT_TRUE(looks_like_json(" \n{}"));
  EXPECT_FALSE(looks_like_json("# {\nname: \"x\""));
  EXPECT_FALSE(looks_like_json(""));
}

TEST(GenesysJson, names_missing_unknown_and_repeated_keys_together) {
  EXPECT_THAT(faults_of(with(kDesign9, "\"ARRAY_M\"", "\"ARAY_M\"")),
              ElementsAre("a.json:3:5: error: unknown key 'ARAY_M'\n  hint: did you mean 'ARRAY_M'?",
                          "a.json: error: missing key 'ARRAY_M'\n  hint: a GeneSys hardware file has all 18 keys"));
  EXPECT_THAT(faults_of(with(kDesign9, "\"ARRAY_M\": 64", "\"ARRAY_M\": 64, \"ARRAY_M\": 32")),
              ElementsAre("a.json:3:20: error: 'ARRAY_M' is given twice"));
}

TEST(GenesysJson, a_group_in_a_group_is_no_hardware_file_however_deep) {
  std::string deep = "0";
  for (int i = 0; i < 100000; ++i) deep = "{\"a\":" + std::move(deep) + "}";
  EXPECT_THAT(faults_of(deep), Contains(HasSubstr("unknown key 'a'")));
}

TEST(GenesysJson, a_value_that_is_not_a_whole_number_above_zero_is_named_by_key) {
  for (const char* bad : {"0", "-64", "64.0", "\"64\"", "null", "true", "[64]", "18446744073709551615"}) {
    EXPECT_THAT(faults_of(with(kDesign9, "\"ARRAY_N\": 64", std::string("\"ARRAY_N\": ") + bad)),
                ElementsAre("a.json:2:5: error: ARRAY_N must be a whole number, 1 or more, not " + std::string(bad)));
  }
}

TEST(GenesysJson, a_value_out_of_the_machines_range_is_named_by_key) {
  EXPECT_THAT(faults_of(with(kDesign9, "\"WGT_DATA_WIDTH\": 8", "\"WGT_DATA_WIDTH\": 7")),
              ElementsAre("a.json:4:5: error: WGT_DATA_WIDTH must be 4, 8, 16 or 32, not 7"));
  EXPECT_THAT(faults_of(with(kDesign9, "ADDR_WIDTH\": 8", "ADDR_WIDTH\": 20")),
              ElementsAre("a.json:17:5: error: SIMD_INST_MEM_ADDR_WIDTH must be 1 to 19, not 20"));
  EXPECT_THAT(faults_of(with(kDesign9, "ADDR_WIDTH\": 8", "ADDR_WIDTH\": 19")), IsEmpty());
}

TEST(GenesysJson, broken_json_is_reported_with_line_and_column) {
  EXPECT_THAT(faults_of("{\n  \"ARRAY_N\" 64\n}"), ElementsAre("a.json:2:14: error: this is not valid JSON"));
}

}  // namespace
}  // namespace systole
