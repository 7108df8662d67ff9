#pragma once

#include <google/protobuf/io/gzip_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl.h>

#include <cstdint>
#include <fstream>
#include <string>

#include "traces/instructions/trace.pb.h"

namespace systole::trace {

/// Reads an instruction trace, record by record. Every fault is a UserError that names the file, the record (the header
/// is 0), the byte of the uncompressed contents at which it begins, and the cause; a file that cannot be read is an
/// EnvironmentError.
class TraceReader {
 public:
  /// Opens the file and reads its header: one of this schema, or a fault.
  explicit TraceReader(const std::string& path);

  [[nodiscard]] const Header& header() const { return header_; }

  /// The next instruction; false behind the last one, when the trace is complete.
  bool next(Instruction& instruction);

  /// Of the run; known when next() has returned false.
  [[nodiscard]] std::int64_t cycles() const { return cycles_; }

  /// The record that was read last is wrong.
  [[noreturn]] void refuse(const std::string& what, const std::string& hint) const;

 private:
  void read();
  [[nodiscard]] std::string cause_of_end(bool at_border) const;

  std::string path_;
  std::ifstream in_;
  google::protobuf::io::IstreamInputStream file_;
  google::protobuf::io::GzipInputStream compressed_;
  Record record_;
  std::int64_t number_ = -1;  ///< of the record
  std::int64_t start_ = 0;    ///< its first byte
  Header header_;
  std::int64_t instructions_ = 0;
  std::int64_t cycles_ = 0;
};

}  // namespace systole::trace
