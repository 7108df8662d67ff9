#include "traces/terminal_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>

namespace systole {

std::string with_prefix(double value, const std::string& unit) {
  constexpr std::array<const char*, 9> kPrefixes = {"p", "n", "u", "m", "", "k", "M", "G", "T"};
  std::size_t prefix = 4;
  while (std::abs(value) >= 999.5 && prefix + 1 < kPrefixes.size()) value /= 1000, ++prefix;
  while (value != 0.0 && std::abs(value) < 0.9995 && prefix > 0) value *= 1000, --prefix;
  const double size = std::abs(value);
  const int digits = value == std::floor(value) && prefix == 4 ? 0 : size >= 99.95 ? 0 : size >= 9.995 ? 1 : 2;
  return fmt::format("{:.{}f} {}{}", value, digits, kPrefixes.at(prefix), unit);
}

namespace {

std::string percent(double part, double whole) {
  return fmt::format("{:.1f}%", whole == 0.0 ? 0.0 : 100.0 * part / whole);
}
std::string percent(Cycles part, Cycles whole) {
  return percent(static_cast<double>(part.count()), static_cast<double>(whole.count()));
}

/// 1234567 -> `1,234,567`.
std::string grouped(std::int64_t value) {
  std::string text = std::to_string(value);
  for (std::size_t at = text.size(); at > 3 + (value < 0 ? 1U : 0U);) text.insert(at -= 3, ",");
  return text;
}

/// At most `width` characters: the end of a path-like node name says more than its beginning. UTF-8 is kept whole.
std::string fitted(const std::string& name, std::size_t width) {
  const auto continues = [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U; };
  const auto characters = [&](const std::string& text) {
    return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [&](char c) { return !continues(c); }));
  };
  std::string printable = name;
  for (char& c : printable) {
    if (static_cast<unsigned char>(c) < 0x20U || c == 0x7F) c = '?';  // no control characters on a terminal
  }
  if (characters(printable) <= width) return printable;
  std::size_t from = printable.size();
  for (std::size_t kept = 0; kept + 2 < width; ++kept) {
    do --from;
    while (from > 0 && continues(printable[from]));
  }
  return ".." + printable.substr(from);
}

std::pair<std::string, Cycles> main_stall(const Named<Cycles>& stalls) {
  const auto most =
      std::max_element(stalls.begin(), stalls.end(), [](const auto& a, const auto& b) { return a.second < b.second; });
  return most == stalls.end() ? std::pair<std::string, Cycles>() : *most;
}

std::string totals(const RunResult& run) {
  std::string text = fmt::format("{} on {}, memory {}, {}, batch {}\n\n", fitted(run.model, 40),
                                 fitted(run.hardware, 30), fitted(run.memory, 20), run.mode, run.batch);
  const auto line = [&](const char* what, const std::string& value, const std::string& more) {
    text += fmt::format("  {:<12}{:>12}   {}\n", what, value, more);
  };
  line("time", with_prefix(run.seconds(), "s"),
       fmt::format("{} cycles at {}, {:.1f} images/s", grouped(run.cycles.count()), with_prefix(run.clock_hz, "Hz"),
                   static_cast<double>(run.batch) / run.seconds()));
  line("MACs", with_prefix(static_cast<double>(run.macs.count()), ""),
       fmt::format("{} of the {}x{} array's peak", percent(run.utilization(), 1.0), run.rows, run.columns));
  if (const auto& kinds = run.cycles_by_kind) {
    line("work", percent(kinds->conv_gemm, run.cycles),
         fmt::format("of the cycles conv/GEMM only, {} other only, {} both", percent(kinds->other, run.cycles),
                     percent(kinds->overlap, run.cycles)));
  }
  const double bandwidth = run.bandwidth_bytes_per_s();
  const double peak = run.dram.peak_bytes_per_s;
  line("memory", with_prefix(static_cast<double>((run.dram.read + run.dram.write).count()), "B"),
       fmt::format("{} read, {} written; {}{}", with_prefix(static_cast<double>(run.dram.read.count()), "B"),
                   with_prefix(static_cast<double>(run.dram.write.count()), "B"), with_prefix(bandwidth, "B/s"),
                   peak > 0.0 ? fmt::format(", {} of the peak", percent(bandwidth, peak)) : ""));
  if (const auto& rows = run.dram.counters; rows && rows->reads + rows->writes > 0) {
    const auto share = [&](std::int64_t accesses) {
      return percent(static_cast<double>(accesses), static_cast<double>(rows->reads + rows->writes));
    };
    line("row hits", share(rows->row_hits),
         fmt::format("{} misses, {} conflicts; {} activates", share(rows->row_misses), share(rows->row_conflicts),
                     grouped(rows->activates)));
  }
  if (const auto& footprint = run.footprint) {
    line("footprint", with_prefix(static_cast<double>(footprint->peak.count()), "B"),
         fmt::format("of memory at the peak; {} weights and states",
                     with_prefix(static_cast<double>((footprint->states + footprint->constants).count()), "B")));
  }
  if (!run.energy.empty()) {
    const auto most = std::max_element(run.energy.begin(), run.energy.end(),
                                       [](const auto& a, const auto& b) { return a.second.value < b.second.value; });
    line("energy", with_prefix(total(run.energy).value * 1e-12, "J"),
         fmt::format("{} on average; most of it: {} {}", with_prefix(run.average_power_w(), "W"), most->first,
                     percent(most->second.value, total(run.energy).value)));
  }
  return text;
}

