#include "models/cycle/dram/trace_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zlib.h>

#include <cstdio>
#include <fstream>

namespace systole::dram {
namespace {

using testing::HasSubstr;

class TraceFile : public testing::Test {
 protected:
  void TearDown() override { std::remove(path_.c_str()); }
  void write(const std::string& text) { std::ofstream(path_, std::ios::binary) << text; }
  std::vector<TraceRequest> read(std::uint64_t capacity = 1 << 30) {
    TraceReader reader(path_, capacity);
    std::vector<TraceRequest> all;
    TraceRequest request;
    while (reader.next(request)) all.push_back(request);
    reader.finish();
    return all;
  }
  std::vector<Diagnostic> faults() {
    try {
      read();
    } catch (const UserError& error) {
      return error.diagnostics();
    }
    return {};
  }
  std::string path_ =
      testing::TempDir() + "trace_reader_test." + testing::UnitTest::GetInstance()->current_test_info()->name();
};

TEST_F(TraceFile, lines_become_requests_with_spaces_tabs_and_carriage_returns) {
  write("0x40 READ 0\r\n\n  0X1aF WRITE\t7  \n0x0 READ 7");
  const std::vector<TraceRequest> all = read();
  ASSERT_EQ(all.size(), 3U);
  EXPECT_EQ(all[1].address, 0x1afU);
  EXPECT_EQ(all[1].direction, Direction::write);
  EXPECT_EQ(all[1].clock, 7);
  EXPECT_EQ(all[2].address, 0U);
}

TEST_F(TraceFile, gzip_is_read_as_it_is) {
  gzFile file = gzopen(path_.c_str(), "wb");
  for (int i = 0; i < 100000; ++i) gzprintf(file, "0x%x READ %d\n", i * 64, i);
  gzclose(file);
  const std::vector<TraceRequest> all = read();
  ASSERT_EQ(all.size(), 100000U);
  EXPECT_EQ(all[99999].address, 99999U * 64);
}

TEST_F(TraceFile, an_empty_trace_has_no_requests) {
  write("");
  EXPECT_TRUE(read().empty());
}

TEST_F(TraceFile, every_bad_line_is_reported_with_its_number) {
  write(
      "0x0 READ 5\nfoo READ 6\n0x40 read 6\n0x40 READ -1\n0x40 READ 6 7\n0x40 READ 4\n0x40000000 READ "
      "9\n0x40\n0x123456789abcdef01 READ 9\n");
  const std::vector<Diagnostic> all = faults();
  ASSERT_EQ(all.size(), 8U);
  const std::vector<std::string> says = {"'foo' is not a hexadecimal", "'read' is neither",
                                         "'-1' is not a clock",        "'7' is left over",
                                         "out of time order",          "beyond the device, which has",
                                         "'' is neither READ",         "is not a hexadecimal"};
  for (std::size_t i = 0; i < all.size(); ++i) {
    EXPECT_EQ(all[i].line, static_cast<int>(i) + 2);
    EXPECT_EQ(all[i].file, path_);
    EXPECT_THAT(all[i].message, HasSubstr(says[i]));
  }
}

TEST_F(TraceFile, reading_stops_after_twenty_faults) {
  std::string text;
  for (int i = 0; i < 1000; ++i) text += "nonsense\n";
  write(text);
  EXPECT_EQ(faults().size(), 20U);
}

TEST_F(TraceFile, a_line_without_end_is_a_fault_and_not_a_crash) {
  write(std::string(3000000, 'x'));
  const std::vector<Diagnostic> all = faults();
  ASSERT_EQ(all.size(), 1U);
  EXPECT_LT(all[0].message.size(), 200U);
}

TEST_F(TraceFile, what_cannot_be_printed_is_shown_as_question_marks) {
  write("\x01\xff\x80 READ 1\n");
  const std::vector<Diagnostic> all = faults();
  ASSERT_EQ(all.size(), 1U);
  EXPECT_THAT(all[0].message, HasSubstr("'\?\?\?' is not a hexadecimal"));
}

TEST_F(TraceFile, a_clock_that_would_take_for_ever_is_refused) {
  write("0x0 READ 1000000000000\n");
  EXPECT_EQ(read().size(), 1U);
  write("0x0 READ 1000000000001\n");
  EXPECT_THAT(faults().at(0).message, HasSubstr("is above 1000000000000"));
}

TEST_F(TraceFile, a_missing_file_or_a_folder_is_the_environments_fault) {
  EXPECT_THROW(TraceReader("/nowhere/at.all", 64), EnvironmentError);
  EXPECT_THROW(
      {
        TraceReader reader(testing::TempDir(), 64);
        TraceRequest request;
        reader.next(request);
      },
      EnvironmentError);
}

TEST_F(TraceFile, a_damaged_gzip_file_is_the_users_fault) {
  write("\x1f\x8b\x08 this is not gzip");
  EXPECT_THAT(faults().at(0).message, HasSubstr("the gzip file is damaged"));
}

}  // namespace
}  // namespace systole::dram
