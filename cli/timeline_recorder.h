#pragma once

#include <memory>
#include <string>
#include <vector>

#include "cli/options.h"
#include "configs/machine.pb.h"
#include "isa/program.pb.h"
#include "models/cycle/machine.h"
#include "traces/result_folder.h"
#include "traces/timeline/timeline.h"

namespace systole {

/// --timeline: writes the timeline of a run.
class TimelineRecorder {
 public:
  /// `path` empty: no timeline. Throws EnvironmentError when the file cannot be written.
  TimelineRecorder(const std::string& path, const isa::Program& program, const config::Machine& machine);

  /// For the simulation; nothing when no timeline was asked for.
  [[nodiscard]] std::vector<Watch> watches() const;

  /// The run ended at `end`: completes the file. Returns what is lost of it; empty: nothing.
  [[nodiscard]] std::string finish(Cycles end);

 private:
  std::unique_ptr<StreamedFile> out_;
  std::unique_ptr<Timeline> timeline_;
};

}  // namespace systole
