#pragma once

#include <filesystem>
#include <iosfwd>

#include "traces/waves/wave_file.h"

namespace systole {

/// Value change dump (IEEE 1364, clause 18), with texts as GTKWave's `string` variables. One time step is one
/// accelerator cycle, which the time scale calls 1 ns.
class VcdFile : public WaveFile {
 public:
  /// Writes to `out`, whose state tells whether that works; it is flushed at the end of each time step.
  explicit VcdFile(std::ostream& out) : out_(out) {}

  void declare(const std::vector<WaveVariable>& variables) override;
  void change(Cycles at, std::size_t variable, std::int64_t value) override;
  void close(Cycles end) override;
  [[nodiscard]] std::optional<Cycles> lost_at() const override { return lost_at_; }

 private:
  struct Variable {
    std::string code;
    int bits = 1;
    std::vector<std::string> names;
  };
  void go_to(Cycles at);
  void end_step();
  void dump_unknown();

  std::ostream& out_;
  std::vector<Variable> variables_;
  Cycles now_{-1};
  std::optional<Cycles> lost_at_;
};

/// The last cycle of a value change dump, from its last 64 KiB; nothing when there is none.
std::optional<Cycles> last_cycle(const std::filesystem::path& path);

}  // namespace systole