/// `Conv +2`: two layers are fused into it.
std::string operators(const LayerResult& layer, const std::map<std::string, int>& fused) {
  const auto found = fused.find(layer.name);
  return fitted(layer.op, 13) + (found == fused.end() ? "" : fmt::format(" +{}", found->second));
}

std::string slowest_layers(const RunResult& run) {
  constexpr std::size_t kShown = 10;
  std::vector<const LayerResult*> layers;
  std::map<std::string, int> fused;  // how many share the tiles of a layer
  for (const LayerResult& layer : run.layers) {
    if (layer.fused_into.empty()) layers.push_back(&layer);
    if (layer.cycles.count() > 0) ++fused[layer.fused_into];
  }
  const std::size_t others = layers.size() - std::min(layers.size(), kShown);
  std::stable_sort(layers.begin(), layers.end(), [](const auto* a, const auto* b) { return b->cycles < a->cycles; });
  if (layers.size() > kShown) layers.resize(kShown);

  std::string text = fmt::format("\n  {:<24} {:<16} {:>11} {:>6} {:>6} {:>8}  {}\n", "slowest layers", "operator",
                                 "cycles", "share", "busy", "traffic", "waits most for");
  for (const LayerResult* layer : layers) {
    const auto [reason, stalled] = main_stall(layer->stalls);
    text += fmt::format("  {:<24} {:<16} {:>11} {:>6} {:>6} {:>8}  {}\n", fitted(layer->name, 24),
                        operators(*layer, fused), grouped(layer->cycles.count()), percent(layer->cycles, run.cycles),
                        percent(layer->compute_cycles, layer->cycles),
                        with_prefix(static_cast<double>((layer->dram_read + layer->dram_write).count()), "B"),
                        stalled.count() > 0 ? fmt::format("{} {}", reason, percent(stalled, layer->cycles)) : "-");
  }
  if (others > 0) text += fmt::format("  .. and {} more; layers fused into others are counted as +N\n", others);
  return text;
}

std::string unit_cycles(const RunResult& run) {
  constexpr std::size_t kReasons = 3;
  std::string text = fmt::format("\n  {:<16} {:>8} {:>8}   {}\n", "unit", "busy", "idle", "waits for");
  for (const auto& [name, unit] : run.units) {
    Named<Cycles> stalls = unit.stalls;
    std::stable_sort(stalls.begin(), stalls.end(), [](const auto& a, const auto& b) { return b.second < a.second; });
    std::string reasons;
    for (std::size_t i = 0; i < std::min(kReasons, stalls.size()); ++i) {
      if (stalls[i].second.count() == 0) break;
      reasons += fmt::format("{}{} {}", i == 0 ? "" : ", ", stalls[i].first, percent(stalls[i].second, run.cycles));
    }
    text += fmt::format("  {:<16} {:>8} {:>8}   {}\n", name, percent(unit.busy, run.cycles),
                        percent(unit.idle, run.cycles), reasons.empty() ? "-" : reasons);
  }
  return text;
}

}  // namespace

std::string terminal_table(const RunResult& result) {
  return totals(result) + (result.layers.empty() ? "" : slowest_layers(result)) +
         (result.units.empty() ? "" : unit_cycles(result));
}

}  // namespace systole
