#include <fmt/format.h>

#include "isa/decoder.h"
#include "isa/encoding.h"
#include "isa/program.h"
#include "isa/text.h"
#include "isa/text_line.h"

namespace systole::isa {

namespace {

class Assembler {
 public:
  explicit Assembler(const std::string& file) {
    faults_.file = file;
    program_.set_schema(kProgramSchema);
  }

  Program run(std::string_view text) {
    for (int number = 1; !text.empty(); ++number) {
      const std::size_t end = std::min(text.find('\n'), text.size());
      if (const auto line = parse_line(text.substr(0, end), number, faults_)) read(*line);
      text.remove_prefix(std::min(end + 1, text.size()));
    }
    if (faults_.diagnostics.empty()) check_blocks();
    if (program_.blocks().empty()) faults_.add(0, 0, "the text has no .block");
    faults_.diagnostics.throw_if_any();
    return from_bytes(to_bytes(program_), faults_.file);  // what is accepted here can be read back
  }

 private:
  void read(const Line& line) {
    const std::string& k = line.keyword;
    if (k.empty()) return;
    if (k == ".program") return set_fields(program_, line, faults_);
    if (k == ".target") return set_fields(*program_.mutable_target(), line, faults_);
    if (k == ".layer") return layer(line);
    if (k == ".region") return set_fields(*program_.add_regions(), line, faults_);
    if (k == ".input") return set_fields(*program_.add_inputs(), line, faults_);
    if (k == ".output") return set_fields(*program_.add_outputs(), line, faults_);
    if (k == ".data") return data(line);
    if (k == ".block") return block(line);
    const InstructionSpec* spec = find_mnemonic(k);
    if (spec == nullptr && k != ".word") return unknown(line);
    if (program_.blocks().empty())
      return faults_.add(line.number, line.column, "an instruction before the first .block");
    if (spec == nullptr) return word(line);
    instruction(*spec, line);
  }

  void layer(const Line& line) {
    LayerInfo& layer = *program_.add_layers();
    layer.set_fused_into(-1);
    set_fields(layer, line, faults_);
  }

  void block(const Line& line) {
    places_.emplace_back();
    EncodedBlock& block = *program_.add_blocks();
    block.set_array_layer(-1);
    set_fields(block, line, faults_);
  }

  void unknown(const Line& line) {
    std::vector<std::string> known{".program", ".target", ".layer", ".region", ".data",
                                   ".input",   ".output", ".block", ".word"};
    for (const InstructionSpec& spec : instruction_table()) known.emplace_back(spec.mnemonic);
    const bool directive = line.keyword.front() == '.';
    faults_.add(line.number, line.column,
                fmt::format("unknown {} '{}'", directive ? "directive" : "instruction", line.keyword),
                suggestion(line.keyword, known));
  }

  /// The one argument of a directive that must have this name; nullptr and a fault when it is not so.
  const Argument* only_argument(const Line& line, const char* name) {
    if (line.arguments.size() == 1 && line.arguments[0].name == name) return &line.arguments[0];
    faults_.add(line.number, line.column, fmt::format("{} takes one argument: {}=...", line.keyword, name));
    return nullptr;
  }

  void data(const Line& line) {
    const Argument* hex = only_argument(line, "hex");
    if (hex == nullptr) return;
    if (program_.regions().empty()) return faults_.add(line.number, line.column, ".data before the first .region");
    std::string& bytes = *program_.mutable_regions(program_.regions_size() - 1)->mutable_data();
    if (hex->value.size() % 2 != 0 || hex->value.find_first_not_of("0123456789abcdefABCDEF") != std::string::npos) {
      return faults_.add(line.number, hex->column, "data are not pairs of hexadecimal digits");
    }
    for (std::size_t i = 0; i < hex->value.size(); i += 2) {
      bytes += static_cast<char>(*parse_integer("0x" + hex->value.substr(i, 2)));
    }
  }

