#include <fmt/format.h>

#include <boost/program_options.hpp>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <ostream>

#include "cli/commands.h"
#include "cli/log.h"
#include "cli/options.h"
#include "configs/machine.h"
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
  std::string memory = "ddr4_2400";
  std::string map;
  std::vector<std::string> overrides;
  std::string commands;
  ResultOptions results;
  TalkOptions talk;
};

OptionGroup dram_options(Options& options) {
  OptionGroup all("DRAM");
  all.add_options()("dram", po::value(&options.memory)->value_name("NAME|FILE"),
                    "memory: a shipped name or a file (ddr4_2400)")(
      "map", po::value(&options.map)->value_name("FIELDS"),
      "address fields from the most to the least significant, as row-rank-bank-bankgroup-column; replaces the "
      "memory's map and hashing")("set", po::value(&options.overrides)->composing()->value_name("PATH=VALUE"),
                                  "override a field of the memory, as dram.timing.rl=16; repeatable")(
      "commands", po::value(&options.commands)->value_name("FILE"), "write every command as CSV");
  return all;
}

/// Of results only the statistics.
OptionGroup statistics_options(ResultOptions& options) {
  OptionGroup all("Results");
  all.add_options()("out", po::value(&options.out)->value_name("DIR"),
                    "write the statistics to DIR/summary.json as well")("force", po::bool_switch(&options.force),
                                                                        "replace the results in DIR")(
      "json", po::bool_switch(&options.json), "print the statistics even when --quiet is given");
  return all;
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
  if (diagnostics.empty()) check_memory(loaded.message, loaded.source, diagnostics);
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

/// Runs the trace; its commands go to the file, if there is one.
dram::TraceResult run_recorded(const dram::DramConfig& config, dram::TraceReader& reader, const std::string& path) {
  if (path.empty()) return dram::run_trace(config, reader);
  StreamedFile file(path);
  dram::CommandCsv csv(file.stream(), config.channel.geometry);
  const dram::TraceResult result = dram::run_trace(config, reader, [&](const dram::ChannelCommand& command) {
    csv.write(command);
    if (!file.stream()) throw EnvironmentError(fmt::format("{}: cannot write the commands", path));
  });
  file.commit();
  return result;
}

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

void run_dram(const std::vector<std::string>& arguments, std::ostream& out) {
  Options options;
  CommandLine line(
      "dram", "TRACE",
      "Runs the DRAM controller alone on a request trace (`0xBYTEADDRESS READ|WRITE CLOCK` a line, 64 bytes "
      "each, gzip accepted)\nand prints its statistics as JSON.");
  line.add(dram_options(options)).add(statistics_options(options.results)).add(talk_options(options.talk));
  const auto trace = line.parse(arguments, out);
  if (!trace) return;
  set_log_levels(options.talk.logs);
  const dram::DramConfig config = load_memory(options);
  dram::TraceReader reader(*trace, config.map.capacity());
  std::optional<ResultFolder> folder;
  if (!options.results.out.empty()) folder.emplace(options.results.out, options.results.force);

  logger("machine")->info("{}: {} channels, requests of {}", config.name, config.channels, *trace);
  const dram::TraceResult result = run_recorded(config, reader, options.commands);
  logger("machine")->info("{} requests in {} memory clocks", result.requests, result.clocks);

  const std::string text = statistics(config, result).dump(2) + "\n";
  if (folder) {
    folder->write("summary.json", text);
    folder->commit();
  }
  if (!options.talk.quiet || options.results.json) out << text << std::flush;
}

}  // namespace systole
