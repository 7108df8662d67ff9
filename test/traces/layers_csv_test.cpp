#include "traces/layers_csv.h"

#include <gtest/gtest.h>

#include "test/traces/sample_result.h"
#include "traces/summary_writer.h"

namespace systole {
namespace {

/// RFC 4180, as a reader of the file would: rows of cells.
std::vector<std::vector<std::string>> parse(const std::string& text) {
  std::vector<std::vector<std::string>> rows(1, {""});
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quoted && c == '"' && i + 1 < text.size() && text[i + 1] == '"') {
      rows.back().back() += text[++i];
    } else if (c == '"') {
      quoted = !quoted;
    } else if (!quoted && c == ',') {
      rows.back().emplace_back();
    } else if (!quoted && c == '\n') {
      rows.push_back({""});
    } else {
      rows.back().back() += c;
    }
  }
  rows.pop_back();
  return rows;
}

TEST(LayersCsv, ARowHoldsWhatTheSummaryHasOfItsLayer) {
  const RunResult run = sample_result(5);
  const auto rows = parse(layers_csv(run));
  const auto layers = summary_json(run)["layers"];
  ASSERT_EQ(rows.size(), layers.size() + 1);
  for (std::size_t n = 0; n < layers.size(); ++n) {
    const auto flat = layers[n].flatten();
    std::size_t seen = 0;
    ASSERT_EQ(rows[n + 1].size(), rows[0].size());
    for (std::size_t column = 0; column < rows[0].size(); ++column) {
      std::string pointer = "/" + rows[0][column];
      const std::size_t dot = pointer.find('.');
      if (dot != std::string::npos) pointer[dot] = '/';
      const bool has = flat.contains(pointer);
      seen += has ? 1 : 0;
      const std::string expected = !has                        ? ""
                                   : flat[pointer].is_string() ? flat[pointer].get<std::string>()
                                                               : flat[pointer].dump();
      EXPECT_EQ(rows[n + 1][column], expected) << rows[0][column];
    }
    EXPECT_EQ(seen, flat.size()) << "a key of layer " << n << " has no column";
  }
}

TEST(LayersCsv, NestedKeysStandTogetherInTheOrderOfTheSummary) {
  const auto header = parse(layers_csv(sample_result(2))).front();
  const std::vector<std::string> expected = {"index",
                                             "name",
                                             "op",
                                             "phase",
                                             "unit",
                                             "fused_into",
                                             "note",
                                             "start",
                                             "end",
                                             "cycles",
                                             "compute_cycles",
                                             "stall_cycles",
                                             "stalls.wbuf_load",
                                             "stalls.drain",
                                             "stalls.vmem_load",
                                             "macs",
                                             "ops",
                                             "dram_read_bytes",
                                             "dram_write_bytes",
                                             "dram.cycles",
                                             "dram.read_bytes",
                                             "dram.write_bytes",
                                             "dram.activates",
                                             "dram.precharges",
                                             "dram.reads",
                                             "dram.writes",
                                             "dram.refreshes",
                                             "dram.row_hits",
                                             "dram.row_misses",
                                             "dram.row_conflicts",
                                             "dram.refresh_clocks",
                                             "dram.turnaround_clocks",
                                             "dram.bandwidth_bytes_per_s",
                                             "dram.peak_share",
                                             "sram_read_bytes.WBUF",
                                             "sram_read_bytes.VMEM1",
                                             "sram_write_bytes.WBUF",
                                             "sram_write_bytes.VMEM1",
                                             "energy_pj"};
  EXPECT_EQ(header, expected);
}

TEST(LayersCsv, ARunWithoutLayersHasAHeader) {
  EXPECT_EQ(parse(layers_csv(RunResult())).size(), 1U);
}

}  // namespace
}  // namespace systole
