#include "configs/genesys_json.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <set>

#include "configs/rules.h"

namespace systole {
namespace {

using nlohmann::json;

struct Key {
  const char* name;
  const char* group;
  const char* field;
};

/// Where each key goes. SIMD_INST_MEM_ADDR_WIDTH is not here: it is the logarithm of a number of instructions.
constexpr std::array<Key, 17> kKeys = {{{"ARRAY_N", "systolic_array", "rows"},
                                        {"ARRAY_M", "systolic_array", "columns"},
                                        {"WGT_DATA_WIDTH", "systolic_array", "weight_bits"},
                                        {"ACT_DATA_WIDTH", "systolic_array", "activation_bits"},
                                        {"BIAS_WIDTH", "systolic_array", "bias_bits"},
                                        {"ACC_WIDTH", "systolic_array", "accumulator_bits"},
                                        {"WBUF_CAPACITY_BITS", "buffers", "wbuf_bits"},
                                        {"IBUF_CAPACITY_BITS", "buffers", "ibuf_bits"},
                                        {"OBUF_CAPACITY_BITS", "buffers", "obuf_bits"},
                                        {"BBUF_CAPACITY_BITS", "buffers", "bbuf_bits"},
                                        {"SIMD_VMEM_CAPACITY_BITS", "buffers", "vmem_bits"},
                                        {"INST_MEM_CAPACITY_BITS", "buffers", "instruction_bits"},
                                        {"PARAMBUF_AXI_DATA_WIDTH", "ports", "parambuf"},
                                        {"IBUF_AXI_DATA_WIDTH", "ports", "ibuf"},
                                        {"OBUF_AXI_DATA_WIDTH", "ports", "obuf"},
                                        {"SIMD_AXI_DATA_WIDTH", "ports", "simd"},
                                        {"INST_MEM_AXI_DATA_WIDTH", "ports", "instruction"}}};
constexpr const char* kSimdAddressWidth = "SIMD_INST_MEM_ADDR_WIDTH";
constexpr int kSimdInstructionBits = 32;
constexpr int kMaxSimdAddressWidth = 19;  // the largest that Buffers.simd_instruction_bits allows

std::vector<std::string> key_names() {
  std::vector<std::string> names = {kSimdAddressWidth};
  for (const Key& key : kKeys) names.emplace_back(key.name);
  return names;
}

/// The parser does not tell where a key stands; its quoted name, which can only be a key in these files, does.
class Reader {
 public:
  Reader(const std::string& text, const std::string& file, Diagnostics& diagnostics)
      : text_(text), loaded_{{}, Source(file)}, diagnostics_(diagnostics) {}

  Loaded<config::Machine> read() {
    const json root = parse();
    if (!root.is_discarded()) {
      check_names(root);
      for (const Key& key : kKeys) set(root, key);
      set_simd_instructions(root);
    }
    return std::move(loaded_);
  }

 private:
  void fault(const std::string& key, const std::string& message, const std::string& hint = "") {
    const auto [line, column] = place(key);
    diagnostics_.add({loaded_.source.file(), line, column, message, hint});
  }

  [[nodiscard]] std::pair<int, int> place(const std::string& key) const {
    const auto at = text_.find('"' + key + '"');
    if (key.empty() || at == std::string::npos) return {0, 0};
    return position(at);
  }

  [[nodiscard]] std::pair<int, int> position(std::size_t offset) const {
    const auto end = text_.begin() + static_cast<std::ptrdiff_t>(std::min(offset, text_.size()));
    const auto start = std::find(std::make_reverse_iterator(end), text_.rend(), '\n').base();
    return {static_cast<int>(std::count(text_.begin(), end, '\n')) + 1, static_cast<int>(end - start) + 1};
  }

  json parse() {
    std::set<std::string> seen;
    const auto repeated = [&](int depth, json::parse_event_t event, json& value) {
      if (event == json::parse_event_t::key && depth == 1 && !seen.insert(value.get<std::string>()).second) {
        const auto key = value.get<std::string>();
        const auto [line, column] = position(text_.rfind('"' + key + '"'));
        diagnostics_.add({loaded_.source.file(), line, column, fmt::format("'{}' is given twice", key), ""});
      }
      return true;
    };
    try {
      return json::parse(text_, repeated);
    } catch (const json::parse_error& e) {
      const auto [line, column] = position(e.byte > 0 ? e.byte - 1 : 0);
      diagnostics_.add({loaded_.source.file(), line, column, "this is not valid JSON", ""});
      return json(json::value_t::discarded);
    }
  }

  void check_names(const json& root) {
    const auto known = key_names();
    for (const auto& [name, value] : root.items()) {
      if (std::find(known.begin(), known.end(), name) != known.end()) continue;
      const std::string near = nearest(name, known);
      fault(name, fmt::format("unknown key '{}'", name), near.empty() ? "" : fmt::format("did you mean '{}'?", near));
    }
  }

  /// The number of a key, or 0 after a fault.
  std::int64_t number(const json& root, const std::string& key) {
    if (!root.contains(key)) {
      fault("", fmt::format("missing key '{}'", key), "a GeneSys hardware file has all 18 keys");
      return 0;
    }
    const json& value = root[key];
    const bool whole = value.is_number_unsigned() && value.get<std::uint64_t>() <= INT64_MAX;
    if (whole && value.get<std::int64_t>() > 0) return value.get<std::int64_t>();
    fault(key, fmt::format("{} must be a whole number, 1 or more, not {}", key, value.dump()));
    return 0;
  }

  void set(const json& root, const Key& key) {
    const std::int64_t value = number(root, key.name);
    if (value > 0) put(key.name, key.group, key.field, value);
  }

  void set_simd_instructions(const json& root) {
    const std::int64_t width = number(root, kSimdAddressWidth);
    if (width > kMaxSimdAddressWidth) {
      fault(kSimdAddressWidth,
            fmt::format("{} must be 1 to {}, not {}", kSimdAddressWidth, kMaxSimdAddressWidth, width));
    } else if (width > 0) {
      put(kSimdAddressWidth, "buffers", "simd_instruction_bits", (std::int64_t{1} << width) * kSimdInstructionBits);
    }
  }

  void put(const char* key, const char* group, const char* field, std::int64_t value) {
    const auto* in_machine = config::Machine::descriptor()->FindFieldByName(group);
    auto& message = *loaded_.message.GetReflection()->MutableMessage(&loaded_.message, in_machine);
    const auto* target = message.GetDescriptor()->FindFieldByName(field);
    const std::string wrong = set_value(message, *target, std::to_string(value));
    if (!wrong.empty()) fault(key, fmt::format("{} must be {}, not {}", key, allowed_values(*target), value));
    const auto [line, column] = place(key);
    loaded_.source.put(fmt::format("{}.{}", group, field), line, column);
  }

  const std::string& text_;
  Loaded<config::Machine> loaded_;
  Diagnostics& diagnostics_;
};

}  // namespace

bool looks_like_json(const std::string& text) {
  const auto first = text.find_first_not_of(" \t\r\n");
  return first != std::string::npos && text[first] == '{';
}

Loaded<config::Machine> parse_genesys_json(const std::string& text, const std::string& file, Diagnostics& diagnostics) {
  return Reader(text, file, diagnostics).read();
}

}  // namespace systole
