#pragma once

#include <string>

namespace systole {

/// The bytes of a whole file. Throws EnvironmentError when it cannot be read (missing, a folder, no rights).
std::string read_file(const std::string& path);

}  // namespace systole
