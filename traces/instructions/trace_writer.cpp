#include "traces/instructions/trace_writer.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>
#include <google/protobuf/util/delimited_message_util.h>

#include <algorithm>
#include <limits>
#include <tuple>

namespace systole::trace {

namespace {

/// zlib's quicker levels: a trace is large, and a run waits for it.
constexpr int kCompressionLevel = 3;

google::protobuf::io::GzipOutputStream::Options gzip_options() {
  google::protobuf::io::GzipOutputStream::Options options;
  options.compression_level = kCompressionLevel;
  return options;
}

}  // namespace

TraceWriter::TraceWriter(std::ostream& out, const Header& header) {
  file_.emplace(&out);
  compressed_.emplace(&*file_, gzip_options());
  Record first;
  *first.mutable_header() = header;
  first.mutable_header()->set_schema(kTraceSchema);
  write(first);
}

void TraceWriter::add(const Instruction& instruction) {
  *record_.mutable_instruction() = instruction;
  Pending& pending = pending_.emplace_back();
  pending.completion = instruction.completion();
  pending.unit = instruction.unit();
  pending.issue = instruction.issue();
  google::protobuf::io::StringOutputStream bytes(&pending.bytes);
  google::protobuf::util::SerializeDelimitedToZeroCopyStream(record_, &bytes);
}

void TraceWriter::settle(std::int64_t until) {
  const auto key = [](const Pending& one) { return std::tie(one.completion, one.unit, one.issue); };
  const auto complete = std::stable_partition(pending_.begin(), pending_.end(),
                                              [&](const Pending& one) { return one.completion < until; });
  std::stable_sort(pending_.begin(), complete, [&](const Pending& a, const Pending& b) { return key(a) < key(b); });
  google::protobuf::io::CodedOutputStream coded(&*compressed_);
  for (auto one = pending_.begin(); one != complete; ++one) coded.WriteString(one->bytes);
  instructions_ += complete - pending_.begin();
  pending_.erase(pending_.begin(), complete);
}

void TraceWriter::close(std::int64_t cycles) {
  settle(std::numeric_limits<std::int64_t>::max());
  Record last;
  last.mutable_end()->set_cycles(cycles);
  last.mutable_end()->set_instructions(instructions_);
  write(last);
  compressed_.reset();
  file_.reset();  // writes what it holds
}

void TraceWriter::write(const Record& record) {
  google::protobuf::util::SerializeDelimitedToZeroCopyStream(record, &*compressed_);
}

}  // namespace systole::trace
