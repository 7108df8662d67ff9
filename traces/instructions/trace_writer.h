#pragma once

#include <google/protobuf/io/gzip_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl.h>

#include <cstdint>
#include <iosfwd>
#include <optional>
#include <string>
#include <vector>

#include "traces/instructions/instruction_sink.h"

namespace systole::trace {

constexpr std::uint32_t kTraceSchema = 1;

/// Writes an instruction trace: the header, instructions as they become known, and the end. It keeps only what has not
/// been settled, so memory does not grow with the run. The bytes depend on the records alone.
class TraceWriter : public InstructionSink {
 public:
  /// Writes to `out`, whose state tells whether that works.
  TraceWriter(std::ostream& out, const Header& header);

  void add(const Instruction& instruction) override;

  /// Writes them in order.
  void settle(std::int64_t until) override;

  /// All have been added; the end of the file.
  void close(std::int64_t cycles);

 private:
  struct Pending {
    std::int64_t completion;
    Unit unit;
    std::int64_t issue;
    std::string bytes;  ///< the record behind its length
  };

  void write(const Record& record);

  std::optional<google::protobuf::io::OstreamOutputStream> file_;
  std::optional<google::protobuf::io::GzipOutputStream> compressed_;
  Record record_;
  std::vector<Pending> pending_;
  std::int64_t instructions_ = 0;
};

}  // namespace systole::trace
