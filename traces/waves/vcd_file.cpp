#include "traces/waves/vcd_file.h"

#include <algorithm>
#include <fstream>
#include <ostream>

#include "traces/waves/wave_text.h"

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

/// Without leading zeros, as the standard shortens vectors: readers extend with 0, so a negative number is written
/// whole.
std::string shortened(const std::string& bits) {
  const std::size_t first = bits.find('1');
  return first == std::string::npos ? "0" : bits.substr(first);
}

}  // namespace

void VcdFile::declare(const std::vector<WaveVariable>& variables) {
  out_ << "$comment one time step is one accelerator cycle $end\n$timescale 1 ns $end\n";
  ScopeWalk scopes([this](const std::string& name) { out_ << "$scope module " << name << " $end\n"; },
                   [this] { out_ << "$upscope $end\n"; });
  for (const WaveVariable& variable : variables) {
    scopes.enter(variable.scope);
    variables_.push_back({code_of(variables_.size()), variable.bits, {}});
    for (const std::string& name : variable.names) variables_.back().names.push_back(wave_value(name));
    out_ << "$var " << (variable.names.empty() ? "wire " + std::to_string(variable.bits) : "string 1") << ' '
         << variables_.back().code << ' ' << wave_name(variable) << " $end\n";
  }
  scopes.leave();
  out_ << "$enddefinitions $end\n";
}

void VcdFile::change(Cycles at, std::size_t variable, std::int64_t value) {
  if (lost_at_) return;
  go_to(at);
  const Variable& v = variables_[variable];
  if (!v.names.empty()) {
    out_ << 's' << v.names[static_cast<std::size_t>(value)] << ' ' << v.code << '\n';
  } else if (v.bits == 1) {
    out_ << (value != 0 ? '1' : '0') << v.code << '\n';
  } else {
    out_ << 'b' << shortened(all_bits(value, v.bits)) << ' ' << v.code << '\n';
  }
}

void VcdFile::close(Cycles end) {
  go_to(end);
  end_step();
}

void VcdFile::end_step() {
  if (!out_.flush() && !lost_at_) lost_at_ = now_;
}

void VcdFile::go_to(Cycles at) {
  if (at == now_) return;
  const bool first = now_ < Cycles{};
  if (!first) end_step();
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

std::optional<Cycles> last_cycle(const std::filesystem::path& path) {
  constexpr std::streamoff kTail = std::streamoff{64} << 10U;
  std::ifstream file(path, std::ios::binary | std::ios::ate);
  const std::streamoff size = file.tellg();
  file.seekg(std::max<std::streamoff>(0, size - kTail));
  std::optional<Cycles> last;
  for (std::string line; std::getline(file, line);) {
    if (line.size() > 1 && line[0] == '#') last = Cycles{std::stoll(line.substr(1))};
  }
  return last;
}

}  // namespace systole
