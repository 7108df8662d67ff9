#pragma once

#include <string>
#include <vector>

#include "base/errors.h"

namespace systole {

/// A kind of shipped file: its folder under configs/, how its files end, and the word for one in messages.
struct ConfigKind {
  const char* folder;
  const char* extension;
  const char* word;
};
constexpr ConfigKind kHardware{"hardware", ".textproto", "machine"};
constexpr ConfigKind kDram{"dram", ".textproto", "memory"};
constexpr ConfigKind kEnergy{"energy", ".textproto", "energy table"};
constexpr ConfigKind kSpaces{"spaces", ".textproto", "design space"};
constexpr ConfigKind kNetworks{"networks", ".onnx", "network"};

/// Folders that hold configs, best first: those of SYSTOLE_CONFIG_PATH (separated by ':'), ../share/systole/configs
/// beside the program, the sources it was built from. A name in an earlier folder hides the same name in a later one.
std::vector<std::string> config_folders();

/// The shipped names of a kind, sorted, without folder and extension.
std::vector<std::string> shipped_names(const ConfigKind& kind);

/// The file that `name` stands for. With a '/' or '.' it is a file itself, relative to `base` (empty: the working
/// folder); otherwise a shipped name. An unknown name adds a diagnostic at `place` (its file, line and column) that
/// lists the known ones, and returns an empty string.
std::string find_config(const ConfigKind& kind, const std::string& name, const std::string& base, Diagnostic place,
                        Diagnostics& diagnostics);

}  // namespace systole
