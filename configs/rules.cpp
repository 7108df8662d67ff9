#include "configs/rules.h"

#include <fmt/format.h>
#include <google/protobuf/io/tokenizer.h>
#include <google/protobuf/text_format.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "configs/options.pb.h"

namespace systole {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

/// The faults are worded here; what the parser would say is not for users.
class Silent : public google::protobuf::io::ErrorCollector {
 public:
  void AddError(int, google::protobuf::io::ColumnNumber, const std::string&) override {}
};

const config::FieldRule& rule_of(const FieldDescriptor& field) {
  return field.options().GetExtension(config::rule);
}

/// "4, 8 or 16".
std::string alternatives(const std::vector<std::string>& words) {
  if (words.size() < 2) return fmt::format("{}", fmt::join(words, ""));
  return fmt::format("{} or {}", fmt::join(words.begin(), words.end() - 1, ", "), words.back());
}

std::string enum_names(const google::protobuf::EnumDescriptor& type) {
  std::vector<std::string> names;
  for (int i = 0; i < type.value_count(); ++i) names.push_back(type.value(i)->name());
  return alternatives(names);
}

std::string kind_of_value(const FieldDescriptor& field) {
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_BOOL:
      return "true or false";
    case FieldDescriptor::CPPTYPE_STRING:
      return "a text in quotes";
    case FieldDescriptor::CPPTYPE_ENUM:
      return enum_names(*field.enum_type());
    case FieldDescriptor::CPPTYPE_MESSAGE:
      return "a group { ... }";
    case FieldDescriptor::CPPTYPE_DOUBLE:
      return "a number";
    default:
      return "a whole number";
  }
}

/// The newest value of a numeric field (the last one of a list).
double number_of(const Message& message, const FieldDescriptor& field) {
  const auto& reflection = *message.GetReflection();
  const int last = field.is_repeated() ? reflection.FieldSize(message, &field) - 1 : 0;
  const auto value = [&](auto single, auto repeated) {
    return static_cast<double>(field.is_repeated() ? (reflection.*repeated)(message, &field, last)
                                                   : (reflection.*single)(message, &field));
  };
  using R = google::protobuf::Reflection;
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32:
      return value(&R::GetInt32, &R::GetRepeatedInt32);
    case FieldDescriptor::CPPTYPE_INT64:
      return value(&R::GetInt64, &R::GetRepeatedInt64);
    default:
      return value(&R::GetDouble, &R::GetRepeatedDouble);
  }
}

/// Numbers in our schemas are int32, int64 or double, so that a negative one is a fault of range and not of syntax.
bool is_number(const FieldDescriptor& field) {
  const auto type = field.cpp_type();
  return type == FieldDescriptor::CPPTYPE_INT32 || type == FieldDescriptor::CPPTYPE_INT64 ||
         type == FieldDescriptor::CPPTYPE_DOUBLE;
}

/// Comparisons are written so that NaN fails them.
bool keeps(const config::FieldRule& rule, double value) {
  if (!std::isfinite(value)) return false;
  if (rule.has_min() && value < rule.min()) return false;
  if (rule.has_max() && value > rule.max()) return false;
  if (rule.has_multiple_of() && std::fmod(value, static_cast<double>(rule.multiple_of())) != 0.0) return false;
  int exponent = 0;
  if (rule.power_of_two() && std::frexp(value, &exponent) != 0.5) return false;
  const auto& allowed = rule.allowed();
  return allowed.empty() ||
         std::any_of(allowed.begin(), allowed.end(), [&](auto a) { return static_cast<double>(a) == value; });
}

std::string quoted_for_text_format(const FieldDescriptor& field, const std::string& text) {
  const bool bare = field.cpp_type() == FieldDescriptor::CPPTYPE_STRING &&
                    (text.empty() || (text.front() != '"' && text.front() != '\''));
  if (!bare) return text;
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return quoted + '"';
}

}  // namespace

std::string allowed_values(const FieldDescriptor& field) {
  const config::FieldRule& rule = rule_of(field);
  if (!rule.allowed().empty()) {
    std::vector<std::string> values;
    for (const auto value : rule.allowed()) values.push_back(std::to_string(value));
    return alternatives(values);
  }
  std::string text = kind_of_value(field);
  if (rule.has_min() && rule.has_max()) {
    text += fmt::format(" from {} to {}", rule.min(), rule.max());
  } else if (rule.has_min()) {
    text += fmt::format(", {} or more", rule.min());
  } else if (rule.has_max()) {
    text += fmt::format(", {} or less", rule.max());
  }
  if (rule.has_multiple_of()) text += fmt::format(", a multiple of {}", rule.multiple_of());
  if (rule.not_empty()) text += ", not empty";
  if (rule.power_of_two()) text += ", a power of two";
  return text;
}

std::string set_value(Message& message, const FieldDescriptor& field, const std::string& text) {
  Silent silent;
  google::protobuf::TextFormat::Parser parser;
  parser.RecordErrorsTo(&silent);
  const bool scalar = field.cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE;
  const bool read = scalar && parser.ParseFieldValueFromString(quoted_for_text_format(field, text), &field, &message);
  const bool empty = rule_of(field).not_empty() && text.find_first_not_of("\"' ") == std::string::npos;
  if (read && !empty && (!is_number(field) || keeps(rule_of(field), number_of(message, field)))) return "";
  return fmt::format("{} must be {}, not {}", field.name(), allowed_values(field), text.empty() ? "nothing" : text);
}

}  // namespace systole
