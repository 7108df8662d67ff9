#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/errors.h"
#include "models/cycle/dram/types.h"

namespace systole::dram {

/// One line of a request trace: 64 bytes at `address` (which may lie anywhere in them), not before memory clock
/// `clock`.
struct TraceRequest {
  std::uint64_t address = 0;
  Direction direction = Direction::read;
  Clock clock = 0;
};

/// Reads a request trace: `0xBYTEADDRESS READ|WRITE CLOCK` a line, plain or gzip. Empty lines are skipped.
/// Lines that cannot be parsed, lie beyond `capacity` bytes or go back in time are faults with file and line; reading
/// goes on behind them so that the user sees several at once, and finish() throws them as UserError. EnvironmentError
/// when the file cannot be read.
class TraceReader {
 public:
  TraceReader(const std::string& path, std::uint64_t capacity);
  ~TraceReader();
  TraceReader(const TraceReader&) = delete;
  TraceReader& operator=(const TraceReader&) = delete;

  /// The next request; false at the end of the trace or after too many faults.
  bool next(TraceRequest& request);
  /// Throws what was wrong with the trace, if anything was.
  void finish() const { faults_.throw_if_any(); }

 private:
  struct File;

  bool next_line(const char*& begin, const char*& end);
  bool refill();
  bool parse(const char* begin, const char* end, TraceRequest& request);
  bool fault(std::string message, std::string hint = "");

  std::string path_;
  std::uint64_t capacity_;
  std::unique_ptr<File> file_;
  std::vector<char> buffer_;
  std::size_t begin_ = 0;  ///< unread bytes of the buffer: [begin_, end_)
  std::size_t end_ = 0;
  int line_ = 0;
  Clock last_clock_ = 0;
  Diagnostics faults_;
};

}  // namespace systole::dram
