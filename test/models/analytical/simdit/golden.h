#pragma once

#include <string>
#include <vector>

#include "models/analytical/simdit/layer.h"
#include "models/analytical/simdit/machine.h"

namespace systole::simdit {

/// Readers of the published results' file formats, for the tests only.
Machine read_hardware(const std::string& path, bool training);
std::vector<Layer> read_forward_layers(const std::string& path, std::int64_t batch);
std::vector<Layer> read_training_program(const std::string& path, std::int64_t batch);

/// The numbers of a per-layer table, a row a layer, without the name column.
std::vector<std::vector<double>> read_table(const std::string& path);

}  // namespace systole::simdit
