#include <fmt/format.h>

#include "isa/encoding.h"
#include "isa/program.h"
#include "isa/text.h"
#include "isa/text_line.h"

namespace systole::isa {

namespace {

constexpr std::size_t kDataBytesPerLine = 32;

std::string data_lines(const std::string& data) {
  std::string text;
  for (std::size_t at = 0; at < data.size(); at += kDataBytesPerLine) {
    text += ".data hex=";
    for (const char c : data.substr(at, kDataBytesPerLine))
      text += fmt::format("{:02x}", static_cast<unsigned char>(c));
    text += '\n';
  }
  return text;
}

/// The name of entry `i` of a list of layer indices, as a comment; nothing when there is none.
std::string layer_comment(const Program& program, const google::protobuf::RepeatedField<std::int32_t>& layers,
                          std::int64_t i) {
  if (i >= layers.size() || layers[static_cast<int>(i)] < 0) return "";
  return "  ; " + quoted(layer_name(program, layers[static_cast<int>(i)]));
}

std::string block_text(const Program& program, const EncodedBlock& block) {
  std::string text;
  std::int64_t nests = 0;
  const auto count = static_cast<std::size_t>(block.words_size());
  for (std::size_t at = 0; at < count;) {
    const std::uint32_t word = block.words(static_cast<int>(at));
    const Operation operation = read_operation(block.words().data() + at, count - at);
    text += fmt::format("{:>6}: ", at);
    if (operation.spec == nullptr || !operation.fault.empty()) {
      text += fmt::format(".word bits={:#010x}  ; {}\n", word, operation.fault);
      ++at;
      continue;
    }
    if (!operation.canonical) {
      const FieldValues bits{word & 0xffffff};
      text += fmt::format("{}\n{:>6}: ", instruction_text({&spec_of(Opcode::imm_high), bits, 1, true, ""}), at + 1);
    }
    text += instruction_text(operation);
    if (operation.spec->opcode == Opcode::ld_st)
      text += layer_comment(program, block.stream_layers(), operation.values[0]);
    if (operation.spec->opcode == Opcode::nest) text += layer_comment(program, block.nest_layers(), nests++);
    text += '\n';
    at += operation.words;
  }
  return text;
}

}  // namespace

std::string instruction_text(const Operation& operation) {
  std::string text = operation.spec->mnemonic;
  for (std::size_t i = 0; i < operation.spec->fields.size(); ++i) {
    const Field& field = operation.spec->fields[i];
    if (field.absent == operation.values[i]) continue;
    text += fmt::format(" {}={}", field.name, field_text(field, operation.values[i]));
  }
  return text;
}

std::string disassemble(const Program& program) {
  std::string text = ".program" + message_text(program) + "\n.target" + message_text(program.target()) + '\n';
  for (const LayerInfo& layer : program.layers()) text += ".layer" + message_text(layer) + '\n';
  for (const Region& region : program.regions())
    text += ".region" + message_text(region) + '\n' + data_lines(region.data());
  for (const Tensor& input : program.inputs()) text += ".input" + message_text(input) + '\n';
  for (const Tensor& output : program.outputs()) text += ".output" + message_text(output) + '\n';
  std::int64_t first = 0;
  for (int b = 0; b < program.blocks_size(); ++b) {
    const EncodedBlock& block = program.blocks(b);
    text += fmt::format("\n; block {}, {} words from word {} of the program, array {}\n", b, block.words_size(), first,
                        quoted(layer_name(program, block.array_layer())));
    first += block.words_size();
    text += ".block" + message_text(block) + '\n' + block_text(program, block);
  }
  return text;
}

}  // namespace systole::isa
