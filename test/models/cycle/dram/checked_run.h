#pragma once

#include <string>
#include <vector>

#include "configs/memory.pb.h"
#include "models/cycle/dram/trace_run.h"
#include "test/models/cycle/dram/checker/service_checker.h"

namespace systole::dram {

/// A run of the controller under the checker's eyes.
struct CheckedRun {
  TraceResult result;
  checker::SlackTable slack;
  std::string service;  ///< empty: each request served once, at its place, in order
};

/// Runs `requests` on the controller that `controller` describes and checks it against the data sheet of the shipped
/// device `device`, whose organization and policies are those of `described` (they may differ from the shipped file's;
/// its timing is not looked at).
CheckedRun run_checked(const config::Memory& controller, const config::Memory& described, const std::string& device,
                       const std::vector<TraceRequest>& requests);

/// The same with a controller as described.
inline CheckedRun run_checked(const config::Memory& memory, const std::string& device,
                              const std::vector<TraceRequest>& requests) {
  return run_checked(memory, memory, device, requests);
}

}  // namespace systole::dram
