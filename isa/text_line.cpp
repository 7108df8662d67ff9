#include "isa/text_line.h"

#include <fmt/format.h>
#include <google/protobuf/descriptor.h>

#include <limits>
#include <set>

#include "isa/encoding.h"

namespace systole::isa {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

namespace {

/// Reads a line from left to right.
class Scanner {
 public:
  Scanner(std::string_view text, int number, TextFaults& faults) : text_(text), number_(number), faults_(faults) {}

  std::optional<Line> line() {
    Line line;
    line.number = number_;
    skip_index();
    line.column = column();
    line.keyword = word();
    while (more()) {
      Argument argument;
      argument.column = column();
      argument.name = word();
      if (argument.name.empty() || at_ == text_.size() || text_[at_] != '=') {
        faults_.add(number_, column(), "expected name=value");
        return std::nullopt;
      }
      ++at_;
      if (!value(argument.value)) return std::nullopt;
      line.arguments.push_back(std::move(argument));
    }
    return line;
  }

 private:
  [[nodiscard]] int column() const { return static_cast<int>(at_) + 1; }

  /// Skips spaces; false at the end of the line or at a comment.
  bool more() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\t' || text_[at_] == '\r')) ++at_;
    return at_ < text_.size() && text_[at_] != ';';
  }

  /// The index of the word in front of an instruction.
  void skip_index() {
    if (!more()) return;
    const std::size_t digits = text_.find_first_not_of("0123456789", at_);
    if (digits == std::string_view::npos || digits == at_ || text_[digits] != ':') return;
    at_ = digits + 1;
    more();
  }

  std::string word() {
    const std::size_t end = std::min(text_.find_first_of(" \t\r;=", at_), text_.size());
    const std::string found(text_.substr(at_, end - at_));
    at_ = end;
    return found;
  }

  bool value(std::string& value) {
    if (at_ == text_.size() || text_[at_] != '"') {
      value = word();
      return true;
    }
    const int start = column();
    for (++at_; at_ < text_.size() && text_[at_] != '"'; ++at_) {
      if (text_[at_] != '\\') {
        value += text_[at_];
      } else if (!escape(value)) {
        return false;
      }
    }
    if (at_ == text_.size()) {
      faults_.add(number_, start, "the quotes are not closed");
      return false;
    }
    ++at_;
    return true;
  }

  /// At a backslash: \" \\ or \xNN; leaves at_ at its last character.
  bool escape(std::string& value) {
    const std::string_view rest = text_.substr(at_ + 1);
    if (!rest.empty() && (rest[0] == '"' || rest[0] == '\\')) {
      value += rest[0];
      ++at_;
      return true;
    }
    const std::optional<std::int64_t> code =
        rest.size() >= 3 && rest[0] == 'x' ? parse_integer("0x" + std::string(rest.substr(1, 2))) : std::nullopt;
    if (!code) {
      faults_.add(number_, column(), "unknown escape", R"(one of \" \\ \xNN)");
      return false;
    }
    value += static_cast<char>(*code);
    at_ += 3;
    return true;
  }

  std::string_view text_;
  int number_;
  TextFaults& faults_;
  std::size_t at_ = 0;
};

bool is_argument(const FieldDescriptor& field) {
  if (field.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE || field.type() == FieldDescriptor::TYPE_BYTES) return false;
  return field.type() != FieldDescriptor::TYPE_FIXED32;  // the words of a block have lines of their own
}

/// Number `i` of a list, or the field itself with i = -1, as an integer.
std::int64_t get_integer(const Message& message, const FieldDescriptor& field, int i) {
  const Reflection& r = *message.GetReflection();
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32:
      return i < 0 ? r.GetInt32(message, &field) : r.GetRepeatedInt32(message, &field, i);
    case FieldDescriptor::CPPTYPE_INT64:
      return i < 0 ? r.GetInt64(message, &field) : r.GetRepeatedInt64(message, &field, i);
    case FieldDescriptor::CPPTYPE_UINT32:
      return r.GetUInt32(message, &field);
    case FieldDescriptor::CPPTYPE_BOOL:
      return r.GetBool(message, &field) ? 1 : 0;
    default:
      fail_check("isa", "text has no form for field " + field.full_name());
  }
}

bool set_integer(Message& message, const FieldDescriptor& field, std::int64_t value) {
  const Reflection& r = *message.GetReflection();
  const auto fits = [value](auto limits) { return value >= limits.min() && value <= limits.max(); };
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32:
      if (!fits(std::numeric_limits<std::int32_t>())) return false;
      field.is_repeated() ? r.AddInt32(&message, &field, static_cast<std::int32_t>(value))
                          : r.SetInt32(&message, &field, static_cast<std::int32_t>(value));
      return true;
    case FieldDescriptor::CPPTYPE_INT64:
      field.is_repeated() ? r.AddInt64(&message, &field, value) : r.SetInt64(&message, &field, value);
      return true;
    case FieldDescriptor::CPPTYPE_UINT32:
      if (!fits(std::numeric_limits<std::uint32_t>())) return false;
      r.SetUInt32(&message, &field, static_cast<std::uint32_t>(value));
      return true;
    case FieldDescriptor::CPPTYPE_BOOL:
      if (value != 0 && value != 1) return false;
      r.SetBool(&message, &field, value == 1);
      return true;
    default:
      fail_check("isa", "text has no form for field " + field.full_name());
  }
}

