#pragma once

#include <cstdint>
#include <filesystem>
#include <streambuf>
#include <string>
#include <system_error>
#include <vector>

namespace systole {

/// A growing file of records that stays whole when the disk fills: what is flushed ends a record, and the file is cut
/// behind the end of one. Some of it is given back to the disk then (half, at most 4 MiB), because the run goes on and
/// its results need room; the writer's stream is bad from there on. A writer whose files need an end clears the stream
/// and writes it: what follows the last flush is put behind the cut. Pipes and devices cannot be cut.
class RecordBuffer : public std::streambuf {
 public:
  RecordBuffer() = default;
  ~RecordBuffer() override;
  RecordBuffer(const RecordBuffer&) = delete;

  /// `error()` says why when it cannot be.
  void open(const std::filesystem::path& path);

  /// Writes the rest and closes the file.
  void close();

  /// The first fault of the system; none: everything is in the file.
  [[nodiscard]] const std::error_code& error() const { return error_; }
  /// The file has records up to its last cut, or all of them.
  [[nodiscard]] bool usable() const { return !error_ || size_ > 0; }

 protected:
  int_type overflow(int_type character) override;
  int sync() override;

 private:
  [[nodiscard]] std::size_t filled() const { return static_cast<std::size_t>(pptr() - pbase()); }
  std::size_t put(const char* text, std::size_t size);
  void grow();
  bool write_chunk();
  void cut(std::int64_t written);

  int file_ = -1;
  std::vector<char> chunk_;            ///< not written yet; it begins at `size_`
  std::int64_t size_ = 0;              ///< of the file
  std::vector<std::int64_t> earlier_;  ///< ends of records in the chunk before, bytes from the file's first
  std::vector<std::int64_t> ends_;     ///< in this one
  std::error_code error_;
};

}  // namespace systole
