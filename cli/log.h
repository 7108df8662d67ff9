#pragma once

#include <spdlog/logger.h>
#include <memory>
#include <string>
#include <vector>

namespace systole {

/// Loggers for people who want to see what the program does, all to standard error and silent unless asked for.
inline constexpr const char* kLoggers[] = {"import", "compile", "machine", "results"};

/// Applies each `PATTERN=LEVEL` in order (`*` and `?` in PATTERN; LEVEL as spdlog names them) to the loggers. Throws
/// UserError for an unknown level and a pattern that no logger matches.
void set_log_levels(const std::vector<std::string>& settings);

/// One of kLoggers.
std::shared_ptr<spdlog::logger> logger(const std::string& name);

}  // namespace systole
