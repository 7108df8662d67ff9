#include "configs/reference.h"

#include <fmt/format.h>
#include <google/protobuf/text_format.h>

#include <algorithm>
#include <vector>

#include "configs/machine.pb.h"
#include "configs/options.pb.h"
#include "configs/rules.h"
#include "configs/space.pb.h"

namespace systole {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;

constexpr const char* kIntroduction = R"(# Configuration

Machines, memories, energy tables and design spaces are files in protobuf text format: `key: value`, groups as `key { ... }`, comments from `#` to the end of the line.
A machine is one `Machine`, a memory one `Memory`, an energy table one `EnergyTable`, a design space one `Space`. A shipped file is named without folder and ending
(`--hw inference_64x64`); a path is written with a `/` or its ending. Shipped files are looked up in the folders of
`SYSTOLE_CONFIG_PATH` (separated by `:`), then in the installation.

`--set PATH=VALUE` overrides one key of the machine, as in `--set systolic_array.rows=32`. The machine's memory and energy table are part of it once
loaded: `--set memory_description.dram.controller.page_policy=closed_page`, `--set energy_table.mac.int8.value=0.25`. Lists are changed in a copy of the file.

**Counting OBUF.** `buffers.obuf_bits` is ONE of the two halves of OBUF. All other buffers count both halves together. The
GeneSys hardware files count in the same way.

**Number format.** Where a machine leaves `simd_unit.number_format` open, inference takes fixed32 and training float32. Where it leaves a SIMD latency open, the
number format decides.

**GeneSys hardware files.** `--hw` takes the JSON files of the GeneSys design points as they are: 18 keys, no others. `ARRAY_N` is `systolic_array.rows`, `ARRAY_M` is
`systolic_array.columns`, `SIMD_INST_MEM_ADDR_WIDTH` w makes `buffers.simd_instruction_bits` 32 x 2^w, and the others go to the keys of the same
name below. What they do not say takes its default.

**Shipped machines** are GeneSys design points: inference 4 (16x16), 7 (32x32), 9 (64x64) and 14 (128x128), 8-bit operands; training 2, 6, 8 and 12, 16-bit operands.

This page is made from the schema (`configs/*.proto`) by `systole info configuration`.
)";

/// The message types that `type` is made of, itself first, each once, in the order of its keys.
void collect(const Descriptor& type, std::vector<const Descriptor*>& types) {
  if (std::find(types.begin(), types.end(), &type) != types.end()) return;
  types.push_back(&type);
  for (int i = 0; i < type.field_count(); ++i) {
    const auto* group = type.field(i)->message_type();
    if (group != nullptr) collect(*group, types);
  }
}

std::string values_of(const FieldDescriptor& field) {
  const auto* group = field.message_type();
  if (group == nullptr) return (field.is_repeated() ? "list of: " : "") + allowed_values(field);
  std::string anchor = group->name();
  std::transform(anchor.begin(), anchor.end(), anchor.begin(), [](unsigned char c) { return std::tolower(c); });
  return fmt::format("{} [{}](#{})", field.is_repeated() ? "list of" : "group", group->name(), anchor);
}

std::string default_of(const FieldDescriptor& field) {
  const auto& rule = field.options().GetExtension(config::rule);
  if (field.is_required()) return "required";
  if (rule.has_computed_default()) return rule.computed_default();
  if (field.is_repeated()) return "empty";
  if (field.message_type() != nullptr) {
    const auto* empty = google::protobuf::MessageFactory::generated_factory()->GetPrototype(field.message_type());
    return empty->IsInitialized() ? "its defaults" : "absent";
  }
  if (!field.has_default_value()) return "absent";
  std::string text;
  const auto* group = google::protobuf::MessageFactory::generated_factory()->GetPrototype(field.containing_type());
  google::protobuf::TextFormat::PrintFieldValueToString(*group, &field, -1, &text);
  return text;
}

std::string table_of(const Descriptor& type) {
  std::string text =
      fmt::format("\n## {}\n\n| key | value | unit | default | meaning |\n|---|---|---|---|---|\n", type.name());
  for (int i = 0; i < type.field_count(); ++i) {
    const FieldDescriptor& field = *type.field(i);
    const auto& rule = field.options().GetExtension(config::rule);
    text += fmt::format("| `{}` | {} | {} | {} | {} |\n", field.name(), values_of(field), rule.unit(),
                        default_of(field), rule.doc());
  }
  return text;
}

}  // namespace

std::string configuration_reference() {
  std::vector<const Descriptor*> types;
  collect(*config::Machine::descriptor(), types);
  collect(*config::Space::descriptor(), types);
  std::string text = kIntroduction;
  for (const Descriptor* type : types) text += table_of(*type);
  return text;
}

}  // namespace systole
