#pragma once

#include <cstdint>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "traces/explain/wait_paths.h"

namespace systole {

/// The run with one thing changed.
struct WhatIf {
  std::string change;  ///< what to give to `systole run` to get it: `--set ports.ibuf=1024`
  std::string text;    ///< in words
  std::string cause;   ///< the switch's name when the machine is only spared something; empty: can be built
  std::vector<std::int64_t> cycles;  ///< measured, by layer; empty: this machine cannot be had
};

/// What bounds a run and what would help, as data. A layer that is fused into another counts there.
struct Explanation {
  std::string model;
  std::string hardware;
  std::string memory;
  std::vector<std::string> layers;                          ///< names, by index
  std::vector<std::int64_t> cycles;                         ///< by layer
  std::vector<std::map<std::int64_t, std::int64_t>> waits;  ///< by layer: cycles by the number of a path
  std::vector<WhatIf> what_ifs;
  std::optional<int> layer;  ///< the only one to explain; empty: the whole run
};

/// The cause that the largest part of a layer's cycles ends at (cause_of). `memory` is told apart by what sparing the
/// layer each cause saves, as measured: `refresh`, `row_misses`, `bank_groups`, `turnaround` or `latency` when that
/// alone saves at least half of what an unshared, unlimited data bus does, else `memory bandwidth`.
std::string bound_of(const Explanation& explanation, int layer);

/// What a change saves of what is explained, in cycles; negative: it costs. The change must have been measured.
std::int64_t gain_of(const Explanation& explanation, const WhatIf& what_if);

/// The changes that were measured and can be built (`built`), or those that only spare the machine something, by gain,
/// the best first.
std::vector<const WhatIf*> best_first(const Explanation& explanation, bool built);

std::string explanation_text(const Explanation& explanation);
nlohmann::ordered_json explanation_json(const Explanation& explanation);

}  // namespace systole
