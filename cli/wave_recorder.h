#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cli/options.h"
#include "configs/machine.pb.h"
#include "isa/program.pb.h"
#include "models/cycle/machine.h"
#include "traces/result_folder.h"
#include "traces/waves/machine_wave.h"

namespace systole {

/// --vcd, --fst and what goes with them.
struct WaveRequest {
  std::string vcd;  ///< the file; empty: no value change dump
  std::string fst;  ///< the file; empty: no FST
  std::optional<std::int64_t> from;
  std::optional<std::int64_t> until;
  std::vector<std::string> layers;  ///< patterns
  std::vector<std::string> units;   ///< patterns of scopes
  std::string on;                   ///< the condition of a stall; empty: the wave waits for none
  std::optional<std::int64_t> margin;
};

OptionGroup wave_options(WaveRequest& request);

/// What a wave of the whole run has: layers, channels, banks.
WaveOptions wave_options_for(const isa::Program& program, const config::Machine& machine);

/// Writes the waveform of a run, and beside it a save file for GTKWave (`run.vcd` and `run.gtkw`).
class WaveRecorder {
 public:
  /// Throws UserError for a layer or a unit that is not there, an empty window, and options without --vcd;
  /// EnvironmentError when the file cannot be written.
  WaveRecorder(const WaveRequest& request, const isa::Program& program, const config::Machine& machine);

  /// For the simulation; nothing when no wave was asked for.
  [[nodiscard]] std::vector<Watch> watches() const { return wave_ ? std::vector<Watch>{watch_} : std::vector<Watch>{}; }

  /// The run ended at `end`: completes the file. Returns what is lost of it; empty: nothing.
  [[nodiscard]] std::string finish(Cycles end);

  /// Throws UserError when the window lies behind the end of the run.
  void check_window(Cycles end) const;

  /// What came of waiting for a stall, a line; empty when no stall was waited for.
  [[nodiscard]] const std::string& note() const { return note_; }

 private:
  std::string path_;
  bool fst_ = false;
  std::unique_ptr<StreamedFile> out_;
  std::unique_ptr<WaveFile> file_;
  std::unique_ptr<MachineWave> wave_;
  Watch watch_;
  std::string note_;
};

}  // namespace systole
