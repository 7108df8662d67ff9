#include "cli/log.h"

#include <fmt/format.h>
#include <fnmatch.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <iterator>

#include "base/errors.h"

namespace systole {

std::shared_ptr<spdlog::logger> logger(const std::string& name) {
  auto found = spdlog::get(name);
  if (found) return found;
  found = spdlog::stderr_logger_st(name);
  found->set_pattern("%n: %v");
  found->set_level(spdlog::level::off);
  return found;
}

namespace {

spdlog::level::level_enum level_of(const std::string& setting, const std::string& name) {
  const std::vector<std::string> names = {"trace", "debug", "info", "warn", "error", "off"};
  for (const std::string& one : names) {
    if (one == name) return spdlog::level::from_str(name);
  }
  throw UserError({"", 0, 0, fmt::format("--log {}: '{}' is not a level", setting, name),
                   fmt::format("a level is one of {}", fmt::join(names, ", "))});
}

}  // namespace

void set_log_levels(const std::vector<std::string>& settings) {
  for (const std::string& setting : settings) {
    const std::size_t equals = setting.rfind('=');
    if (equals == std::string::npos || equals == 0) {
      throw UserError(
          {"", 0, 0, fmt::format("--log {}: it is not PATTERN=LEVEL", setting), "for example --log '*=debug'"});
    }
    const std::string pattern = setting.substr(0, equals);
    const auto level = level_of(setting, setting.substr(equals + 1));
    bool matched = false;
    for (const char* name : kLoggers) {
      if (fnmatch(pattern.c_str(), name, 0) != 0) continue;
      logger(name)->set_level(level);
      matched = true;
    }
    if (!matched) {
      throw UserError({"", 0, 0, fmt::format("--log {}: no logger matches '{}'", setting, pattern),
                       fmt::format("loggers: {}", fmt::join(std::begin(kLoggers), std::end(kLoggers), ", "))});
    }
  }
}

}  // namespace systole
