#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "configs/machine.pb.h"

namespace systole {

/// What the capacity of a buffer is a multiple of, in bits: whole words in each bank of each half. Nothing when `path`
/// (as --set takes it) is no such buffer. Every field must be set.
std::optional<std::int64_t> capacity_step(const config::Machine& machine, const std::string& path);

}  // namespace systole
