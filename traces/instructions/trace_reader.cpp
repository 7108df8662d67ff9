#include "traces/instructions/trace_reader.h"

#include <fmt/format.h>
#include <google/protobuf/util/delimited_message_util.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "base/errors.h"
#include "traces/instructions/trace_writer.h"

namespace systole::trace {

namespace {

constexpr const char* kMakeAgain = "write it again with `systole run MODEL --trace FILE`";
constexpr const char* kForeign = "`systole run MODEL --trace FILE` writes one";

std::ifstream open(const std::string& path) {
  errno = 0;
  std::ifstream in(path, std::ios::binary);
  if (!in || std::filesystem::is_directory(path)) {
    throw EnvironmentError(fmt::format("{}: cannot be read ({})", path, in ? "it is a folder" : std::strerror(errno)));
  }
  return in;
}

bool is_gzip(std::ifstream& in) {
  const bool gzip = in.get() == 0x1f && in.get() == 0x8b;
  in.clear();
  in.seekg(0);
  return gzip;
}

}  // namespace

TraceReader::TraceReader(const std::string& path)
    : path_(path), in_(open(path)), file_(&in_), compressed_(&file_, google::protobuf::io::GzipInputStream::GZIP) {
  if (!is_gzip(in_)) {
    number_ = 0;
    refuse("this is no instruction trace: it does not begin as gzip does", kForeign);
  }
  read();
  if (!record_.has_header() || record_.header().schema() == 0) {
    refuse("this is no instruction trace: it does not begin with a header", kForeign);
  }
  header_.Swap(record_.mutable_header());
  if (header_.schema() != kTraceSchema) {
    refuse(fmt::format("the trace has schema {}, and this version reads schema {}", header_.schema(), kTraceSchema),
           kMakeAgain);
  }
}

bool TraceReader::next(Instruction& instruction) {
  read();
  if (record_.has_instruction()) {
    instruction.Swap(record_.mutable_instruction());
    ++instructions_;
    return true;
  }
  if (!record_.has_end()) refuse("neither an instruction nor the trace's end", kMakeAgain);
  if (record_.end().instructions() != instructions_) {
    refuse(fmt::format("the trace ends after {} instructions, and says that it has {}", instructions_,
                       record_.end().instructions()),
           kMakeAgain);
  }
  cycles_ = record_.end().cycles();
  return false;
}

void TraceReader::read() {
  ++number_;
  start_ = compressed_.ByteCount();
  bool at_border = false;
  record_.Clear();  // what is read is merged into it
  if (google::protobuf::util::ParseDelimitedFromZeroCopyStream(&record_, &compressed_, &at_border)) return;
  refuse(cause_of_end(at_border), number_ == 0 ? kForeign : kMakeAgain);
}

/// Why there is no record. zlib speaks of damage; at the end of the compressed bytes it is silent.
std::string TraceReader::cause_of_end(bool at_border) const {
  if (compressed_.ZlibErrorMessage() != nullptr) {
    return fmt::format("the compressed bytes are damaged ({})", compressed_.ZlibErrorMessage());
  }
  if (at_border) return "the file is cut off: the record that ends a trace is missing";
  if (in_.eof()) return "the file is cut off, or this record's length is wrong";
  return "this is no record of a trace";
}

void TraceReader::refuse(const std::string& what, const std::string& hint) const {
  throw UserError({path_, 0, 0, fmt::format("record {}, byte {}: {}", number_, start_, what), hint});
}

}  // namespace systole::trace
