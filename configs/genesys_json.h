#pragma once

#include <string>

#include "configs/loader.h"
#include "configs/machine.pb.h"

namespace systole {

/// True when the text is JSON, not protobuf text format: its first character that is not blank opens an object.
bool looks_like_json(const std::string& text);

/// Reads a GeneSys hardware design file (the JSON that SimDIT takes) as it is: 18 keys, all required, whole numbers
/// above zero. Capacities are counted as in Machine, so OBUF is one of two halves. What the file does not say (number
/// format, SIMD latencies, DMA, clock, memory) is left to the defaults. Faults (syntax, unknown, missing or repeated
/// key, wrong value) go to `diagnostics` by key, with file, line and column.
Loaded<config::Machine> parse_genesys_json(const std::string& text, const std::string& file, Diagnostics& diagnostics);

}  // namespace systole
