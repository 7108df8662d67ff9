#pragma once

#include <string>

namespace systole {

/// The reference of all configuration files as Markdown, made from the schema: every key with its values, unit, default
/// and meaning. docs/configuration.md is this text, and `systole info configuration` prints it.
std::string configuration_reference();

}  // namespace systole
