#include "cli/dram_command.h"

#include <fmt/format.h>

#include <boost/program_options.hpp>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <memory>
#include <nlohmann/json.hpp>
#include <ostream>

#include "configs/override.h"
#include "configs/resolver.h"
#include "models/cycle/dram/command_csv.h"
#include "models/cycle/dram/config.h"
#include "models/cycle/dram/trace_run.h"
#include "traces/result_folder.h"

namespace systole {

namespace {

namespace po = boost::program_options;
namespace fs = std::filesystem;

struct Options {
  std::string trace;
  std::string memory = "ddr4_2400";
  std::string map;
  std::vector<std::string> overrides;
  std::string commands;
  std::string out;
  bool force = false;
  bool print = true;
};

po::options_description described() {
  po::options_description all(
      "systole dram TRACE [options]\n"
      "Runs the DRAM controller alone on a request trace (`0xBYTEADDRESS READ|WRITE CLOCK` a line, 64 bytes each, gzip "
      "accepted)\n"
      "and prints its statistics as JSON.\n\nOptions");
  all.add_options()("help", "this text")                                                                           //
      ("dram", po::value<std::string>()->value_name("NAME|FILE"), "memory: a shipped name or a file (ddr4_2400)")  //
      ("map", po::value<std::string>()->value_name("FIELDS"),
       "address fields from the most to the least significant, as row-rank-bank-bankgroup-column; replaces the "
       "memory's map and hashing")  //
      ("set", po::value<std::vector<std::string>>()->composing()->value_name("PATH=VALUE"),
       "override a field of the memory, as dram.timing.rl=16; repeatable")                                      //
      ("commands", po::value<std::string>()->value_name("FILE"), "write every command as CSV")                  //
      ("out", po::value<std::string>()->value_name("DIR"), "write the statistics to DIR/summary.json as well")  //
      ("force", "replace the results in DIR")                                                                   //
      ("json", "print the statistics even when --quiet is given")                                               //
      ("quiet", "print nothing");
  return all;
}

UserError usage_error(const std::string& what) {
  return UserError({"", 0, 0, what, "see `systole dram --help`"});
}

/// Without a value when only help was asked for.
bool parse_options(const std::vector<std::string>& arguments, std::ostream& out, Options& options) {
  po::options_description all = described();
  po::options_description hidden;
  hidden.add_options()("trace", po::value<std::vector<std::string>>());
  po::positional_options_description positional;
  positional.add("trace", -1);
  po::variables_map values;
  try {
    po::options_description accepted;
    accepted.add(all).add(hidden);
    const int style = po::command_line_style::default_style & ~po::command_line_style::allow_guessing;
    po::store(po::command_line_parser(arguments).options(accepted).positional(positional).style(style).run(), values);
  } catch (const po::error& error) {
    throw usage_error(error.what());
  }
  if (values.count("help") != 0) {
    out << all;
    return false;
  }
  const auto text = [&](const char* name, std::string& into) {
    if (values.count(name) != 0) into = values[name].as<std::string>();
  };
  text("dram", options.memory);
  text("map", options.map);
  text("commands", options.commands);
  text("out", options.out);
  if (values.count("set") != 0) options.overrides = values["set"].as<std::vector<std::string>>();
  options.force = values.count("force") != 0;
  options.print = values.count("quiet") == 0 || values.count("json") != 0;
  if (values.count("trace") == 0) throw usage_error("no trace is given");
  const auto traces = values["trace"].as<std::vector<std::string>>();
  if (traces.size() > 1) throw usage_error(fmt::format("one trace is expected, not {}", traces.size()));
  options.trace = traces.front();
  return true;
}

dram::DramConfig load_memory(const Options& options) {
  Diagnostics diagnostics;
  const std::string path = find_config(kDram, options.memory, "", {"--dram", 0, 0, "", ""}, diagnostics);
  diagnostics.throw_if_any();
  auto loaded = load_text<config::Memory>(path, diagnostics);
  // In a machine the memory lies under this key; the same --set works for both.
  const std::string in_machine = "memory_description.";
  for (const std::string& one : options.overrides) {
    apply_override(one.rfind(in_machine, 0) == 0 ? one.substr(in_machine.size()) : one, loaded.message, loaded.source,
                   diagnostics);
  }
  diagnostics.throw_if_any();
  if (!loaded.message.has_dram()) {
    diagnostics.add(
        loaded.source.fault("", fmt::format("'{}' is not DRAM: it has no controller to run a trace on", options.memory),
                            "choose a DRAM, as --dram ddr4_2400"));
    diagnostics.throw_if_any();
  }
  if (!loaded.message.has_name()) loaded.message.set_name(fs::path(path).stem().string());
  if (!options.map.empty()) {
    config::DramAddressMap& map = *loaded.message.mutable_dram()->mutable_address_map();
    map.set_fields(options.map);
    map.clear_xor_();
    loaded.source.put("dram.address_map.fields", fmt::format("--map {}", options.map));
  }
  dram::DramConfig config = dram::make_dram_config(loaded.message, loaded.source, "", diagnostics);
  diagnostics.throw_if_any();
  return config;
}

/// The command trace while it is written: under another name until it is complete, unless it goes to a device or a
/// pipe.
class CommandFile {
 public:
  CommandFile(const std::string& path, const dram::Geometry& geometry) : path_(path) {
    const bool special = fs::exists(path) && !fs::is_regular_file(path);
    written_ = special ? path : path + ".partial";
    stream_.open(written_, std::ios::binary | std::ios::trunc);
    if (!stream_) fail();
    csv_ = std::make_unique<dram::CommandCsv>(stream_, geometry);
  }
  ~CommandFile() {
    if (!written_.empty() && written_ != path_) std::remove(written_.c_str());
  }
  CommandFile(const CommandFile&) = delete;
  CommandFile& operator=(const CommandFile&) = delete;

