#pragma once

#include <iosfwd>
#include <string>
#include <vector>

namespace systole {

/// `systole dram TRACE`: the DRAM controller alone on a request trace. `arguments` are those behind `dram`; statistics
/// go to `out` as JSON. Returns the exit code 0; throws UserError (options, memory description, trace) and
/// EnvironmentError (a file cannot be read or written).
int run_dram(const std::vector<std::string>& arguments, std::ostream& out);

}  // namespace systole
