#pragma once

#include "models/cycle/fresh_kernel.h"

namespace systole::test {

using systole::fresh_kernel;

}  // namespace systole::test