  void word(const Line& line) {
    const Argument* bits = only_argument(line, "bits");
    if (bits == nullptr) return;
    const std::optional<std::int64_t> value = parse_integer(bits->value);
    if (!value || *value < 0 || *value > UINT32_MAX) {
      return faults_.add(line.number, bits->column, "a word has 32 bits", "a number such as 0x03000001");
    }
    append({static_cast<std::uint32_t>(*value)}, line);
  }

  void instruction(const InstructionSpec& spec, const Line& line) {
    FieldValues values{};
    std::vector<bool> given(spec.fields.size(), false);
    bool right = true;
    for (const Argument& argument : line.arguments) right = field(spec, line, argument, values, given) && right;
    for (std::size_t i = 0; i < spec.fields.size(); ++i) {
      const Field& missing = spec.fields[i];
      if (given[i]) continue;
      values[i] = missing.absent.value_or(0);
      if (missing.absent) continue;
      faults_.add(line.number, line.column, fmt::format("{} lacks field '{}'", spec.mnemonic, missing.name),
                  fmt::format("{}: {}", missing.doc, field_range(missing)));
      right = false;
    }
    if (!right) return;
    std::vector<std::uint32_t> words;
    append_instruction(spec, values, words);
    append(words, line);
  }

  bool field(const InstructionSpec& spec, const Line& line, const Argument& argument, FieldValues& values,
             std::vector<bool>& given) {
    std::vector<std::string> names;
    for (std::size_t i = 0; i < spec.fields.size(); ++i) {
      const Field& candidate = spec.fields[i];
      names.emplace_back(candidate.name);
      if (argument.name != candidate.name) continue;
      const std::optional<std::int64_t> value = parse_field(candidate, argument.value);
      if (given[i]) faults_.add(line.number, argument.column, fmt::format("field '{}' is given twice", argument.name));
      if (!value) {
        const std::string near = nearest(argument.value, candidate.names);
        faults_.add(line.number, argument.column,
                    fmt::format("{}={} is not {}", argument.name, argument.value, field_range(candidate)),
                    near.empty() ? "" : fmt::format("did you mean '{}'?", near));
      }
      const bool right = value && !given[i];
      given[i] = true;
      values[i] = value.value_or(0);
      return right;
    }
    faults_.add(line.number, argument.column, fmt::format("{} has no field '{}'", spec.mnemonic, argument.name),
                suggestion(argument.name, names));
    return false;
  }

  void append(const std::vector<std::uint32_t>& words, const Line& line) {
    for (const std::uint32_t w : words) {
      program_.mutable_blocks(program_.blocks_size() - 1)->add_words(w);
      places_.back().push_back({line.number, line.column});
    }
  }

  /// What only the whole block shows: instructions in the wrong place, loops that are not declared, no BLOCK_END.
  void check_blocks() {
    for (std::size_t b = 0; b < places_.size(); ++b) {
      const auto& words = program_.blocks(static_cast<int>(b)).words();
      if (words.empty()) {
        faults_.add(0, 0, fmt::format("block {} has no words", b));
        continue;
      }
      const DecodeResult decoded = decode(words.data(), static_cast<std::size_t>(words.size()));
      for (const WordFault& fault : decoded.faults)
        faults_.add(places_[b][fault.word].line, places_[b][fault.word].column, fault.message);
      if (decoded.words < places_[b].size()) {
        const Place& behind = places_[b][decoded.words];
        faults_.add(behind.line, behind.column, "this stands behind the block's BLOCK_END", "begin another .block");
      }
    }
  }

  struct Place {
    int line;
    int column;
  };
  Program program_;
  TextFaults faults_;
  std::vector<std::vector<Place>> places_;  ///< where each word of each block was written
};

}  // namespace

Program assemble(const std::string& text, const std::string& file) {
  return Assembler(file).run(text);
}

}  // namespace systole::isa
