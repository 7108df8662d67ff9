#include "explore/space.h"

#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>

namespace systole {
namespace {

using testing::HasSubstr;

/// Every combination that meets the budgets, the slow way.
std::size_t count(const DesignSpace& space) {
  Point point(space.axes().size());
  std::size_t met = 0;
  for (;;) {
    if (space.meets(point)) ++met;
    std::size_t axis = point.size();
    while (axis > 0 && ++point[axis - 1] == space.axes()[axis - 1].values.size()) point[--axis] = 0;
    if (axis == 0) return met;
  }
}

TEST(DesignSpace, EnumeratesWhatMeetsTheBudgets) {
  const DesignSpace space({{"a", {1, 2, 3, 4}}, {"b", {1, 2, 4, 8}}, {"c", {5, 6, 7}}, {"d", {1, 3}}},
                          {{"ab", {{0, 2}, {1, 1}}, 1, 5, 9}, {"cd", {{2, 1}, {3, 1}}, 0, 8, 8}});
  ASSERT_EQ(space.groups().size(), 2U);
  EXPECT_EQ(space.size(1000).value(), static_cast<double>(count(space)));
  EXPECT_FALSE(space.size(2).has_value());
}

TEST(DesignSpace, SaysWhatMissesABudget) {
  const DesignSpace space({{"a", {4, 8}}}, {{"memory", {{0, 2}}, 3, 0, 10}});
  EXPECT_EQ(space.points_of(0, 10).value().size(), 0U);
  EXPECT_EQ(space.nearest_miss(), "budget 'memory' allows 0 to 10, and the smallest sum is 11");
  const DesignSpace between({{"a", {4, 8}}}, {{"memory", {{0, 1}}, 0, 6, 6}});
  EXPECT_EQ(between.nearest_miss(), "budget 'memory' wants 6 to 6, and no sum of the axes' values lies there");
}

class SpaceFile : public testing::Test {
 protected:
  void SetUp() override {
    file_ = std::filesystem::temp_directory_path() / ("space" + std::to_string(::getpid()) + ".textproto");
  }
  void TearDown() override { std::filesystem::remove(file_); }
  /// What loading the text says is wrong.
  std::string faults(const std::string& text) {
    std::ofstream(file_) << "machine: \"inference_64x64\"\nworkload { network: \"resnet50\" }\n" << text;
    try {
      load_space(file_.string());
    } catch (const UserError& error) {
      std::string all;
      for (const Diagnostic& fault : error.diagnostics()) all += fault.to_string() + "\n";
      return all;
    }
    return "";
  }
  std::filesystem::path file_;
};

TEST_F(SpaceFile, FaultsNameFileLineAndCause) {
  EXPECT_THAT(faults("axis { field: \"ports.ibuff\" value: 64 }"), HasSubstr("textproto:3:"));
  EXPECT_THAT(faults("axis { field: \"ports.ibuff\" value: 64 }"), HasSubstr("did you mean 'ports.ibuf'?"));
  EXPECT_THAT(faults("axis { field: \"ports.ibuf\" }"), HasSubstr("axis 'ports.ibuf' has no value"));
  EXPECT_THAT(faults("axis { field: \"ports.ibuf\" value: 63 }"), HasSubstr("63"));
  EXPECT_THAT(faults("axis { field: \"ports.ibuf\" value: 64 } axis { field: \"ports.ibuf\" value: 64 }"),
              HasSubstr("varies twice"));
  EXPECT_THAT(
      faults("axis { field: \"ports.ibuf\" value: 64 }\n"
             "budget { name: \"bandwidth\" term { field: \"ports.ibuf\" } at_most: 32 }"),
      HasSubstr("no allocation meets the budgets: budget 'bandwidth' allows 0 to 32, and the smallest sum is 64"));
  EXPECT_THAT(faults(""), HasSubstr("no field varies"));
}

}  // namespace
}  // namespace systole
