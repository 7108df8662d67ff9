#include "configs/loader.h"

#include <gmock/gmock.h>

#include "configs/machine.pb.h"

namespace systole {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

/// The faults of a text that should be a SystolicArray, as a user reads them.
std::vector<std::string> faults_of(const std::string& text) {
  config::SystolicArray message;
  Diagnostics diagnostics;
  parse_text(text, "a", message, diagnostics);
  std::vector<std::string> faults;
  for (const Diagnostic& d : diagnostics.items()) faults.push_back(d.to_string());
  return faults;
}

TEST(Loader, reads_keys_comments_and_signs_and_knows_where_they_stood) {
  config::Machine machine;
  Diagnostics diagnostics;
  const Source source = parse_text(
      "# a comment\nclock_mhz: 1e3;\nsystolic_array {\n  rows: 16, columns: 0x20 }\n"
      "buffers { wbuf_bits: 8 ibuf_bits: 8 obuf_bits: 32 bbuf_bits: 8 vmem_bits: 32 }\n"
      "ports { parambuf: 8 ibuf: 8 obuf: 8 simd: 8 } name: \"two \" 'parts'",
      "a", machine, diagnostics);
  diagnostics.throw_if_any();
  EXPECT_EQ(machine.clock_mhz(), 1000.0);
  EXPECT_EQ(machine.systolic_array().columns(), 32);
  EXPECT_EQ(machine.name(), "two parts");
  EXPECT_EQ(source.fault("systolic_array.columns", "here").to_string(), "a:4:13: error: here");
  EXPECT_EQ(source.fault("systolic_array.bias_bits", "in").to_string(), "a:3:1: error: in");
  EXPECT_EQ(source.fault("dma.max_burst_bytes", "nowhere").to_string(), "a: error: nowhere");
}

TEST(Loader, all_faults_of_all_kinds_come_together) {
  EXPECT_THAT(
      faults_of("rovs: 16\n"
                "columns: -3\n"
                "weight_bits: 5\n"
                "columns: 4\n"
                "bias_bits: many\n"),
      ElementsAre("a:1:1: error: unknown key 'rovs'\n  hint: did you mean 'rows'?",
                  "a:2:10: error: columns must be a whole number from 1 to 1024, not -3",
                  "a:3:14: error: weight_bits must be 4, 8, 16 or 32, not 5", "a:4:1: error: 'columns' is given twice",
                  "a:5:12: error: bias_bits must be 8, 16 or 32, not many",
                  "a: error: missing key 'rows' in the file\n  hint: it has no default"));
}

TEST(Loader, range_ends_are_allowed_and_one_beyond_is_not) {
  EXPECT_THAT(faults_of("rows: 1024 columns: 1"), IsEmpty());
  EXPECT_EQ(faults_of("rows: 1025 columns: 1").size(), 1U);
  EXPECT_EQ(faults_of("rows: 1024 columns: 0").size(), 1U);
}

TEST(Loader, a_whole_number_field_takes_neither_fractions_nor_texts_nor_numbers_too_large) {
  for (const char* value : {"1.5", "\"16\"", "99999999999999999999", "true"}) {
    EXPECT_EQ(faults_of(std::string("columns: 1 rows: ") + value).size(), 1U) << value;
  }
}

TEST(Loader, an_unknown_group_is_skipped_whole) {
  EXPECT_THAT(faults_of("pes { rows: 1 deep { x: [1, 2] } }\nrows: 1 columns: 1"),
              ElementsAre("a:1:1: error: unknown key 'pes'"));
}

TEST(Loader, broken_syntax_is_reported_where_it_breaks_and_reading_goes_on) {
  EXPECT_THAT(faults_of("rows 16\ncolumns: }\n"), ElementsAre("a:1:6: error: expected ':' after 'rows', found '16'",
                                                              "a:2:10: error: expected a value of 'columns', found '}'",
                                                              "a:2:10: error: expected a key, found '}'"));
  config::Machine machine;
  Diagnostics diagnostics;
  parse_text("systolic_array {\n rows: 1\n columns: 1\n", "a", machine, diagnostics);
  ASSERT_FALSE(diagnostics.empty());
  EXPECT_EQ(diagnostics.items()[0].to_string(), "a:1:16: error: '{' of 'systolic_array' is never closed");
}

TEST(Loader, a_number_that_is_not_finite_is_out_of_range) {
  config::Machine machine;
  for (const char* value : {"inf", "-inf", "nan", "1e999"}) {
    Diagnostics diagnostics;
    parse_text(std::string("clock_mhz: ") + value, "a", machine, diagnostics);
    EXPECT_EQ(diagnostics.items()[0].message, std::string("clock_mhz must be a number from 1 to 10000, not ") + value);
  }
}

TEST(Loader, a_power_of_two_and_a_multiple_are_checked) {
  config::Dma dma;
  Diagnostics diagnostics;
  parse_text("max_burst_bytes: 96", "a", dma, diagnostics);
  config::Ports ports;
  parse_text("parambuf: 12 ibuf: 8 obuf: 8 simd: 8", "a", ports, diagnostics);
  ASSERT_EQ(diagnostics.items().size(), 2U);
  EXPECT_EQ(diagnostics.items()[0].message,
            "max_burst_bytes must be a whole number from 64 to 4096, a power of two, not 96");
  EXPECT_EQ(diagnostics.items()[1].message, "parambuf must be a whole number from 8 to 8192, a multiple of 8, not 12");
}

TEST(Loader, defaults_are_written_out_but_groups_with_required_keys_stay_absent) {
  config::Machine machine;
  fill_defaults(machine);
  EXPECT_TRUE(machine.has_clock_mhz());
  EXPECT_EQ(machine.dma().max_burst_bytes(), 1024);
  EXPECT_TRUE(machine.dma().has_max_burst_bytes());
  EXPECT_FALSE(machine.has_buffers());
}

}  // namespace
}  // namespace systole
