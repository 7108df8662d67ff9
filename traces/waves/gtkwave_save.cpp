#include "traces/waves/gtkwave_save.h"

#include <algorithm>

#include "traces/waves/wave_text.h"

namespace systole {

namespace {

// Flags and colours of GTKWave's save files.
constexpr const char* kGroupBegins = "@800200";
constexpr const char* kFoldedGroupBegins = "@c00200";
constexpr const char* kGroupEnds = "@1000200";
constexpr const char* kFoldedGroupEnds = "@1401200";
constexpr const char* kText = "@2";
constexpr const char* kBit = "@28";
constexpr const char* kDecimal = "@420";
constexpr int kOrange = 2;
constexpr int kYellow = 3;
constexpr int kGreen = 4;

bool is_detail(const WaveVariable& variable) {
  return variable.name.rfind("open_row", 0) == 0 || variable.name.rfind("count_", 0) == 0 ||
         variable.name.find("loop") != std::string::npos;
}

void add(std::string& text, const WaveVariable& variable) {
  int colour = 0;
  if (variable.name == "state") colour = kGreen;
  if (variable.name == "layer") colour = kYellow;
  if (variable.name == "command") colour = kOrange;
  text += (!variable.names.empty() ? kText : variable.bits == 1 ? kBit : kDecimal) + std::string("\n");
  if (colour > 0) text += "[color] " + std::to_string(colour) + "\n";
  text += variable.scope + "." + wave_name(variable) + "\n";
}

void add_group(std::string& text, const std::string& name, const std::vector<WaveVariable>& variables, bool folded) {
  if (variables.empty()) return;
  text += std::string(folded ? kFoldedGroupBegins : kGroupBegins) + "\n-" + name + "\n";
  for (const WaveVariable& variable : variables) add(text, variable);
  text += std::string(folded ? kFoldedGroupEnds : kGroupEnds) + "\n-" + name + "\n";
}

}  // namespace

std::string gtkwave_save(const std::string& wave, const std::vector<WaveVariable>& variables) {
  std::string text =
      "[*] one time step is one accelerator cycle\n[dumpfile] \"" + wave + "\"\n[sst_width] 220\n[signals_width] 260\n";
  for (auto begin = variables.begin(); begin != variables.end();) {
    const auto end =
        std::find_if(begin, variables.end(), [&](const WaveVariable& v) { return v.scope != begin->scope; });
    std::vector<WaveVariable> shown;
    std::vector<WaveVariable> details;
    std::partition_copy(begin, end, std::back_inserter(details), std::back_inserter(shown), is_detail);
    add_group(text, begin->scope, shown, false);
    add_group(text, begin->scope + " in detail", details, true);
    begin = end;
  }
  return text;
}

}  // namespace systole
