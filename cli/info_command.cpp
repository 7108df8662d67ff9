#include <fmt/format.h>

#include <algorithm>
#include <ostream>

#include "base/errors.h"
#include "cli/commands.h"
#include "cli/options.h"
#include "configs/reference.h"
#include "configs/resolver.h"
#include "isa/encoding.h"
#include "kernels/onnx/operators.h"

namespace systole {

namespace {

std::string operator_table() {
  std::string text = fmt::format("ONNX operators, opsets {} to {} (a constant: folded when its inputs are known)\n",
                                 kFirstOpset, kLastOpset);
  for (const Operator& each : operators()) {
    text += fmt::format("  {:<22} {:<22} {}\n", each.name, each.becomes, each.doc);
  }
  return text;
}

std::string shipped(const ConfigKind& kind) {
  std::string text;
  for (const std::string& name : shipped_names(kind)) text += name + "\n";
  return text;
}

struct Topic {
  const char* name;
  const char* about;
  std::string (*text)();
};

constexpr Topic kTopics[] = {
    {"operators", "ONNX operators that are understood", operator_table},
    {"instructions", "every instruction with its fields", [] { return isa::encoding_manual(); }},
    {"configuration", "every configuration key with its unit, range and default",
     [] { return configuration_reference(); }},
    {"machines", "names that --hw takes", [] { return shipped(kHardware); }},
    {"memories", "names that --dram takes", [] { return shipped(kDram); }},
    {"energy", "energy tables, for a machine's `energy`", [] { return shipped(kEnergy); }},
    {"networks", "networks that come with the program", [] { return shipped(kNetworks); }},
};

const Topic& find_topic(const std::string& name) {
  std::vector<std::string> names;
  for (const Topic& topic : kTopics) {
    if (topic.name == name) return topic;
    names.emplace_back(topic.name);
  }
  const std::string near = nearest(name, names);
  throw UserError(
      {"", 0, 0, fmt::format("`systole info` has no topic '{}'", name),
       near.empty() ? fmt::format("topics: {}", fmt::join(names, ", ")) : fmt::format("did you mean {}?", near)});
}

std::string overview() {
  std::string text = "systole info TOPIC\n";
  for (const Topic& topic : kTopics) text += fmt::format("  {:<15} {}\n", topic.name, topic.about);
  return text;
}

}  // namespace

void run_info(const std::vector<std::string>& arguments, std::ostream& out) {
  OptionGroup general("Options");
  general.add_options()("help", "this text")("version", "the program's version");
  CommandLine line("info", "[TOPIC]", "What this version supports:\n" + overview());
  line.add(general);
  const auto topic = line.parse(arguments, out);
  if (topic) out << (topic->empty() ? overview() : find_topic(*topic).text());
}

}  // namespace systole
