#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace systole {

/// Where the RTL and its testbench are (files.txt names the files in order): beside the installed program, or in the
/// sources it was built from.
std::filesystem::path shipped_rtl();

/// The first signal in which RTL is not what the vectors say.
struct RtlDifference {
  std::int64_t tile = 0;
  std::int64_t cycle = 0;  ///< of the tile
  std::string unit;        ///< systolic_array, simd_unit
  std::string signal;      ///< as `result[3]`
  std::string expected;
  std::string got;
};

/// How the testbench ended.
struct RtlVerdict {
  std::optional<RtlDifference> difference;
  std::int64_t results = 0;  ///< compared, when there is no difference
};

/// models/rtl/cosim_testbench.sv in a simulator of the user's computer.
class RtlSimulator {
 public:
  /// `name`: verilator or icarus. Throws UserError for another, EnvironmentError naming the package when it is not
  /// installed or `rtl` cannot be read.
  RtlSimulator(const std::string& name, std::filesystem::path rtl);

  /// Builds the testbench with these parameters (NAME=VALUE) in the folder `work`, or takes what an earlier run has
  /// built from the same. Throws EnvironmentError when the simulator refuses.
  void build(const std::vector<std::string>& parameters, const std::filesystem::path& work);

  /// Runs it on the vectors of a folder. EnvironmentError when it ends without a verdict.
  [[nodiscard]] RtlVerdict run(const std::filesystem::path& vectors, const std::filesystem::path& work) const;

  [[nodiscard]] const std::string& name() const { return name_; }

 private:
  [[nodiscard]] std::string compile(const std::vector<std::string>& parameters,
                                    const std::filesystem::path& work) const;

  std::string name_;
  std::string compiler_;            ///< the simulator's program
  std::string runner_;              ///< what runs what it makes; empty: it runs by itself
  std::vector<std::string> files_;  ///< of the RTL, in order
  std::string built_;               ///< what it made
};

/// The verdict in what the testbench has printed; nothing when there is none.
std::optional<RtlVerdict> verdict_in(const std::string& output);

}  // namespace systole
