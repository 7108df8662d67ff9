#pragma once

#include <exception>
#include <systemc>
#include <utility>

namespace systole {

/// Keeps the first exception of a process, because the kernel would lose its type on the way out of sc_start(). The
/// kernel pauses, and whoever called sc_start() throws it again.
class Failure {
 public:
  /// Runs the body of a process.
  template <typename Body>
  void guard(Body&& body) {
    try {
      std::forward<Body>(body)();
    } catch (const sc_core::sc_unwind_exception&) {
      throw;  // the kernel ends the process
    } catch (...) {
      if (first_ == nullptr) first_ = std::current_exception();
      sc_core::sc_pause();
    }
  }

  void rethrow_if_any() const {
    if (first_ != nullptr) std::rethrow_exception(first_);
  }

 private:
  std::exception_ptr first_;
};

}  // namespace systole
