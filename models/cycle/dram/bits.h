#pragma once

#include "models/cycle/dram/types.h"

namespace systole::dram {

/// Calls `visit(bank)` for each bank of the set, in ascending order.
template <typename Visit>
inline void for_each_bank(BankSet banks, Visit&& visit) {
  for (; banks != 0; banks &= banks - 1) visit(__builtin_ctzll(banks));
}

}  // namespace systole::dram
