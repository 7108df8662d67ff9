#pragma once

#include <algorithm>
#include <cmath>

namespace systole::simdit {

/// ceil() of a product of ratios: one that is a whole number up to rounding noise must not jump to the next.
inline double ceil_of(double x) {
  return std::ceil(x - 1e-12 * std::max(1.0, std::abs(x)));
}

}  // namespace systole::simdit
