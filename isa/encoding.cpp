#include "isa/encoding.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/errors.h"

namespace systole::isa {

namespace {

constexpr int kValueBits = 16;

constexpr std::uint32_t bits_of(const Field& field) {
  return (std::uint32_t{1} << (field.high - field.low + 1)) - 1;
}

std::int64_t sign_extend(std::uint64_t bits, int width) {
  const std::uint64_t sign = std::uint64_t{1} << (width - 1);
  return static_cast<std::int64_t>((bits ^ sign) - sign);
}

std::uint32_t opcode_word(Opcode opcode) {
  return static_cast<std::uint32_t>(opcode) << 24;
}

/// Bits of the word that belong to the opcode or a field; the others must be 0.
std::uint32_t used_bits(const InstructionSpec& spec) {
  std::uint32_t used = 0xff000000;
  for (const Field& field : spec.fields) used |= bits_of(field) << field.low;
  return used;
}

const Field* value_field(const InstructionSpec& spec) {
  for (const Field& field : spec.fields) {
    if (field.is_value()) return &field;
  }
  return nullptr;
}

std::int64_t read_field(const Field& field, std::uint32_t word, std::optional<std::uint32_t> high) {
  const std::uint32_t raw = (word >> field.low) & bits_of(field);
  if (field.is_value()) {
    const std::uint64_t wide = (std::uint64_t{high.value_or(0)} << kValueBits) | raw;
    return high ? sign_extend(wide, 40) : sign_extend(raw, kValueBits);
  }
  return field.min < 0 ? sign_extend(raw, field.high - field.low + 1) : std::int64_t{raw};
}

}  // namespace

const InstructionSpec* find_opcode(std::uint8_t opcode) {
  static const auto by_opcode = [] {
    std::array<const InstructionSpec*, 256> found{};
    for (const InstructionSpec& spec : instruction_table()) found[static_cast<std::size_t>(spec.opcode)] = &spec;
    return found;
  }();
  return by_opcode[opcode];
}

const InstructionSpec& spec_of(Opcode opcode) {
  return *find_opcode(static_cast<std::uint8_t>(opcode));
}

const InstructionSpec* find_mnemonic(const std::string& mnemonic) {
  for (const InstructionSpec& spec : instruction_table()) {
    if (mnemonic == spec.mnemonic) return &spec;
  }
  return nullptr;
}

const char* name_of(Place place) {
  switch (place) {
    case Place::anywhere:
      return "anywhere";
    case Place::top:
      return "outside groups";
    case Place::array_group:
      return "array group";
    case Place::simd_group:
      return "simd group";
  }
  fail_check("isa", "unknown place");
}

bool fits_one_word(std::int64_t value) {
  return value >= -(1 << (kValueBits - 1)) && value < (1 << (kValueBits - 1));
}

void append_instruction(const InstructionSpec& spec, const FieldValues& values, std::vector<std::uint32_t>& words) {
  std::uint32_t word = opcode_word(spec.opcode);
  for (std::size_t i = 0; i < spec.fields.size(); ++i) {
    const Field& field = spec.fields[i];
    const std::int64_t value = values[i];
    check(value >= field.min && value <= field.max, "isa",
          [&] { return fmt::format("{} {}={} is not {}", spec.mnemonic, field.name, value, field_range(field)); });
    word |= (static_cast<std::uint32_t>(value) & bits_of(field)) << field.low;
    if (field.is_value() && !fits_one_word(value)) {
      words.push_back(opcode_word(Opcode::imm_high) | (static_cast<std::uint32_t>(value >> kValueBits) & 0xffffff));
    }
  }
  words.push_back(word);
}

Operation read_operation(const std::uint32_t* words, std::size_t count) {
  Operation operation;
  std::optional<std::uint32_t> high;
  const InstructionSpec* spec = find_opcode(static_cast<std::uint8_t>(words[0] >> 24));
  if (spec != nullptr && spec->opcode == Opcode::imm_high) {
    const InstructionSpec* next = count < 2 ? nullptr : find_opcode(static_cast<std::uint8_t>(words[1] >> 24));
    if (next == nullptr || value_field(*next) == nullptr) {
      operation.fault = "IMM_HIGH stands before no instruction with a value";
      return operation;
    }
    high = words[0] & 0xffffff;
    spec = next;
    operation.words = 2;
  }
  const std::uint32_t word = words[operation.words - 1];
  if (spec == nullptr) {
    operation.fault = fmt::format("no instruction has opcode {:#04x}", word >> 24);
    return operation;
  }
  if ((word & ~used_bits(*spec)) != 0) {
    operation.words = 1;
    operation.fault = fmt::format("{} has reserved bits set ({:#010x})", spec->mnemonic, word & ~used_bits(*spec));
    return operation;
  }
  operation.spec = spec;
  for (std::size_t i = 0; i < spec->fields.size(); ++i) {
    const Field& field = spec->fields[i];
    const std::int64_t value = read_field(field, word, high);
    operation.values[i] = value;
    if (field.is_value() && high) operation.canonical = !fits_one_word(value);
    if (value < field.min || value > field.max) {
      operation.fault = fmt::format("{} {}={} is not {}", spec->mnemonic, field.name, value, field_range(field));
    }
  }
  return operation;
}

std::string field_text(const Field& field, std::int64_t value) {
  switch (field.kind) {
    case Field::Kind::enumeration:
      return field.names.at(static_cast<std::size_t>(value));
    case Field::Kind::index:
      return value < 0 ? "none" : std::to_string(value);
    case Field::Kind::address:
      return value < 0 ? fmt::format("-{:#x}", -value) : fmt::format("{:#x}", value);
    case Field::Kind::mask: {
      std::string loops;
      for (int loop = 0; loop < 8; ++loop) {
        if (((value >> loop) & 1) != 0) loops += (loops.empty() ? "" : "+") + std::to_string(loop);
      }
      return loops.empty() ? "none" : loops;
    }
    case Field::Kind::number:
    case Field::Kind::value:
      return std::to_string(value);
  }
  fail_check("isa", "unknown kind of field");
}

std::optional<std::int64_t> parse_integer(std::string_view text) {
  const bool negative = !text.empty() && text.front() == '-';
  if (negative) text.remove_prefix(1);
  const bool hexadecimal = text.substr(0, 2) == "0x";
  if (hexadecimal) text.remove_prefix(2);
  std::int64_t number = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number, hexadecimal ? 16 : 10);
  if (text.empty() || text.front() == '-' || stop != end || error != std::errc{}) return std::nullopt;
  return negative ? -number : number;
}

