#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// The one table of the instruction set. Encoder, decoder, assembler, disassembler and the appendix of isa/manual.md
/// are readings of it: bits [31:24] of a word are the opcode, the rest are the fields of the instruction.
///
/// A **value** is a field at [15:0] that counts as a signed 16-bit number. The word IMM_HIGH before an instruction
/// gives bits [39:16] of its value, which is then a signed 40-bit number.
namespace systole::isa {

enum class Opcode : std::uint8_t {
  imm_high = 0x01,
  inst_group = 0x02,
  block_end = 0x03,
  loop_tail = 0x04,
  sa_loop = 0x10,
  sa_loop_stride = 0x11,
  sa_config = 0x12,
  sa_output = 0x13,
  sa_lanes = 0x14,
  ld_st = 0x20,
  ld_st_when = 0x21,
  ld_st_slots = 0x22,
  set_base_addr = 0x23,
  set_loop_stride = 0x24,
  walk_dim = 0x25,
  walk_stride = 0x26,
  walk_pad = 0x27,
  walk_pad_stride = 0x28,
  run = 0x29,
  run_layout = 0x2a,
  ld_st_fill = 0x2b,
  lock_namespace = 0x40,
  iterator_config = 0x41,
  iterator_stream = 0x42,
  iterator_stride = 0x43,
  imm_config = 0x44,
  nest = 0x48,
  loop = 0x49,
  lanes = 0x4a,
  alu = 0x50,
  calculus = 0x51,
  comparison = 0x52,
  datatype_cast = 0x53,
};

constexpr int kMaxFields = 7;
constexpr std::int64_t kMaxValue = (std::int64_t{1} << 39) - 1;  ///< values are in [-2^39, 2^39)

struct Field {
  enum class Kind : std::uint8_t {
    number,       ///< signed when `min` is negative
    enumeration,  ///< one of `names`
    index,        ///< number of a loop or stream, -1 is `none`
    mask,         ///< set of tile loops, bit i = loop i
    value,        ///< at [15:0], extended by IMM_HIGH
    address       ///< a value written in hexadecimal
  };
  const char* name;
  int high;  ///< bit range in the word
  int low;
  Kind kind;
  std::int64_t min;
  std::int64_t max;
  std::vector<std::string> names;
  std::optional<std::int64_t> absent;  ///< what it is when text does not name it; without: it must be named
  const char* doc;

  [[nodiscard]] bool is_value() const { return kind == Kind::value || kind == Kind::address; }
};

/// Where an instruction may stand.
enum class Place : std::uint8_t { anywhere, top, array_group, simd_group };

struct InstructionSpec {
  Opcode opcode;
  const char* mnemonic;
  Place place;
  const char* doc;
  std::vector<Field> fields;
};

/// All instructions in the order of their opcodes.
const std::vector<InstructionSpec>& instruction_table();
const InstructionSpec& spec_of(Opcode opcode);
/// nullptr when there is none.
const InstructionSpec* find_opcode(std::uint8_t opcode);
const InstructionSpec* find_mnemonic(const std::string& mnemonic);
const char* name_of(Place place);

/// Values of an instruction's fields in the order of the table; the rest are 0.
using FieldValues = std::array<std::int64_t, kMaxFields>;

/// Does a value need no IMM_HIGH?
bool fits_one_word(std::int64_t value);

/// Appends the instruction, behind an IMM_HIGH when its value needs one. Values out of a field's range are a bug of the
/// caller.
void append_instruction(const InstructionSpec& spec, const FieldValues& values, std::vector<std::uint32_t>& words);

/// One instruction read from words, with the IMM_HIGH before it.
struct Operation {
  const InstructionSpec* spec = nullptr;  ///< nullptr: the first word is no instruction, `fault` says why
  FieldValues values{};
  std::size_t words = 1;  ///< words taken: 2 with IMM_HIGH
  bool canonical = true;  ///< append_instruction would give the same words
  std::string fault;      ///< empty, or why the words are wrong; fields out of range leave `spec` set
};

/// Reads at words[0]; `count` >= 1 is how many there are. Never fails on arbitrary words.
Operation read_operation(const std::uint32_t* words, std::size_t count);

/// A field's value as text: a number, a name, `none`, a set of loops such as `0+2`, or a hexadecimal address.
std::string field_text(const Field& field, std::int64_t value);
/// The inverse of field_text(); also takes hexadecimal numbers. Nothing when the text is no value that the field may
/// have.
std::optional<std::int64_t> parse_field(const Field& field, const std::string& text);
/// A decimal or 0x number with an optional minus sign.
std::optional<std::int64_t> parse_integer(std::string_view text);
/// The allowed values of a field, for people.
std::string field_range(const Field& field);

/// The appendix of isa/manual.md, in Markdown.
std::string encoding_manual();

}  // namespace systole::isa
