#include "base/files.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <fstream>

#include "base/errors.h"

namespace systole {
namespace {

TEST(Files, a_file_is_read_whole_whatever_bytes_it_holds) {
  const std::string path = ::testing::TempDir() + "files_test.bin";
  const std::string bytes("a\0b\r\n\xFF", 6);
  std::ofstream(path, std::ios::binary) << bytes;
  EXPECT_EQ(read_file(path), bytes);
  std::remove(path.c_str());
}

TEST(Files, what_cannot_be_read_is_the_environments_fault_and_is_named) {
  for (const char* path : {"/nonexistent/file", "/"}) {
    try {
      read_file(path);
      FAIL() << path << " was read";
    } catch (const EnvironmentError& e) {
      EXPECT_EQ(std::string(e.what()).rfind(std::string(path) + ": cannot be read (", 0), 0U) << e.what();
    }
  }
}

}  // namespace
}  // namespace systole
