#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace systole {

/// A task of an array job, as Slurm's queue lists it.
struct SlurmTask {
  std::int64_t job = 0;  ///< the array job's number
  int index = 0;         ///< in the array
  std::string state;     ///< Slurm's word: PENDING, RUNNING, FAILED, ..
  std::string reason;    ///< why it waits, as Resources

  /// Whether it has ended, well or not.
  [[nodiscard]] bool ended() const;
};

/// Array jobs of one name: submits them with sbatch, looks after them with squeue. Neither needs Slurm's accounting.
class Slurm {
 public:
  /// `scratch`: a folder for what the commands say. Throws EnvironmentError when one of them is not on PATH.
  Slurm(std::string job_name, std::filesystem::path scratch);

  /// Submits a script for these indices, with further options of sbatch; returns the job's number. Throws
  /// EnvironmentError with sbatch's own words when it is rejected.
  std::int64_t submit(const std::filesystem::path& script, const std::vector<int>& indices,
                      const std::vector<std::string>& options) const;

  /// This user's tasks of the name: those that wait, run, or have ended in the last minutes. Throws EnvironmentError
  /// with squeue's words when it cannot say.
  [[nodiscard]] std::vector<SlurmTask> tasks() const;

 private:
  std::string name_;
  std::filesystem::path scratch_;
  std::string sbatch_, squeue_;
};

/// Indices as sbatch's --array takes them: 1-3,7.
std::string array_text(const std::vector<int>& ascending);

}  // namespace systole
