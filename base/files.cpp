#include "base/files.h"

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>

#include "base/errors.h"

namespace systole {

std::string read_file(const std::string& path) {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "rb"), &std::fclose);
  std::string text;
  std::array<char, 1 << 16> block;
  while (file && !std::feof(file.get()) && !std::ferror(file.get())) {
    text.append(block.data(), std::fread(block.data(), 1, block.size(), file.get()));
  }
  if (!file || std::ferror(file.get())) {
    throw EnvironmentError(path + ": cannot be read (" + std::strerror(errno) + ")");
  }
  return text;
}

}  // namespace systole
