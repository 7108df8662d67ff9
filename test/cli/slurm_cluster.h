#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>
#include <vector>

namespace systole {

/// A Slurm of one node with two processors on this computer's loopback: munged, slurmctld and slurmd of our own, in a
/// folder of their own, as this user. They end with this process, however it ends.
class SlurmCluster {
 public:
  /// The first of the programs that is not installed; empty when all are.
  static std::string missing_program();

  /// Starts the daemons, waits until the node is ready and sets SLURM_CONF. Throws std::runtime_error with their logs.
  explicit SlurmCluster(const std::filesystem::path& folder);
  ~SlurmCluster();
  SlurmCluster(const SlurmCluster&) = delete;

 private:
  void write_configuration();
  void start(const std::string& name, const std::vector<std::string>& command);
  [[noreturn]] void fail(const std::string& what) const;
  void stop();

  std::filesystem::path folder_;
  std::vector<pid_t> daemons_;
};

}  // namespace systole
