#include "traces/waves/stall_trigger.h"

#include <algorithm>
#include <charconv>
#include <regex>
#include <vector>

#include "base/errors.h"

namespace systole {

namespace {

constexpr const char* kAnyReason = "stall";

UserError fault(const std::string& option, const std::string& text, const std::string& what, const std::string& hint) {
  return UserError({"", 0, 0, option + " '" + text + "': " + what, hint});
}

std::string did_you_mean(const std::string& word, const std::vector<std::string>& known) {
  const std::string near = nearest(word, known);
  if (!near.empty()) return "did you mean " + near + "?";
  std::string all = "one of ";
  for (const std::string& name : known) all += (&name == &known.front() ? "" : ", ") + name;
  return all;
}

}  // namespace

StallCondition parse_stall(const std::string& option, const std::string& text) {
  static const std::regex kForm(R"(\s*([\w.]+)\s+(\w+)\s*>\s*(\d+)\s*)");
  std::smatch parts;
  StallCondition condition;
  condition.text = text;
  std::int64_t cycles = 0;
  const auto number = [&] {
    const std::string digits = parts[3];
    return std::from_chars(digits.data(), digits.data() + digits.size(), cycles).ec == std::errc();
  };
  if (!std::regex_match(text, parts, kForm) || !number()) {
    throw fault(option, text, "it is not UNIT stall>CYCLES or UNIT REASON>CYCLES", "for example 'dma_ibuf stall>1000'");
  }
  condition.longer_than = Cycles{cycles};

  std::string unit = parts[1];
  if (unit.find('.') != std::string::npos) unit[unit.find('.')] = '_';
  const std::vector<std::string> units(kUnitNames.begin(), kUnitNames.end());
  const auto found = std::find(units.begin(), units.end(), unit);
  if (found == units.end()) throw fault(option, text, "there is no unit '" + unit + "'", did_you_mean(unit, units));
  condition.unit = static_cast<Unit>(found - units.begin());

  const std::string reason = parts[2];
  std::vector<std::string> reasons{kAnyReason};
  for (const Stall known : stalls_of(condition.unit)) {
    reasons.emplace_back(kStallNames[static_cast<std::size_t>(known)]);
    if (reasons.back() == reason) condition.reason = known;
  }
  if (reason != kAnyReason && !condition.reason) {
    throw fault(option, text, unit + " never stalls for '" + reason + "'", did_you_mean(reason, reasons));
  }
  return condition;
}

bool StallTrigger::counts(UnitState state) const {
  return condition_.reason ? state == state_of(*condition_.reason) : state >= kFirstStallState;
}

void StallTrigger::state(const StateSpan& span) {
  if (span.unit != condition_.unit || ended_ || span.until <= span.from) return;
  const bool stalled = counts(span.state);
  if (!stalled || span.from != present_.until) {
    ended_ = fired();
    if (ended_) return;
    present_.from = stalled ? span.from : span.until;
  }
  present_.until = span.until;
  if (present_.length() > longest_.length()) longest_ = present_;
}

}  // namespace systole
