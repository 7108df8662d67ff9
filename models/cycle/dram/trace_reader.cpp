#include "models/cycle/dram/trace_reader.h"

#include <fmt/format.h>
#include <zlib.h>

#include <cerrno>
#include <cstring>
#include <string_view>

namespace systole::dram {

namespace {

constexpr std::size_t kChunk = std::size_t{1} << 18;
constexpr std::size_t kMostFaults = 20;
constexpr std::uint64_t kMostClocks = 1'000'000'000'000;  ///< a quarter of an hour of DDR4; its refreshes take seconds
constexpr const char* kFormat = "a line is `0xBYTEADDRESS READ|WRITE CLOCK`, as `0x1a40 READ 12`";

bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\r';
}

std::string_view next_word(const char*& p, const char* end) {
  while (p < end && is_space(*p)) ++p;
  const char* const begin = p;
  while (p < end && !is_space(*p)) ++p;
  return {begin, static_cast<std::size_t>(p - begin)};
}

/// Digits of base 10 or 16 into a number; false when there are none, others, or more than 63 bits.
bool parse_number(std::string_view word, unsigned base, std::uint64_t& value) {
  if (word.empty()) return false;
  value = 0;
  for (const char c : word) {
    unsigned digit = 99;
    if (c >= '0' && c <= '9') digit = static_cast<unsigned>(c - '0');
    if (c >= 'a' && c <= 'f') digit = static_cast<unsigned>(c - 'a') + 10;
    if (c >= 'A' && c <= 'F') digit = static_cast<unsigned>(c - 'A') + 10;
    if (digit >= base || value > (std::uint64_t{1} << 62) / base) return false;
    value = value * base + digit;
  }
  return true;
}

/// A word of a file that may be anything, as it can be shown.
std::string shown(std::string_view word) {
  std::string text(word.substr(0, 40));
  for (char& c : text) {
    if (c < ' ' || c > '~') c = '?';
  }
  return text;
}

}  // namespace

struct TraceReader::File {
  explicit File(gzFile opened) : handle(opened) {}
  ~File() { gzclose(handle); }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  gzFile handle;
};

TraceReader::TraceReader(const std::string& path, std::uint64_t capacity)
    : path_(path), capacity_(capacity), buffer_(2 * kChunk) {
  errno = 0;
  gzFile const handle = gzopen(path.c_str(), "rb");
  if (handle == nullptr)
    throw EnvironmentError(fmt::format("{}: cannot open the trace ({})", path, std::strerror(errno)));
  file_ = std::make_unique<File>(handle);
  gzbuffer(handle, kChunk);
}

TraceReader::~TraceReader() = default;

/// Moves the unread rest to the front and appends a chunk; false at the end of the file.
bool TraceReader::refill() {
  std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
  end_ -= begin_;
  begin_ = 0;
  if (buffer_.size() - end_ < kChunk) buffer_.resize(buffer_.size() * 2);
  const int got = gzread(file_->handle, buffer_.data() + end_, kChunk);
  int code = Z_OK;
  const char* const why = gzerror(file_->handle, &code);
  if (code == Z_ERRNO)
    throw EnvironmentError(fmt::format("{}: cannot read the trace ({})", path_, std::strerror(errno)));
  if (code == Z_DATA_ERROR) {
    throw UserError({path_, 0, 0, fmt::format("the gzip file is damaged ({})", why), "copy or compress it again"});
  }
  if (got < 0 && code != Z_BUF_ERROR) throw EnvironmentError(fmt::format("{}: cannot read the trace ({})", path_, why));
  if (code == Z_BUF_ERROR) {
    throw UserError({path_, 0, 0, "the gzip file ends in the middle", "it was cut off: copy or compress it again"});
  }
  end_ += static_cast<std::size_t>(got);
  return got > 0;
}

bool TraceReader::next_line(const char*& begin, const char*& end) {
  const void* newline = nullptr;
  while ((newline = std::memchr(buffer_.data() + begin_, '\n', end_ - begin_)) == nullptr) {
    if (end_ - begin_ > kChunk) {
      throw UserError(
          {path_, line_ + 1, 0, fmt::format("the line is longer than {} bytes: no trace", kChunk), kFormat});
    }
    if (refill()) continue;
    if (begin_ == end_) return false;
    begin = buffer_.data() + begin_;  // the last line, without a newline
    end = buffer_.data() + end_;
    begin_ = end_;
    ++line_;
    return true;
  }
  begin = buffer_.data() + begin_;
  end = static_cast<const char*>(newline);
  begin_ = static_cast<std::size_t>(end - buffer_.data()) + 1;
  ++line_;
  return true;
}

bool TraceReader::next(TraceRequest& request) {
  const char* begin = nullptr;
  const char* end = nullptr;
  while (faults_.items().size() < kMostFaults && next_line(begin, end)) {
    while (begin < end && is_space(*begin)) ++begin;
    if (begin < end && parse(begin, end, request)) return true;
  }
  return false;
}

bool TraceReader::fault(std::string message, std::string hint) {
  faults_.add({path_, line_, 0, std::move(message), std::move(hint)});
  return false;
}

bool TraceReader::parse(const char* begin, const char* end, TraceRequest& request) {
  const std::string_view address = next_word(begin, end);
  const std::string_view kind = next_word(begin, end);
  const std::string_view clock = next_word(begin, end);
  const std::string_view rest = next_word(begin, end);
  const bool prefixed = address.size() > 2 && address[0] == '0' && (address[1] == 'x' || address[1] == 'X');
  if (!prefixed || !parse_number(address.substr(2), 16, request.address)) {
    return fault(fmt::format("'{}' is not a hexadecimal byte address", shown(address)), kFormat);
  }
  if (kind != "READ" && kind != "WRITE")
    return fault(fmt::format("'{}' is neither READ nor WRITE", shown(kind)), kFormat);
  request.direction = kind == "READ" ? Direction::read : Direction::write;
  std::uint64_t value = 0;
  if (!parse_number(clock, 10, value)) return fault(fmt::format("'{}' is not a clock", shown(clock)), kFormat);
  if (value > kMostClocks) {
    return fault(fmt::format("clock {} is above {}", value, kMostClocks), "let the trace begin near clock 0");
  }
  request.clock = static_cast<Clock>(value);
  if (!rest.empty()) return fault(fmt::format("'{}' is left over behind the clock", shown(rest)), kFormat);
  if (request.address >= capacity_) {
    return fault(fmt::format("address {:#x} is beyond the device, which has {:#x} bytes", request.address, capacity_),
                 "use a larger device, more ranks or channels, or another trace");
  }
  if (request.clock < last_clock_) {
    return fault(
        fmt::format("clock {} comes after clock {}: requests are out of time order", request.clock, last_clock_),
        "sort the trace by clock");
  }
  last_clock_ = request.clock;
  return true;
}

}  // namespace systole::dram