namespace {
std::optional<std::int64_t> parse_mask(std::string_view text) {
  if (text == "none") return 0;
  std::int64_t mask = 0;
  while (true) {
    const std::size_t plus = text.find('+');
    const std::optional<std::int64_t> loop = parse_integer(text.substr(0, plus));
    if (!loop || *loop < 0 || *loop > 7) return std::nullopt;
    mask |= std::int64_t{1} << *loop;
    if (plus == std::string_view::npos) return mask;
    text.remove_prefix(plus + 1);
  }
}
}  // namespace

std::optional<std::int64_t> parse_field(const Field& field, const std::string& text) {
  std::optional<std::int64_t> value;
  if (field.kind == Field::Kind::enumeration) {
    const auto name = std::find(field.names.begin(), field.names.end(), text);
    if (name != field.names.end()) value = name - field.names.begin();
  } else if (field.kind == Field::Kind::mask) {
    value = parse_mask(text);
  } else if (field.kind == Field::Kind::index && text == "none") {
    value = -1;
  } else {
    value = parse_integer(text);
  }
  if (value && (*value < field.min || *value > field.max)) return std::nullopt;
  return value;
}

std::string field_range(const Field& field) {
  if (field.kind == Field::Kind::enumeration) return fmt::format("{}", fmt::join(field.names, " "));
  if (field.kind == Field::Kind::mask) return "loops such as 0+2, or none";
  if (field.kind == Field::Kind::index) return fmt::format("none or 0..{}", field.max);
  if (field.max == kMaxValue) return "-2^39..2^39-1";
  const bool wide = field.max == INT32_MAX;
  return fmt::format("{}..{}", wide && field.min < 0 ? "-2^31" : std::to_string(field.min),
                     wide ? "2^31-1" : std::to_string(field.max));
}

std::string encoding_manual() {
  std::string text =
      "Bits [31:24] are the opcode. A field marked * at [15:0] is a signed value that IMM_HIGH extends to 40 bits.\n\n"
      "| opcode | instruction | where | bits | field | values | meaning |\n|---|---|---|---|---|---|---|\n";
  for (const InstructionSpec& spec : instruction_table()) {
    text += fmt::format("| {:#04x} | **{}** | {} | | | | {} |\n", static_cast<int>(spec.opcode), spec.mnemonic,
                        name_of(spec.place), spec.doc);
    for (const Field& field : spec.fields) {
      const std::string absent = field.absent ? fmt::format(" [{}]", field_text(field, *field.absent)) : "";
      const std::string bits =
          field.high == field.low ? std::to_string(field.low) : fmt::format("{}:{}", field.high, field.low);
      text += fmt::format("| | | | {}{} | {} | {}{} | {} |\n", bits, field.is_value() ? "*" : "", field.name,
                          field_range(field), absent, field.doc);
    }
  }
  return text + "\nIn brackets: what a field is when assembly text leaves it out.\n";
}

}  // namespace systole::isa
