#include "isa/program.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <random>

#include "base/errors.h"
#include "test/isa/example_block.h"

namespace systole::isa {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

namespace fs = std::filesystem;

class ProgramFile : public ::testing::Test {
 protected:
  ProgramFile() : folder_(fs::temp_directory_path() / ("systole_program_" + std::to_string(::getpid()))) {
    fs::create_directories(folder_);
  }
  ~ProgramFile() override { fs::remove_all(folder_); }
  [[nodiscard]] std::string path(const char* name) const { return (folder_ / name).string(); }

  fs::path folder_;
};

std::string refusal(const std::string& bytes) {
  try {
    from_bytes(bytes, "p.systole");
  } catch (const UserError& error) {
    return error.what();
  }
  return "accepted";
}

TEST_F(ProgramFile, is_read_back_as_it_was_written) {
  const Program program = example_program();
  write_program(program, path("a"));
  write_program(program, path("a"));  // replaces
  EXPECT_EQ(to_bytes(read_program(path("a"))), to_bytes(program));
  EXPECT_EQ(std::distance(fs::directory_iterator(folder_), {}), 1) << "no partial file is left";
}

TEST_F(ProgramFile, an_unreadable_or_unwritable_path_is_the_environments_fault) {
  EXPECT_THROW(read_program(path("missing")), EnvironmentError);
  EXPECT_THROW(write_program(example_program(), path("no/such/folder")), EnvironmentError);
  EXPECT_THROW(write_program(example_program(), "/dev/full"), EnvironmentError);
  EXPECT_TRUE(fs::is_empty(folder_));
}

TEST(Program, is_told_from_an_onnx_model_by_its_first_bytes) {
  EXPECT_TRUE(is_program(to_bytes(example_program())));
  EXPECT_FALSE(is_program(std::string("\x08\x07\x12\x07pytorch", 11)));
  EXPECT_FALSE(is_program(""));
}

TEST(Program, a_damaged_file_is_refused_with_the_reason_and_what_to_do) {
  const std::string good = to_bytes(example_program());
  EXPECT_THAT(refusal("hello"), HasSubstr("p.systole: error: this is not a Systole program"));
  EXPECT_THAT(refusal(good.substr(0, 20)), HasSubstr("cut off inside its header"));
  EXPECT_THAT(refusal(good.substr(0, good.size() - 1)), HasSubstr("cut off"));
  EXPECT_THAT(refusal(good + "x"), HasSubstr("too long"));
  std::string flipped = good;
  flipped[good.size() / 2] ^= 4;
  EXPECT_THAT(refusal(flipped), HasSubstr("damaged"));
  EXPECT_THAT(refusal(flipped), HasSubstr("hint: compile the model again"));
}

TEST(Program, no_damage_of_a_byte_goes_unnoticed) {
  const std::string good = to_bytes(example_program());
  std::mt19937 random(5);
  for (int i = 0; i < 2000; ++i) {
    std::string bad = good;
    bad[random() % bad.size()] ^= static_cast<char>(1 + random() % 255);
    ASSERT_NE(refusal(bad), "accepted");
  }
}

TEST(Program, another_schema_is_refused) {
  Program program = example_program();
  program.set_schema(2);
  EXPECT_THAT(refusal(to_bytes(program)), HasSubstr("the program has schema 2, and this version reads schema 1"));
}

TEST(Program, names_only_layers_that_exist) {
  Program program = example_program();
  program.mutable_blocks(0)->set_array_layer(2);
  program.mutable_layers(1)->set_index(7);
  EXPECT_THAT(refusal(to_bytes(program)), HasSubstr("layer 1 says that its index is 7"));
  EXPECT_THAT(refusal(to_bytes(program)), HasSubstr("block 0 names layer 2, there are 2"));
}

TEST(Program, differences_between_machines_are_named_and_more_memory_is_none) {
  Target machine = small_target();
  machine.set_memory_bytes(1 << 30);
  EXPECT_THAT(differences(small_target(), machine), ElementsAre());
  machine.set_memory_bytes(1);
  machine.set_rows(8);
  machine.set_float32(true);
  EXPECT_THAT(
      differences(small_target(), machine),
      ElementsAre("rows: the program needs 4, the machine has 8", "float32: the program needs 0, the machine has 1",
                  "memory_bytes: the program needs 1048576, the machine has 1"));
}

}  // namespace
}  // namespace systole::isa
