#include "configs/resolver.h"

#include <fmt/format.h>

#include <cstdlib>
#include <filesystem>
#include <set>
#include <sstream>
#include <utility>

namespace systole {
namespace {

namespace fs = std::filesystem;

std::string file_of(const ConfigKind& kind, const std::string& folder, const std::string& name) {
  return (fs::path(folder) / kind.folder / (name + kind.extension)).string();
}

}  // namespace

std::vector<std::string> config_folders() {
  std::vector<std::string> folders;
  if (const char* listed = std::getenv("SYSTOLE_CONFIG_PATH")) {
    std::istringstream list(listed);
    for (std::string folder; std::getline(list, folder, ':');) {
      if (!folder.empty()) folders.push_back(folder);
    }
  }
  std::error_code unknown;
  const fs::path program = fs::read_symlink("/proc/self/exe", unknown);
  if (!unknown) folders.push_back((program.parent_path().parent_path() / "share/systole/configs").string());
  folders.emplace_back(SYSTOLE_SOURCE_CONFIGS);
  return folders;
}

std::vector<std::string> shipped_names(const ConfigKind& kind) {
  std::set<std::string> names;
  for (const std::string& folder : config_folders()) {
    std::error_code none;
    for (const auto& entry : fs::directory_iterator(fs::path(folder) / kind.folder, none)) {
      if (entry.path().extension() == kind.extension) names.insert(entry.path().stem().string());
    }
  }
  return {names.begin(), names.end()};
}

std::string find_config(const ConfigKind& kind, const std::string& name, const std::string& base, Diagnostic place,
                        Diagnostics& diagnostics) {
  if (name.find_first_of("/.") != std::string::npos) return (fs::path(base) / name).string();
  for (const std::string& folder : config_folders()) {
    std::error_code none;
    const std::string file = file_of(kind, folder, name);
    if (!name.empty() && fs::is_regular_file(file, none)) return file;
  }
  const std::vector<std::string> names = shipped_names(kind);
  const std::string near = nearest(name, names);
  place.message = fmt::format("there is no {} named '{}'", kind.word, name);
  place.hint = fmt::format("{}shipped: {}; a file is written with its ending or a '/'",
                           near.empty() ? "" : "did you mean '" + near + "'? ", fmt::join(names, ", "));
  diagnostics.add(std::move(place));
  return "";
}

}  // namespace systole
