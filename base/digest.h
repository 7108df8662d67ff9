#pragma once

#include <cstdint>
#include <string_view>

namespace systole {

/// Tells files apart (FNV-1a, 64 bits); no protection against anybody who wants them to look alike. `digest` goes on
/// from that of what came before.
constexpr std::uint64_t digest_of(std::string_view bytes, std::uint64_t digest = 0xcbf29ce484222325U) {
  for (const char byte : bytes) digest = (digest ^ static_cast<unsigned char>(byte)) * 0x100000001b3U;
  return digest;
}

}  // namespace systole