  void write(const dram::ChannelCommand& command) {
    csv_->write(command);
    if (!stream_) fail();
  }
  void finish() {
    stream_.close();
    if (!stream_ || (written_ != path_ && std::rename(written_.c_str(), path_.c_str()) != 0)) fail();
    written_.clear();
  }

 private:
  [[noreturn]] void fail() const {
    throw EnvironmentError(fmt::format("{}: cannot write the commands ({})", path_, std::strerror(errno)));
  }

  std::string path_;
  std::string written_;
  std::ofstream stream_;
  std::unique_ptr<dram::CommandCsv> csv_;
};

nlohmann::ordered_json latency_json(const dram::TraceResult& result, double clock_ns) {
  const auto percentile = [&](double percent) { return result.latency_percentile(percent); };
  return {{"mean", result.mean_latency()},
          {"mean_ns", result.mean_latency() * clock_ns},
          {"min", result.latencies.empty() ? 0 : result.latencies.begin()->first},
          {"p50", percentile(50)},
          {"p90", percentile(90)},
          {"p95", percentile(95)},
          {"p99", percentile(99)},
          {"p99_9", percentile(99.9)},
          {"max", result.latencies.empty() ? 0 : result.latencies.rbegin()->first}};
}

nlohmann::ordered_json statistics(const dram::DramConfig& config, const dram::TraceResult& result) {
  const MemoryCounters& m = result.counters.memory;
  const dram::DramEnergy energy = config.prices.of(m, result.clocks);
  const double seconds = static_cast<double>(result.clocks) * config.clock_ps * 1e-12;
  const auto per_second = [&](double value) { return seconds > 0 ? value / seconds : 0.0; };
  const double bandwidth = per_second(static_cast<double>(m.read_bytes + m.write_bytes));
  nlohmann::ordered_json commands;
  for (int kind = 0; kind < dram::kCommandKinds; ++kind) {
    commands[dram::kCommandNames[kind]] = result.counters.of(static_cast<dram::CommandKind>(kind));
  }
  return {
      {"schema", 1},
      {"memory", config.name},
      {"channels", config.channels},
      {"clock_hz", 1e12 / config.clock_ps},
      {"cycles", result.clocks},
      {"seconds", seconds},
      {"requests",
       {{"total", result.requests},
        {"reads", result.reads},
        {"writes", result.writes},
        {"unaligned", result.unaligned}}},
      {"read_bytes", m.read_bytes},
      {"write_bytes", m.write_bytes},
      {"bandwidth_bytes_per_s", bandwidth},
      {"peak_bytes_per_s", config.peak_bytes_per_second()},
      {"efficiency", bandwidth / config.peak_bytes_per_second()},
      {"latency", latency_json(result, config.clock_ps / 1000.0)},
      {"activates", m.activates},
      {"precharges", m.precharges},
      {"reads", m.reads},
      {"writes", m.writes},
      {"refreshes", m.refreshes},
      {"forwarded_reads", result.counters.forwarded_reads},
      {"row_hits", m.row_hits},
      {"row_misses", m.row_misses},
      {"row_conflicts", m.row_conflicts},
      {"refresh_clocks", m.refresh_clocks},
      {"turnaround_clocks", m.turnaround_clocks},
      {"busy_clocks", m.busy_clocks},
      {"commands", commands},
      {"energy",
       {{"total_pj", energy.total_pj()},
        {"by_component",
         {{"activate", energy.activate_pj},
          {"read", energy.read_pj},
          {"write", energy.write_pj},
          {"refresh", energy.refresh_pj},
          {"active_standby", energy.active_standby_pj},
          {"precharged_standby", energy.precharged_standby_pj}}},
        {"average_power_w", per_second(energy.total_pj() * 1e-12)}}},
  };
}

}  // namespace

int run_dram(const std::vector<std::string>& arguments, std::ostream& out) {
  Options options;
  if (!parse_options(arguments, out, options)) return 0;
  const dram::DramConfig config = load_memory(options);
  dram::TraceReader reader(options.trace, config.map.capacity());
  std::unique_ptr<ResultFolder> folder;
  if (!options.out.empty()) folder = std::make_unique<ResultFolder>(options.out, options.force);

  dram::TraceResult result;
  if (options.commands.empty()) {
    result = dram::run_trace(config, reader);
  } else {
    CommandFile file(options.commands, config.channel.geometry);
    result = dram::run_trace(config, reader, [&](const dram::ChannelCommand& command) { file.write(command); });
    file.finish();
  }

  const std::string text = statistics(config, result).dump(2) + "\n";
  if (folder) {
    folder->write("summary.json", text);
    folder->commit();
  }
  if (options.print) out << text << std::flush;
  return 0;
}

}  // namespace systole
