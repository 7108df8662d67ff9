#include <google/protobuf/io/tokenizer.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>

#include "configs/loader.h"
#include "configs/rules.h"

namespace systole {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::io::Tokenizer;

/// protobuf's own text parser stops at the first fault and does not say where each value stood. This one takes its
/// tokens and leaves single values to it, and goes on after a fault, so that a user sees all of them at once.
class TextParser : private google::protobuf::io::ErrorCollector {
 public:
  TextParser(const std::string& text, const std::string& file, Diagnostics& diagnostics)
      : source_(file),
        diagnostics_(diagnostics),
        input_(text.data(), static_cast<int>(text.size())),
        tokens_(&input_, this) {
    tokens_.set_comment_style(Tokenizer::SH_COMMENT_STYLE);
    tokens_.Next();
  }

  Source parse(Message& message) {
    fields(message, "");
    while (!at_end()) {  // a bracket that closes nothing
      unexpected("a key");
      tokens_.Next();
      fields(message, "");
    }
    check_required(message, source_, diagnostics_);
    return std::move(source_);
  }

 private:
  [[nodiscard]] bool at_end() { return tokens_.current().type == Tokenizer::TYPE_END; }
  [[nodiscard]] bool at(const char* symbol) {
    return tokens_.current().type == Tokenizer::TYPE_SYMBOL && tokens_.current().text == symbol;
  }
  bool take(const char* symbol) {
    const bool found = at(symbol);
    if (found) tokens_.Next();
    return found;
  }
  void fault_at(const Tokenizer::Token& token, const std::string& message, const std::string& hint = "") {
    diagnostics_.add({source_.file(), token.line + 1, token.column + 1, message, hint});
  }
  void unexpected(const std::string& wanted) {
    const Tokenizer::Token token = tokens_.current();
    fault_at(token, "expected " + wanted + ", found " + (at_end() ? "the end of the file" : "'" + token.text + "'"));
    // Goes on at the next line, where a key is likely to start; a bracket there still closes its group.
    while (!at_end() && tokens_.current().line == token.line && !at("}")) tokens_.Next();
  }

  /// Keys and values up to the end of the group (left for the caller) or of the file.
  void fields(Message& message, const std::string& prefix) {
    while (!at_end() && !at("}")) {
      if (tokens_.current().type == Tokenizer::TYPE_IDENTIFIER) {
        field(message, prefix);
      } else {
        unexpected("a key");
      }
      if (!take(",")) take(";");
    }
  }

  void field(Message& message, const std::string& prefix) {
    const Tokenizer::Token name = tokens_.current();
    tokens_.Next();
    const FieldDescriptor* field = message.GetDescriptor()->FindFieldByName(name.text);
    if (field == nullptr) {
      const std::string near = nearest(name.text, keys_of(*message.GetDescriptor()));
      fault_at(name, "unknown key '" + name.text + "'", near.empty() ? "" : "did you mean '" + near + "'?");
      skip();
      return;
    }
    const std::string path = prefix + name.text;
    if (!field->is_repeated() && source_.has(path)) {
      fault_at(name, "'" + name.text + "' is given twice");
      skip();
      return;
    }
    source_.put(path, name.line + 1, name.column + 1);
    const bool colon = take(":");
    if (field->is_repeated() && take("[")) {
      while (!at_end() && !at("]") && !at("}")) {
        element(message, *field, path);
        if (!take(",")) break;
      }
      if (!take("]")) unexpected("']'");
    } else if (!colon && field->cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE) {
      unexpected("':' after '" + name.text + "'");
    } else {
      element(message, *field, path);
    }
  }

  /// One value of a field, or one more element of a list.
  void element(Message& message, const FieldDescriptor& field, std::string path) {
    const auto& reflection = *message.GetReflection();
    const Tokenizer::Token start = tokens_.current();
    if (field.is_repeated()) {
      path += "[" + std::to_string(reflection.FieldSize(message, &field)) + "]";
      source_.put(path, start.line + 1, start.column + 1);
    }
    if (field.cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE) {
      value(message, field);
      return;
    }
    if (!take("{")) {
      unexpected("'{' after '" + field.name() + "'");
      return;
    }
    fields(
        field.is_repeated() ? *reflection.AddMessage(&message, &field) : *reflection.MutableMessage(&message, &field),
        path + ".");
    if (!take("}")) fault_at(start, "'{' of '" + field.name() + "' is never closed");
  }

  void value(Message& message, const FieldDescriptor& field) {
    const Tokenizer::Token start = tokens_.current();
    std::string text = take("-") ? "-" : "";
    if (at_end() || tokens_.current().type == Tokenizer::TYPE_SYMBOL) {
      unexpected("a value of '" + field.name() + "'");
      return;
    }
    if (field.cpp_type() == FieldDescriptor::CPPTYPE_STRING && tokens_.current().type != Tokenizer::TYPE_STRING) {
      unexpected("a text in quotes");
      return;
    }
    do {  // adjacent texts are one
      text += tokens_.current().text;
      tokens_.Next();
    } while (tokens_.previous().type == Tokenizer::TYPE_STRING && tokens_.current().type == Tokenizer::TYPE_STRING);
    const std::string fault = set_value(message, field, text);
    if (!fault.empty()) fault_at(start, fault);
  }

  /// The value of a key we do not know, balanced brackets included.
  void skip() {
    take(":");
    int depth = 0;
    do {
      if (at_end() || (depth == 0 && at("}"))) return;
      if (at("{") || at("[")) ++depth;
      if (at("}") || at("]")) --depth;
      tokens_.Next();
    } while (depth > 0 || tokens_.previous().text == "-" || tokens_.current().type == Tokenizer::TYPE_STRING);
  }

  void AddError(int line, google::protobuf::io::ColumnNumber column, const std::string& message) override {
    diagnostics_.add({source_.file(), line + 1, column + 1, message, ""});
  }

  Source source_;
  Diagnostics& diagnostics_;
  google::protobuf::io::ArrayInputStream input_;
  Tokenizer tokens_;
};

}  // namespace

Source parse_text(const std::string& text, const std::string& file, Message& message, Diagnostics& diagnostics) {
  message.Clear();
  return TextParser(text, file, diagnostics).parse(message);
}

}  // namespace systole
