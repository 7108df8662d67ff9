#pragma once

#include <filesystem>
#include <memory>

#include "traces/waves/wave_file.h"

namespace systole {

/// Whether this build can write FST: it needs the writer that ships with Verilator.
bool fst_available();

/// An FST file, GTKWave's compressed format, some fifteen times smaller than a value change dump; variables and changes
/// are the same. Throws EnvironmentError when this build cannot, or the file cannot be written.
std::unique_ptr<WaveFile> make_fst_file(const std::filesystem::path& path);

}  // namespace systole
