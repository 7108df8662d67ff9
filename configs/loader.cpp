#include "configs/loader.h"

#include <google/protobuf/text_format.h>

namespace systole {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

Diagnostic Source::fault(const std::string& path, std::string message, std::string hint) const {
  for (std::string at = path; !at.empty();) {
    const auto place = places_.find(at);
    if (place != places_.end()) {
      return {place->second.file, place->second.line, place->second.column, std::move(message), std::move(hint)};
    }
    const auto dot = at.rfind('.');
    at = dot == std::string::npos ? "" : at.substr(0, dot);
  }
  return {file_, 0, 0, std::move(message), std::move(hint)};
}

Source Source::part(const std::string& path) const {
  Source part(fault(path, "").file);
  const std::string prefix = path + ".";
  for (auto at = places_.lower_bound(prefix); at != places_.end() && at->first.rfind(prefix, 0) == 0; ++at) {
    part.places_[at->first.substr(prefix.size())] = at->second;
  }
  return part;
}

void fill_defaults(Message& message) {
  const auto& reflection = *message.GetReflection();
  const auto& type = *message.GetDescriptor();
  for (int i = 0; i < type.field_count(); ++i) {
    const FieldDescriptor& field = *type.field(i);
    if (field.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
      if (field.is_repeated()) {
        for (int k = 0; k < reflection.FieldSize(message, &field); ++k) {
          fill_defaults(*reflection.MutableRepeatedMessage(&message, &field, k));
        }
        continue;
      }
      const bool present = reflection.HasField(message, &field);
      Message& group = *reflection.MutableMessage(&message, &field);
      fill_defaults(group);
      if (!present && !group.IsInitialized()) reflection.ClearField(&message, &field);
    } else if (field.has_default_value() && !reflection.HasField(message, &field)) {
      std::string value;
      google::protobuf::TextFormat::PrintFieldValueToString(message, &field, -1, &value);
      google::protobuf::TextFormat::Parser().ParseFieldValueFromString(value, &field, &message);
    }
  }
}

std::string to_text(const Message& message) {
  std::string text;
  google::protobuf::TextFormat::PrintToString(message, &text);
  return text;
}

void check_required(const Message& message, const Source& source, Diagnostics& diagnostics) {
  std::vector<std::string> missing;
  message.FindInitializationErrors(&missing);
  for (const std::string& path : missing) {
    if (source.has(path)) continue;  // its value was at fault: said already
    const auto dot = path.rfind('.');
    const std::string group = dot == std::string::npos ? "the file" : path.substr(0, dot);
    diagnostics.add(source.fault(path, "missing key '" + path.substr(dot + 1) + "' in " + group, "it has no default"));
  }
}

std::vector<std::string> keys_of(const google::protobuf::Descriptor& group) {
  std::vector<std::string> keys;
  for (int i = 0; i < group.field_count(); ++i) keys.push_back(group.field(i)->name());
  return keys;
}

}  // namespace systole
