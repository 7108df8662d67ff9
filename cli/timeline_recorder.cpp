#include "cli/timeline_recorder.h"

namespace systole {

TimelineRecorder::TimelineRecorder(const std::string& path, const isa::Program& program,
                                   const config::Machine& machine) {
  if (path.empty()) return;
  TimelineOptions options;
  options.title = program.model() + " on " + machine.name();
  for (const isa::LayerInfo& layer : program.layers()) options.layers.push_back(layer.name());
  if (machine.memory_description().has_dram()) {
    const config::DramOrganization& dram = machine.memory_description().dram().organization();
    options.channels = dram.channels();
    options.burst_bytes = dram.channel_bits() / 8 * dram.burst_length();
  }
  out_ = std::make_unique<StreamedFile>(path);
  timeline_ = std::make_unique<Timeline>(out_->stream(), options);
}

std::vector<Watch> TimelineRecorder::watches() const {
  if (!timeline_) return {};
  Watch watch;
  watch.observer = timeline_.get();
  return {watch};
}

std::string TimelineRecorder::finish(Cycles end) {
  if (!timeline_) return "";
  timeline_->close(end);
  return out_->keep();
}

}  // namespace systole
