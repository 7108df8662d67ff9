#pragma once

#include <string>

#include "configs/loader.h"

namespace systole {

/// Applies one `PATH=VALUE` (`systolic_array.rows=32`) to a loaded message: PATH names the groups and the key, VALUE is
/// written as in the file, quotes around a text may be left out. A fault (unknown path with the nearest one, wrong
/// type, out of range) goes to `diagnostics`. The source then knows that the field comes from `--set PATH=VALUE`.
void apply_override(const std::string& path_and_value, google::protobuf::Message& message, Source& source,
                    Diagnostics& diagnostics);

}  // namespace systole
