#pragma once

#include <cstdint>
#include <vector>

#include "isa/block.h"

namespace systole::isa {

/// Where one of a block's streams begins: all that blocks of one form differ in.
struct StreamAddress {
  std::uint8_t stream = 0;
  Port port = Port::ibuf;
  std::int64_t base = 0;  ///< byte address off chip
};

/// Of the streams that a block uses, in their order.
using StreamAddresses = std::vector<StreamAddress>;

}  // namespace systole::isa
