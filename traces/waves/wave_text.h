#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "traces/waves/wave_file.h"

/// What the formats of waveforms share: names, values and nested scopes as text.
namespace systole {

/// Enters and leaves modules so that the variable that comes next is in its scope.
class ScopeWalk {
 public:
  ScopeWalk(std::function<void(const std::string& module)> down, std::function<void()> up)
      : down_(std::move(down)), up_(std::move(up)) {}
  void enter(const std::string& scope);
  void leave() { enter(""); }

 private:
  std::function<void(const std::string&)> down_;
  std::function<void()> up_;
  std::vector<std::string> open_;
};

/// The variable's name with its range where it is a vector: `tile[31:0]`.
std::string wave_name(const WaveVariable& variable);

/// A text as a value: without blanks.
std::string wave_value(std::string text);

/// Two's complement, most significant bit first.
std::string all_bits(std::int64_t value, int bits);

}  // namespace systole
