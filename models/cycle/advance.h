#pragma once

#include <systemc>

#if defined(__SANITIZE_ADDRESS__)
#include <pthread.h>
#include <sanitizer/common_interface_defs.h>
#endif

namespace systole {

/// Runs the SystemC kernel for `duration`. The kernel tells the address sanitizer which stack it switches to, except
/// on its way back to its caller, whose stack it does not know: an exception thrown later would be taken for an
/// overflow. This tells it.
inline void advance(const sc_core::sc_time& duration) {
  sc_core::sc_start(duration);
#if defined(__SANITIZE_ADDRESS__)
  pthread_attr_t attributes;
  pthread_getattr_np(pthread_self(), &attributes);
  void* lowest = nullptr;
  std::size_t bytes = 0;
  pthread_attr_getstack(&attributes, &lowest, &bytes);
  pthread_attr_destroy(&attributes);
  __sanitizer_start_switch_fiber(nullptr, lowest, bytes);
  __sanitizer_finish_switch_fiber(nullptr, nullptr, nullptr);
#endif
}

}  // namespace systole
