#pragma once

#include <string>
#include <vector>

#include "traces/waves/wave_file.h"

namespace systole {

/// A GTKWave save file for a waveform: a group a unit, states first and in a colour of their own, numbers in decimal;
/// banks and counters of a memory channel are folded. `wave` is the waveform's path as GTKWave is to open it.
std::string gtkwave_save(const std::string& wave, const std::vector<WaveVariable>& variables);

}  // namespace systole
