#pragma once

#include <string>
#include <utility>
#include <vector>

#include "configs/machine.h"

namespace systole::test {

/// A shipped machine with changes, resolved.
inline config::Machine machine_with(const std::string& name, std::vector<std::string> overrides = {}) {
  Diagnostics diagnostics;
  auto machine = load_machine({name, "", std::move(overrides), false}, diagnostics).message;
  diagnostics.throw_if_any();
  return machine;
}

}  // namespace systole::test
