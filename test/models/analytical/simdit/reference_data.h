#pragma once

#include <cstdlib>
#include <string>

namespace systole {

/// The folder with the published model's results, or empty when SYSTOLE_REFERENCE_DATA is not set.
inline std::string simdit_reference_folder() {
  const char* folder = std::getenv("SYSTOLE_REFERENCE_DATA");
  return folder == nullptr ? std::string() : std::string(folder) + "/simdit/";
}

}  // namespace systole
