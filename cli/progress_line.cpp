#include "cli/progress_line.h"

#include <unistd.h>

#include <cstdio>

namespace systole {

ProgressLine::ProgressLine(bool shown)
    : shown_(shown), terminal_(::isatty(STDERR_FILENO) == 1), last_(terminal_ ? Clock::time_point() : Clock::now()) {}

ProgressLine::~ProgressLine() {
  wipe();
}

void ProgressLine::show(const std::string& text) {
  using namespace std::chrono_literals;
  const Clock::time_point now = Clock::now();
  if (!shown_ || now - last_ < (terminal_ ? 100ms : 10s)) return;
  last_ = now;
  wipe();
  std::fputs((text + (terminal_ ? "" : "\n")).c_str(), stderr);
  std::fflush(stderr);
  drawn_ = terminal_;
}

void ProgressLine::note(const std::string& text) {
  if (!shown_) return;
  wipe();
  std::fputs((text + "\n").c_str(), stderr);
}

void ProgressLine::wipe() {
  if (drawn_) std::fputs("\r\033[K", stderr);  // ANSI: to the line's start, erase to its end
  drawn_ = false;
}

}  // namespace systole
