#include "traces/waves/vcd_file.h"

#include <algorithm>
#include <ostream>

namespace systole {

namespace {

/// Short names of printable characters: `!`, `"`, .., `!!`, ..
std::string code_of(std::size_t number) {
  constexpr std::size_t kFirst = '!';
  constexpr std::size_t kCount = '~' - '!' + 1;
  std::string code;
  for (std::size_t rest = number + 1; rest > 0; rest = (rest - 1) / kCount) {
    code += static_cast<char>(kFirst + (rest - 1) % kCount);
  }
  return code;
}

std::vector<std::string> split(const std::string& scope) {
  std::vector<std::string> parts;
  for (std::size_t begin = 0; begin <= scope.size();) {
    const std::size_t end = std::min(scope.find('.', begin), scope.size());
    if (end > begin) parts.push_back(scope.substr(begin, end - begin));
    begin = end + 1;
  }
  return parts;
}

/// Two's complement without leading copies of the sign, as the standard shortens vectors: readers extend 0 and x only,
/// so a negative number is written whole.
std::string binary(std::int64_t value, int bits) {
  std::string digits;
  auto rest = static_cast<std::uint64_t>(value);
  for (int bit = 0; bit < bits && (rest != 0 || bit == 0); ++bit, rest >>= 1U) digits += (rest & 1U) != 0 ? '1' : '0';
  std::reverse(digits.begin(), digits.end());
  return digits;
}

/// A text has no blanks in a value change dump.
std::string escaped(std::string text) {
  std::replace(text.begin(), text.end(), ' ', '_');
  return text;
}

}  // namespace

void VcdFile::declare(const std::vector<WaveVariable>& variables) {
  out_ << "$comment one time step is one accelerator cycle $end\n$timescale 1 ns $end\n";
  std::vector<std::string> open;
  for (const WaveVariable& variable : variables) {
    const std::vector<std::string> scope = split(variable.scope);
    const auto common = static_cast<std::size_t>(
        std::mismatch(open.begin(), open.end(), scope.begin(), scope.end()).first - open.begin());
    for (; open.size() > common; open.pop_back()) out_ << "$upscope $end\n";
    for (; open.size() < scope.size(); open.push_back(scope[open.size()])) {
      out_ << "$scope module " << scope[open.size()] << " $end\n";
    }
    variables_.push_back({code_of(variables_.size()), variable.bits, {}});
    for (const std::string& name : variable.names) variables_.back().names.push_back(escaped(name));
    const bool text = !variable.names.empty();
    out_ << "$var " << (text ? "string 1" : "wire " + std::to_string(variable.bits)) << ' ' << variables_.back().code
         << ' ' << variable.name << (text || variable.bits == 1 ? "" : "[" + std::to_string(variable.bits - 1) + ":0]")
         << " $end\n";
  }
  for (; !open.empty(); open.pop_back()) out_ << "$upscope $end\n";
  out_ << "$enddefinitions $end\n";
}

void VcdFile::change(Cycles at, std::size_t variable, std::int64_t value) {
  go_to(at);
  const Variable& v = variables_[variable];
  if (!v.names.empty()) {
    out_ << 's' << v.names[static_cast<std::size_t>(value)] << ' ' << v.code << '\n';
  } else if (v.bits == 1) {
    out_ << (value != 0 ? '1' : '0') << v.code << '\n';
  } else {
    out_ << 'b' << binary(value, v.bits) << ' ' << v.code << '\n';
  }
}

void VcdFile::close(Cycles end) {
  go_to(end);
  out_.flush();
}

void VcdFile::go_to(Cycles at) {
  if (at == now_) return;
  const bool first = now_ < Cycles{};
  now_ = at;
  out_ << '#' << at.count() << '\n';
  if (first) dump_unknown();
}

void VcdFile::dump_unknown() {
  out_ << "$dumpvars\n";
  for (const Variable& v : variables_) {
    if (!v.names.empty()) {
      out_ << "s- " << v.code << '\n';
    } else {
      out_ << (v.bits == 1 ? "x" : "bx ") << v.code << '\n';
    }
  }
  out_ << "$end\n";
}

}  // namespace systole
