#include "traces/record_buffer.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace systole {

namespace {

constexpr std::size_t kChunk = std::size_t{4} << 20U;
constexpr std::int64_t kGivenBack = kChunk;

std::error_code last_error() {
  return {errno, std::generic_category()};
}

}  // namespace

void RecordBuffer::open(const std::filesystem::path& path) {
  file_ = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  if (file_ < 0) error_ = last_error();
}

RecordBuffer::~RecordBuffer() {
  if (file_ >= 0) ::close(file_);
}

RecordBuffer::int_type RecordBuffer::overflow(int_type character) {
  if (filled() >= 2 * kChunk && !write_chunk()) return traits_type::eof();  // nobody ends records
  if (pptr() == epptr()) grow();
  if (!traits_type::eq_int_type(character, traits_type::eof())) sputc(traits_type::to_char_type(character));
  return traits_type::not_eof(character);
}

/// The end of a record.
int RecordBuffer::sync() {
  ends_.push_back(size_ + static_cast<std::int64_t>(filled()));
  return filled() < kChunk || write_chunk() ? 0 : -1;
}

void RecordBuffer::grow() {
  const std::size_t used = filled();
  chunk_.resize(std::max<std::size_t>(std::size_t{1} << 16U, 2 * chunk_.size()));
  setp(chunk_.data(), chunk_.data() + chunk_.size());
  pbump(static_cast<int>(used));
}

/// How many bytes of the text reached the file.
std::size_t RecordBuffer::put(const char* text, std::size_t size) {
  std::size_t done = 0;
  while (done < size) {
    const ssize_t written = ::write(file_, text + done, size - done);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) {
      if (!error_) error_ = last_error();
      break;
    }
    done += static_cast<std::size_t>(written);
  }
  return done;
}

bool RecordBuffer::write_chunk() {
  const std::size_t size = filled();
  const std::size_t written = put(pbase(), size);
  if (written < size) {
    cut(size_ + static_cast<std::int64_t>(written));
  } else {
    size_ += static_cast<std::int64_t>(size);
    earlier_.swap(ends_);
  }
  ends_.clear();
  setp(chunk_.data(), chunk_.data() + chunk_.size());
  return written == size;
}

/// Back to the last end of a record that leaves room.
void RecordBuffer::cut(std::int64_t written) {
  const std::int64_t most = written - std::min(written / 2, kGivenBack);
  size_ = 0;
  for (const std::vector<std::int64_t>* ends : {&earlier_, &ends_}) {
    for (const std::int64_t end : *ends) {
      if (end <= most) size_ = std::max(size_, end);
    }
  }
  earlier_.clear();
  if (::lseek(file_, size_, SEEK_SET) < 0 || ::ftruncate(file_, size_) != 0) size_ = 0;
}

void RecordBuffer::close() {
  if (file_ < 0) return;
  const std::int64_t last_end = ends_.empty() ? size_ : ends_.back();
  const std::string end(pbase() + (last_end - size_), pptr());
  if (!write_chunk() && size_ > 0) {
    const std::size_t written = put(end.data(), end.size());
    size_ = written == end.size() ? size_ + static_cast<std::int64_t>(written) : 0;
  }
  if (::close(file_) != 0 && !error_) error_ = last_error();
  file_ = -1;
}

}  // namespace systole
