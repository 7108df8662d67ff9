#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

#include "isa/encoding.h"

namespace systole::isa {
namespace {

constexpr const char* kManual = SYSTOLE_SOURCE_DIR "/isa/manual.md";
const std::string kBegin = "<!-- encoding tables: begin -->\n";
const std::string kEnd = "<!-- encoding tables: end -->\n";

/// The appendix is generated: UPDATE_GOLDEN=1 in the environment rewrites it.
TEST(Manual, its_appendix_is_the_encoding_table) {
  std::stringstream file;
  file << std::ifstream(kManual).rdbuf();
  std::string manual = file.str();
  const std::size_t begin = manual.find(kBegin);
  const std::size_t end = manual.find(kEnd);
  ASSERT_NE(begin, std::string::npos);
  ASSERT_NE(end, std::string::npos);
  const std::size_t start = begin + kBegin.size();
  const std::string written = manual.substr(start, end - start);
  const std::string expected = "\n" + encoding_manual() + "\n";
  if (std::getenv("UPDATE_GOLDEN") != nullptr && written != expected) {
    manual.replace(start, end - start, expected);
    std::ofstream(kManual) << manual;
    return;
  }
  EXPECT_EQ(written, expected) << "run this test with UPDATE_GOLDEN=1 to write it anew";
}

}  // namespace
}  // namespace systole::isa
