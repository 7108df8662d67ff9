#pragma once

#include <cstdint>
#include <string>

#include "base/errors.h"

namespace systole {

/// A number that a register of 32 bits holds; any other is our bug.
inline std::int32_t narrow(std::int64_t value) {
  check(value >= INT32_MIN && value <= INT32_MAX, "lowering",
        [&] { return std::to_string(value) + " does not fit a register of 32 bits"; });
  return static_cast<std::int32_t>(value);
}

/// Bits as bytes; a part of a byte is our bug.
inline std::int64_t whole_bytes(std::int64_t bits) {
  check(bits % 8 == 0, "lowering", [&] { return "a step of " + std::to_string(bits) + " bits is no whole byte"; });
  return bits / 8;
}

}  // namespace systole
