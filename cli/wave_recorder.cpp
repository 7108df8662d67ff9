#include "cli/wave_recorder.h"

#include <fmt/format.h>
#include <fnmatch.h>

#include <algorithm>

#include "base/errors.h"
#include "cli/program_source.h"
#include "models/cycle/configure.h"
#include "traces/waves/fst_file.h"
#include "traces/waves/gtkwave_save.h"
#include "traces/waves/vcd_file.h"

namespace systole {

namespace {

namespace po = boost::program_options;

constexpr std::int64_t kMargin = 10000;

void check_consistent(const WaveRequest& request) {
  const bool window = request.from || request.until;
  if (!request.vcd.empty() && !request.fst.empty()) {
    throw UserError({"", 0, 0, "--vcd and --fst ask for the same waveform twice", "leave one of them out"});
  }
  const bool detailed = window || !request.layers.empty() || !request.units.empty() || !request.on.empty();
  if (request.vcd.empty() && request.fst.empty() && (detailed || request.margin)) {
    throw UserError(
        {"", 0, 0,
         "--wave-from, --wave-to, --wave-layer, --wave-units, --wave-on and --wave-margin belong to --vcd and --fst",
         "add --vcd FILE"});
  }
  if (request.margin && (request.on.empty() || *request.margin < 0)) {
    throw UserError({"", 0, 0, "--wave-margin is the number of cycles before and after the stall of --wave-on",
                     "give --wave-on, and a margin of 0 or more"});
  }
  if (window && !request.layers.empty()) {
    throw UserError({"", 0, 0, "a window is given by cycles and by layers", "leave one of them out"});
  }
  if (request.from.value_or(0) < 0 || (request.until && *request.until <= request.from.value_or(0))) {
    throw UserError({"", 0, 0, "the window of cycles is empty", "--wave-to must be greater than --wave-from"});
  }
}

WaveOptions options_of(const WaveRequest& request, const isa::Program& program, const config::Machine& machine) {
  WaveOptions options = wave_options_for(program, machine);
  options.from = Cycles{request.from.value_or(0)};
  if (request.until) options.until = Cycles{*request.until};
  options.units = request.units;
  if (!request.on.empty()) options.on = parse_stall("--wave-on", request.on);
  options.margin = Cycles{request.margin.value_or(kMargin)};
  return options;
}

std::vector<int> blocks_of(const std::vector<int>& layers, const isa::Program& program) {
  std::vector<int> blocks;
  for (int b = 0; b < program.blocks_size(); ++b) {
    const std::vector<int> here = layers_of(program.blocks(b));
    const bool wanted = std::any_of(here.begin(), here.end(), [&](int layer) {
      return std::find(layers.begin(), layers.end(), layer) != layers.end();
    });
    if (wanted) blocks.push_back(b);
  }
  return blocks;
}

void check_units(const WaveOptions& options) {
  Diagnostics diagnostics;
  const std::vector<std::string> scopes = wave_scopes(options);
  for (const std::string& pattern : options.units) {
    const auto matches = [&](const std::string& scope) { return fnmatch(pattern.c_str(), scope.c_str(), 0) == 0; };
    if (std::any_of(scopes.begin(), scopes.end(), matches)) continue;
    const std::string near = nearest(pattern, scopes);
    diagnostics.add(
        {"", 0, 0, fmt::format("--wave-units {}: no scope of the waveform matches", pattern),
         near.empty() ? fmt::format("scopes: {}", fmt::join(scopes, ", ")) : fmt::format("did you mean {}?", near)});
  }
  diagnostics.throw_if_any();
}

std::string note_of(const StallTrigger& trigger, const std::string& path) {
  const StallTrigger::Span& longest = trigger.longest();
  if (trigger.fired()) {
    return fmt::format("{}: '{}' came true by the stall of cycles {} to {}\n", path, trigger.condition().text,
                       trigger.stall().from.count(), trigger.stall().until.count() - 1);
  }
  const std::string instead = longest.length() == Cycles{}
                                  ? "there was no such stall"
                                  : fmt::format("the longest such stall has {} cycles, from cycle {}",
                                                longest.length().count(), longest.from.count());
  return fmt::format("{}: not written, '{}' never came true; {}\n", path, trigger.condition().text, instead);
}

}  // namespace

WaveOptions wave_options_for(const isa::Program& program, const config::Machine& machine) {
  WaveOptions options;
  for (const isa::LayerInfo& layer : program.layers()) options.layers.push_back(layer.name());
  options.streams = 0;
  options.directions = {};
  options.directions[static_cast<std::size_t>(isa::Port::instruction)][0] = true;
  for (const ProgramBlock& block : load_program(program).blocks) {
    for (std::size_t s = 0; s < block.block.streams.size(); ++s) {
      const isa::Stream& stream = block.block.streams[s];
      if (!stream.used) continue;
      options.streams |= 1U << s;
      options.directions[static_cast<std::size_t>(isa::port_of(stream.buffer))]
                        [stream.direction == isa::Direction::load ? 0 : 1] = true;
    }
  }
  if (machine.memory_description().has_dram()) {
    const config::DramOrganization& dram = machine.memory_description().dram().organization();
    options.channels = dram.channels();
    options.banks = dram.ranks() * dram.bank_groups() * dram.banks_per_group();
  }
  return options;
}

OptionGroup wave_options(WaveRequest& request) {
  OptionGroup all("Waveforms");
  const auto texts = [](std::vector<std::string>& target) {
    return po::value(&target)->composing()->value_name("PATTERN");
  };
  const auto cycle = [](std::optional<std::int64_t>& target) {
    return po::value<std::int64_t>()->value_name("CYCLE")->notifier([&](std::int64_t value) { target = value; });
  };
  all.add_options()  //
      ("vcd", po::value(&request.vcd)->value_name("FILE"),
       "write a waveform (value change dump; a step is a cycle)")                                                     //
      ("fst", po::value(&request.fst)->value_name("FILE"), "the same as FST, GTKWave's compressed format")            //
      ("wave-from", cycle(request.from), "first cycle of the waveform; without it, 0")                                //
      ("wave-to", cycle(request.until), "the cycle after its last; without it, the end of the run")                   //
      ("wave-layer", texts(request.layers), "only while the layers run whose name matches; repeatable")               //
      ("wave-units", texts(request.units), "only these scopes, as dma_*, dram.channel0, systolic_array; repeatable")  //
      ("wave-on", po::value(&request.on)->value_name("STALL"),
       "only the first stall that lasts so long, as 'dma_ibuf stall>1000' or 'systolic_array wbuf_load>500'")  //
      ("wave-margin", cycle(request.margin), "cycles before and after the stall of --wave-on; without it, 10000");
  return all;
}

WaveRecorder::WaveRecorder(const WaveRequest& request, const isa::Program& program, const config::Machine& machine) {
  check_consistent(request);
  path_ = request.vcd.empty() ? request.fst : request.vcd;
  if (path_.empty()) return;
  if (!request.layers.empty()) {
    watch_.blocks = blocks_of(matching_layers(request.layers, "--wave-layer", program), program);
  }
  const WaveOptions options = options_of(request, program, machine);
  check_units(options);
  watch_.from = options.from;
  watch_.until = options.until;
  out_ = std::make_unique<StreamedFile>(path_);
  fst_ = !request.fst.empty();
  if (!fst_) {
    file_ = std::make_unique<VcdFile>(out_->stream());
  } else {
    file_ = make_fst_file(out_->path());
  }
  wave_ = std::make_unique<MachineWave>(*file_, options);
  watch_.observer = wave_.get();
}

std::string WaveRecorder::finish(Cycles end) {
  if (!wave_ || watch_.from >= end) return "";
  if (wave_->trigger() != nullptr) {
    note_ = note_of(*wave_->trigger(), path_);
    if (!wave_->trigger()->fired()) return "";
  }
  wave_->close(end);
  const std::optional<Cycles> lost_at = file_->lost_at();
  if (lost_at == Cycles{}) return path_ + ": cannot be written (the disk is full)";
  std::string loss = out_->keep();
  if (lost_at && loss.empty()) loss = path_ + ": its end is missing (the disk is full)";
  const std::filesystem::path path = path_;
  if (!std::filesystem::is_regular_file(path)) return loss;
  const std::optional<Cycles> last = fst_ ? lost_at : last_cycle(path);
  if (!loss.empty() && last) loss += fmt::format("; the waveform ends at cycle {}", last->count());
  std::filesystem::path save = path;
  try {
    write_file_atomically(save.replace_extension(".gtkw"),
                          gtkwave_save(std::filesystem::absolute(path).string(), wave_->variables()));
  } catch (const EnvironmentError& error) {
    loss += (loss.empty() ? "" : "\n  ") + std::string(error.what());
  }
  return loss;
}

void WaveRecorder::check_window(Cycles end) const {
  if (!wave_ || watch_.from < end) return;
  throw UserError({"", 0, 0,
                   fmt::format("no waveform was written: it was to begin at cycle {}, and the run ended at {}",
                               watch_.from.count(), end.count()),
                   "a smaller --wave-from"});
}

}  // namespace systole
