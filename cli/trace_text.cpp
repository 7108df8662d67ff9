#include "cli/trace_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "isa/encoding.h"
#include "isa/program.h"
#include "isa/text.h"

namespace systole {

namespace {

using trace::Instruction;

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return std::tolower(c); });
  return text;
}

std::string range(std::int64_t first, std::int64_t end) {
  return end - first == 1 ? fmt::format("[{}]", first) : fmt::format("[{}..{}]", first, end - 1);
}

std::string text_of(const trace::Transfer& work) {
  std::string chip = trace::Memory_Name(work.memory()) + range(work.on_chip(), work.on_chip_end());
  std::string memory = fmt::format("{:#x}..{:#x}", work.address(), work.end() - 1);
  if (work.bytes() == 0) memory = "nothing";
  const std::string moved =
      fmt::format("({} bytes, {} bursts, {} elements", work.bytes(), work.bursts(), work.elements());
  std::string text = work.store() ? memory + " <- " + chip : chip + " <- " + memory;
  text += " " + moved;
  if (work.memory() != trace::INST) text += fmt::format(", stream {}", work.stream());
  return text + ")";
}

std::string text_of(const trace::ArrayTile& work) {
  std::string text = fmt::format("OBUF[{}] {} IBUF[{}] * WBUF[{}]", work.obuf(),
                                 work.starts() ? "<-" : "+=", work.ibuf(), work.wbuf());
  if (work.biased() && work.starts()) text += fmt::format(" + BBUF[{}]", work.bbuf());
  text += fmt::format(" ({} vectors:", work.vectors());
  for (const trace::ArrayLoop& loop : work.loops()) {
    text += fmt::format(" {}x(ibuf {}, wbuf {}, obuf {}, bbuf {})", loop.count(), loop.ibuf_stride(),
                        loop.wbuf_stride(), loop.obuf_stride(), loop.bbuf_stride());
  }
  return text + ")";
}

std::string text_of(const trace::Operand& operand) {
  return fmt::format("{}[{}]", trace::Memory_Name(operand.memory()), operand.word());
}

std::string text_of(const trace::SimdOperation& work) {
  std::string text = text_of(work.destination()) + " <- " + text_of(work.source1());
  if (work.has_source2()) text += ", " + text_of(work.source2());
  return text + fmt::format(" ({} lanes)", work.lanes());
}

std::string address_of(std::int64_t instruction) {
  return instruction < 0 ? "" : fmt::format("{}: ", instruction);
}

std::vector<std::string> names_of(const google::protobuf::EnumDescriptor& names) {
  std::vector<std::string> all;
  for (int i = 0; i < names.value_count(); ++i) all.push_back(lower(names.value(i)->name()));
  return all;
}

}  // namespace

TraceText::TraceText(const isa::Program& program) : program_(program) {
  for (const isa::EncodedBlock& block : program.blocks()) {
    const auto count = static_cast<std::size_t>(block.words_size());
    isa::Operation operation;
    for (std::size_t at = 0; at < count; at += operation.words) {
      operation = isa::read_operation(block.words().data() + at, count - at);
      if (operation.words == 2) {
        const isa::InstructionSpec& high = isa::spec_of(isa::Opcode::imm_high);
        words_.push_back({high.mnemonic, high.mnemonic});
      }
      const bool known = operation.spec != nullptr;
      words_.push_back({known ? operation.spec->mnemonic : ".word", known ? instruction_text(operation) : ".word"});
    }
  }
}

std::string TraceText::fault(const Instruction& instruction) const {
  const auto words = static_cast<std::int64_t>(words_.size());
  if (!trace::Unit_IsValid(instruction.unit())) return fmt::format("there is no unit {}", int{instruction.unit()});
  if (instruction.block() < -1 || instruction.block() >= program_.blocks_size()) {
    return fmt::format("block {}, and the program has {}", instruction.block(), program_.blocks_size());
  }
  if (instruction.layer() < -1 || instruction.layer() >= program_.layers_size()) {
    return fmt::format("layer {}, and the program has {}", instruction.layer(), program_.layers_size());
  }
  if (instruction.completion() < instruction.issue()) return "it completes before it issues";
  if (instruction.has_word() && (instruction.word().address() < 0 || instruction.word().address() >= words)) {
    return fmt::format("word {}, and the program has {}", instruction.word().address(), words);
  }
  if (instruction.has_simd() && !trace::SimdOpcode_IsValid(instruction.simd().opcode())) {
    return fmt::format("there is no opcode {} of the SIMD unit", int{instruction.simd().opcode()});
  }
  return instruction.work_case() == Instruction::WORK_NOT_SET ? "it does nothing that this version knows" : "";
}

std::string TraceText::unit(const Instruction& instruction) {
  return lower(trace::Unit_Name(instruction.unit()));
}

std::string TraceText::opcode(const Instruction& instruction) const {
  switch (instruction.work_case()) {
    case Instruction::kWord:
      return words_[static_cast<std::size_t>(instruction.word().address())].mnemonic;
    case Instruction::kTransfer:
      return instruction.transfer().store() ? "store" : "load";
    case Instruction::kArrayTile:
      return "tile";
    default:
      return lower(trace::SimdOpcode_Name(instruction.simd().opcode()));
  }
}

std::string TraceText::layer(const Instruction& instruction) const {
  return isa::layer_name(program_, instruction.layer());
}

std::string TraceText::work(const Instruction& instruction) const {
  switch (instruction.work_case()) {
    case Instruction::kWord:
      return fmt::format("{}: {:08x} {}", instruction.word().address(), instruction.word().bits(),
                         words_[static_cast<std::size_t>(instruction.word().address())].text);
    case Instruction::kTransfer:
      return address_of(instruction.transfer().instruction()) + opcode(instruction) + " " +
             text_of(instruction.transfer());
    case Instruction::kArrayTile:
      return address_of(instruction.array_tile().instruction()) + opcode(instruction) + " " +
             text_of(instruction.array_tile());
    default:
      return fmt::format("{}: {} {}", instruction.simd().address(), opcode(instruction), text_of(instruction.simd()));
  }
}

std::string TraceText::line(const Instruction& instruction, std::int64_t now) const {
  const std::string completion = instruction.completion() > now ? "-" : std::to_string(instruction.completion());
  return fmt::format("{:>10} {:>10}  {:<15} {:>5} {:>6}  {:<24} {}\n", instruction.issue(), completion,
                     unit(instruction), instruction.block(), instruction.tile(), layer(instruction), work(instruction));
}

std::string TraceText::heading() {
  return fmt::format("{:>10} {:>10}  {:<15} {:>5} {:>6}  {:<24} {}\n", "issue", "completion", "unit", "block", "tile",
                     "layer", "instruction");
}

std::vector<std::string> TraceText::units() {
  return names_of(*trace::Unit_descriptor());
}

std::vector<std::string> TraceText::opcodes() {
  std::vector<std::string> all{"load", "store", "tile", ".word"};
  for (const std::string& name : names_of(*trace::SimdOpcode_descriptor())) all.push_back(name);
  for (const isa::InstructionSpec& spec : isa::instruction_table()) all.emplace_back(spec.mnemonic);
  return all;
}

}  // namespace systole
