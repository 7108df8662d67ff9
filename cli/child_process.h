#pragma once

#include <cstdint>
#include <functional>
#include <vector>

namespace systole {

/// Runs each task in a process of its own and returns what they returned, in their order: SystemC's kernel can be
/// started only once a process. As many run at the same time as there are processors. Throws what a task threw:
/// std::bad_alloc, or anything else as InternalError with its text; and EnvironmentError when a process cannot be
/// started or was killed.
std::vector<std::vector<std::int64_t>> run_in_processes(
    const std::vector<std::function<std::vector<std::int64_t>()>>& tasks);

}  // namespace systole
