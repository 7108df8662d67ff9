#pragma once

#include <systemc>
#include <vector>

namespace systole {

/// A new, empty SystemC kernel: a process can elaborate only once in each. Old ones are kept, because objects may still
/// point to them, and as long as the process lives.
inline void fresh_kernel() {
  static auto& kernels = *new std::vector<sc_core::sc_simcontext*>;
  kernels.push_back(new sc_core::sc_simcontext());
  sc_core::sc_curr_simcontext = kernels.back();
  sc_core::sc_default_global_context = sc_core::sc_curr_simcontext;
}

}  // namespace systole