std::vector<std::string> names_of(const google::protobuf::EnumDescriptor& type) {
  std::vector<std::string> names;
  for (int i = 0; i < type.value_count(); ++i) names.push_back(type.value(i)->name());
  return names;
}

std::string value_text(const Message& message, const FieldDescriptor& field) {
  const Reflection& r = *message.GetReflection();
  if (field.cpp_type() == FieldDescriptor::CPPTYPE_STRING) return quoted(r.GetString(message, &field));
  if (field.cpp_type() == FieldDescriptor::CPPTYPE_ENUM) return r.GetEnum(message, &field)->name();
  if (field.name() == "address") return fmt::format("{:#x}", get_integer(message, field, -1));
  if (!field.is_repeated()) return std::to_string(get_integer(message, field, -1));
  std::string list;
  for (int i = 0; i < r.FieldSize(message, &field); ++i) {
    list += (i == 0 ? "" : ",") + std::to_string(get_integer(message, field, i));
  }
  return list;
}

/// Sets one field; when the text is not a value of it, says what would be.
std::optional<std::string> set_value(Message& message, const FieldDescriptor& field, const std::string& text) {
  const Reflection& r = *message.GetReflection();
  if (field.cpp_type() == FieldDescriptor::CPPTYPE_STRING) {
    r.SetString(&message, &field, text);
    return std::nullopt;
  }
  if (field.cpp_type() == FieldDescriptor::CPPTYPE_ENUM) {
    const auto* value = field.enum_type()->FindValueByName(text);
    if (value == nullptr) return suggestion(text, names_of(*field.enum_type()));
    r.SetEnum(&message, &field, value);
    return std::nullopt;
  }
  for (std::size_t start = 0; start <= text.size();) {
    const std::size_t comma = field.is_repeated() ? std::min(text.find(',', start), text.size()) : text.size();
    const std::optional<std::int64_t> number = parse_integer(std::string_view(text).substr(start, comma - start));
    if (!number || !set_integer(message, field, *number)) {
      return fmt::format("{} of type {}", field.is_repeated() ? "numbers with commas between" : "a number",
                         field.cpp_type_name());
    }
    start = comma + 1;
  }
  return std::nullopt;
}

}  // namespace

std::optional<Line> parse_line(std::string_view text, int number, TextFaults& faults) {
  return Scanner(text, number, faults).line();
}

std::string quoted(std::string_view text) {
  std::string result = "\"";
  for (const char c : text) {
    const auto code = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      result += '\\';
      result += c;
    } else if (code < 0x20 || code == 0x7f) {
      result += fmt::format("\\x{:02x}", code);
    } else {
      result += c;
    }
  }
  return result + '"';
}

std::string message_text(const Message& message) {
  std::string text;
  for (int i = 0; i < message.GetDescriptor()->field_count(); ++i) {
    const FieldDescriptor& field = *message.GetDescriptor()->field(i);
    if (!is_argument(field) || (field.is_repeated() && message.GetReflection()->FieldSize(message, &field) == 0))
      continue;
    text += fmt::format(" {}={}", field.name(), value_text(message, field));
  }
  return text;
}

void set_fields(Message& message, const Line& line, TextFaults& faults) {
  std::set<std::string> seen;
  for (const Argument& argument : line.arguments) {
    const FieldDescriptor* field = message.GetDescriptor()->FindFieldByName(argument.name);
    if (field == nullptr || !is_argument(*field)) {
      std::vector<std::string> names;
      for (int i = 0; i < message.GetDescriptor()->field_count(); ++i) {
        if (is_argument(*message.GetDescriptor()->field(i))) names.push_back(message.GetDescriptor()->field(i)->name());
      }
      faults.add(line.number, argument.column, fmt::format("{} has no field '{}'", line.keyword, argument.name),
                 suggestion(argument.name, names));
    } else if (!seen.insert(argument.name).second) {
      faults.add(line.number, argument.column, fmt::format("field '{}' is given twice", argument.name));
    } else if (const auto hint = set_value(message, *field, argument.value)) {
      faults.add(line.number, argument.column,
                 fmt::format("{}={} is no value of this field", argument.name, argument.value), *hint);
    }
  }
}

std::string suggestion(const std::string& word, const std::vector<std::string>& candidates) {
  const std::string near = nearest(word, candidates);
  return near.empty() ? fmt::format("one of: {}", fmt::join(candidates, " ")) : fmt::format("did you mean '{}'?", near);
}

}  // namespace systole::isa
