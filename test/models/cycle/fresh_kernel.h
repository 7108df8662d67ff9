#pragma once

#include <systemc>

namespace systole::test {

/// A new, empty SystemC kernel: a process can elaborate only once in each. The old one is left as it is.
inline void fresh_kernel() {
  sc_core::sc_curr_simcontext = new sc_core::sc_simcontext();
  sc_core::sc_default_global_context = sc_core::sc_curr_simcontext;
}

}  // namespace systole::test
