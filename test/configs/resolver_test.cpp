#include "configs/resolver.h"

#include <gmock/gmock.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace systole {
namespace {

using testing::Contains;
using testing::EndsWith;
using testing::HasSubstr;

/// SYSTOLE_CONFIG_PATH for the length of a test.
class ConfigPath {
 public:
  explicit ConfigPath(const std::string& folders) { setenv("SYSTOLE_CONFIG_PATH", folders.c_str(), 1); }
  ~ConfigPath() { unsetenv("SYSTOLE_CONFIG_PATH"); }
};

std::string find(const ConfigKind& kind, const std::string& name, const std::string& base = "") {
  Diagnostics diagnostics;
  std::string path = find_config(kind, name, base, {}, diagnostics);
  diagnostics.throw_if_any();
  return path;
}

TEST(Resolver, a_name_with_a_dot_or_a_slash_is_a_file_relative_to_the_base) {
  EXPECT_EQ(find(kHardware, "mine.textproto"), "mine.textproto");
  EXPECT_EQ(find(kDram, "mine.textproto", "folder"), "folder/mine.textproto");
  EXPECT_EQ(find(kDram, "/abs/mine", "folder"), "/abs/mine");
}

TEST(Resolver, the_users_folder_comes_before_the_shipped_ones_and_adds_its_names) {
  const std::string folder = testing::TempDir() + "user_configs";
  std::filesystem::create_directories(folder + "/hardware");
  std::ofstream(folder + "/hardware/inference_64x64.textproto") << "\n";
  std::ofstream(folder + "/hardware/my_chip.textproto") << "\n";
  EXPECT_THAT(find(kHardware, "inference_64x64"), HasSubstr(SYSTOLE_SOURCE_DIR));
  const ConfigPath path("/nonexistent:" + folder);
  EXPECT_EQ(find(kHardware, "inference_64x64"), folder + "/hardware/inference_64x64.textproto");
  EXPECT_EQ(find(kHardware, "my_chip"), folder + "/hardware/my_chip.textproto");
  EXPECT_THAT(find(kHardware, "inference_32x32"), EndsWith("configs/hardware/inference_32x32.textproto"));
  EXPECT_THAT(shipped_names(kHardware), Contains("my_chip"));
}

TEST(Resolver, a_name_that_is_unknown_or_empty_is_the_users_fault) {
  EXPECT_THROW(find(kHardware, "nothing_like_it"), UserError);
  EXPECT_THROW(find(kHardware, ""), UserError);
}

}  // namespace
}  // namespace systole
