#include "explore/store.h"

#include <gmock/gmock.h>
#include <sqlite3.h>

#include <fstream>

#include "base/errors.h"
#include "base/files.h"

namespace systole {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

constexpr const char* kSpace = "machine and axes";

class Store : public testing::Test {
 protected:
  void SetUp() override { fs::create_directories(folder_); }
  void TearDown() override { fs::remove_all(folder_); }

  static Tally tally() {
    Tally tally;
    tally.points = 1;
    tally.offer({{8, 16}, Evaluated(123456)});
    return tally;
  }
  std::string whole_file() const {
    ExploreStore store(file_, kSpace);
    store.put("rows 0", tally());
    store.put_finalist("a machine", R"({"cycles":1})");
    store.finish();
    return read_file(file_.string());
  }
  void write(const std::string& bytes) const { std::ofstream(file_, std::ios::binary) << bytes; }
  /// What is said when the file is used; empty: nothing is amiss.
  std::string fault() const {
    try {
      ExploreStore store(file_, kSpace);
      const auto found = store.find("rows 0");
      const auto finalist = store.find_finalist("a machine");
      EXPECT_TRUE(!found || found->best == tally().best);
      EXPECT_TRUE(!finalist || *finalist == R"({"cycles":1})");
      return "";
    } catch (const EnvironmentError& error) {
      return error.what();
    }
  }

  const fs::path folder_ = fs::path(testing::TempDir()) / ("store" + std::to_string(getpid()));
  const fs::path file_ = folder_ / "explore.sqlite";
};

/// A flipped bit anywhere, an end that is missing: no other result than the one that was written, and the file is
/// named.
TEST_F(Store, ADamagedFileIsToldAndNeverTaken) {
  const std::string whole = whole_file();
  int told = 0;
  for (std::size_t place = 0; place < whole.size(); place += 61) {
    std::string bytes = whole;
    bytes[place] = static_cast<char>(bytes[place] ^ (1 << (place % 8)));
    write(bytes);
    const std::string said = fault();
    if (said.empty()) continue;
    ++told;
    EXPECT_THAT(said, HasSubstr(file_.string())) << place;
    EXPECT_THAT(said, HasSubstr("hint: ")) << place;
  }
  EXPECT_GT(told, 5);
  for (const std::size_t size : {100U, 4096U, 8192U}) {
    write(whole.substr(0, size));
    EXPECT_THAT(fault(), HasSubstr("give --force to begin anew")) << size;
  }
  write(whole);
  EXPECT_EQ(fault(), "");
}

TEST_F(Store, ADamagedEntryIsNamed) {
  std::string bytes = whole_file();
  const std::size_t place = bytes.find("123456");
  ASSERT_NE(place, std::string::npos);
  bytes[place] = '2';  // a cheaper machine than there is
  write(bytes);
  EXPECT_THAT(fault(), HasSubstr("the entry 'rows 0' is damaged"));
}

TEST_F(Store, AnotherProgramsFileIsRefused) {
  sqlite3* other = nullptr;
  ASSERT_EQ(sqlite3_open(file_.c_str(), &other), SQLITE_OK);
  ASSERT_EQ(sqlite3_exec(other, "CREATE TABLE space(planet TEXT)", nullptr, nullptr, nullptr), SQLITE_OK);
  sqlite3_close(other);
  EXPECT_THAT(fault(), HasSubstr("no such column: text"));
}

/// A task's file that was cut: it is the one that is named, and nothing of it is taken.
TEST_F(Store, ADamagedPartIsNamed) {
  const std::string whole = whole_file();
  const fs::path part = folder_ / "1_of_2.sqlite";
  std::ofstream(part, std::ios::binary) << whole.substr(0, whole.size() - 4096);
  fs::remove(file_);
  ExploreStore store(file_, kSpace);
  try {
    store.absorb(part);
    FAIL() << "the part was taken";
  } catch (const EnvironmentError& error) {
    EXPECT_THAT(error.what(), HasSubstr(part.string()));
  }
  EXPECT_FALSE(store.find("rows 0"));
}

}  // namespace
}  // namespace systole
