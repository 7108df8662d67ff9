#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "test/cli/program_run.h"

namespace systole {
namespace {

constexpr std::int64_t kMegabyte = std::int64_t{1} << 20;

class Streaming : public ProgramTest {
 protected:
  /// A run of LeNet-5 that writes everything that grows with it; bytes of memory that it took at most.
  [[nodiscard]] std::int64_t memory_of(int batch) const {
    const Ended run = systole(
        "run lenet5 --quiet --hw inference_16x16 --force --out results --timeline run.json "
        "--trace run.trace --vcd run.vcd --batch " +
        std::to_string(batch));
    EXPECT_EQ(run.code, 0) << run.err;
    return nlohmann::json::parse(text_of("results/run.json"))["peak_memory_bytes"];
  }
  [[nodiscard]] std::int64_t written() const {
    std::uintmax_t bytes = 0;
    for (const char* name : {"run.json", "run.trace", "run.vcd"}) bytes += std::filesystem::file_size(place / name);
    return static_cast<std::int64_t>(bytes);
  }
};

/// What a run leaves while it goes on is written at once. Both runs fill every buffer; the second is five times as
/// long, and what the files grow by is far more than what is allowed.
TEST_F(Streaming, MemoryDoesNotGrowWithTheRun) {
  const std::int64_t before = memory_of(320);
  const std::int64_t files = written();
  const std::int64_t after = memory_of(1600);
  EXPECT_GT(written() - files, 80 * kMegabyte);
  EXPECT_LT(after - before, 10 * kMegabyte);
}

}  // namespace
}  // namespace systole
