#pragma once

#include <chrono>
#include <string>

namespace systole {

/// One line on standard error that says how far the program is. On a terminal it is redrawn in place, at most ten times
/// a second, and wiped at the end; elsewhere (a log file) a line of its own appears every ten seconds. Nothing when
/// `shown` is false.
class ProgressLine {
 public:
  explicit ProgressLine(bool shown);
  ~ProgressLine();
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;

  void show(const std::string& text);
  /// A line that stays.
  void note(const std::string& text);

 private:
  using Clock = std::chrono::steady_clock;
  void wipe();

  bool shown_;
  bool terminal_;
  bool drawn_ = false;
  Clock::time_point last_;
};

}  // namespace systole
