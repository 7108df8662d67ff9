#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/units.h"

namespace systole {

/// A variable of a waveform.
struct WaveVariable {
  std::string scope;  ///< `systolic_array`, `dram.channel0`: modules from the outside in, with dots
  std::string name;
  int bits = 64;                   ///< of a number: 1..64, two's complement beyond one bit
  std::vector<std::string> names;  ///< not empty: the variable is a text, and its values number these
};

/// A file of changes of variables. Changes come in the order of time; until its first one a variable is unknown.
class WaveFile {
 public:
  WaveFile() = default;
  WaveFile(const WaveFile&) = delete;
  virtual ~WaveFile() = default;

  /// All variables, once, before the first change; a change names one by its place here.
  virtual void declare(const std::vector<WaveVariable>& variables) = 0;
  virtual void change(Cycles at, std::size_t variable, std::int64_t value) = 0;
  /// The wave ends before this cycle, and the file is complete.
  virtual void close(Cycles end) = 0;
  /// The cycle at which a full disk made the file stop to take changes; nothing: it has not. The file may lack some
  /// earlier changes, too, but is well formed.
  [[nodiscard]] virtual std::optional<Cycles> lost_at() const = 0;
};

}  // namespace systole
