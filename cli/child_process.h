#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

namespace systole {

/// What a task came to, told as soon as it and all before it have ended.
using TaskEnded = std::function<void(std::size_t task, const std::vector<std::int64_t>& values)>;

/// Runs each task in a process of its own and returns what they returned, in their order: SystemC's kernel can be
/// started only once a process. `at_once` run at the same time; 0: as many as there are processors. Throws what a task
/// threw: std::bad_alloc, or anything else as InternalError with its text; and EnvironmentError when a process cannot
/// be started or was killed.
std::vector<std::vector<std::int64_t>> run_in_processes(
    const std::vector<std::function<std::vector<std::int64_t>()>>& tasks, std::size_t at_once = 0,
    const TaskEnded& ended = {});

}  // namespace systole
