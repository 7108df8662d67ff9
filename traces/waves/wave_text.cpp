#include "traces/waves/wave_text.h"

#include <algorithm>

namespace systole {

namespace {

std::vector<std::string> split(const std::string& scope) {
  std::vector<std::string> parts;
  for (std::size_t begin = 0; begin <= scope.size();) {
    const std::size_t end = std::min(scope.find('.', begin), scope.size());
    if (end > begin) parts.push_back(scope.substr(begin, end - begin));
    begin = end + 1;
  }
  return parts;
}

}  // namespace

void ScopeWalk::enter(const std::string& scope) {
  const std::vector<std::string> wanted = split(scope);
  std::size_t common = 0;
  while (common < open_.size() && common < wanted.size() && open_[common] == wanted[common]) ++common;
  for (; open_.size() > common; open_.pop_back()) up_();
  for (; open_.size() < wanted.size(); open_.push_back(wanted[open_.size()])) down_(wanted[open_.size()]);
}

std::string wave_name(const WaveVariable& variable) {
  const bool vector = variable.names.empty() && variable.bits > 1;
  return variable.name + (vector ? "[" + std::to_string(variable.bits - 1) + ":0]" : "");
}

std::string wave_value(std::string text) {
  std::replace(text.begin(), text.end(), ' ', '_');
  return text;
}

std::string all_bits(std::int64_t value, int bits) {
  std::string digits(static_cast<std::size_t>(bits), '0');
  auto rest = static_cast<std::uint64_t>(value);
  for (std::size_t bit = digits.size(); bit-- > 0; rest >>= 1U) digits[bit] = (rest & 1U) != 0 ? '1' : '0';
  return digits;
}

}  // namespace systole
