#include "configs/override.h"

#include <fmt/format.h>

#include "configs/rules.h"

namespace systole {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

struct Target {
  Message* group;
  const FieldDescriptor* field;
};

/// The scalar that `path` names; groups on the way are created. What is wrong with the path is thrown.
Target find(const std::string& path, const std::string& where, Message& message) {
  const auto fail = [&](std::string what, std::string hint = "") {
    throw UserError(Diagnostic{where, 0, 0, std::move(what), std::move(hint)});
  };
  Message* group = &message;
  for (std::size_t start = 0;;) {
    const auto dot = path.find('.', start);
    const std::string prefix = path.substr(0, start);
    const std::string key = path.substr(start, dot - start);
    const FieldDescriptor* field = group->GetDescriptor()->FindFieldByName(key);
    if (field == nullptr) {
      const auto keys = keys_of(*group->GetDescriptor());
      const std::string near = nearest(key, keys);
      fail(fmt::format("unknown key '{}{}'", prefix, key), near.empty()
                                                               ? fmt::format("keys here: {}", fmt::join(keys, ", "))
                                                               : fmt::format("did you mean '{}{}'?", prefix, near));
    }
    if (field->is_repeated()) fail(fmt::format("'{}{}' is a list", prefix, key), "change a list in a copy of the file");
    const bool is_group = field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE;
    if (dot == std::string::npos) {
      if (!is_group) return {group, field};
      fail(fmt::format("'{}' is a group", path),
           fmt::format("name one of its keys: {}", fmt::join(keys_of(*field->message_type()), ", ")));
    }
    if (!is_group) fail(fmt::format("'{}{}' has no keys of its own", prefix, key));
    group = group->GetReflection()->MutableMessage(group, field);
    start = dot + 1;
  }
}

}  // namespace

void apply_override(const std::string& path_and_value, Message& message, Source& source, Diagnostics& diagnostics) {
  const std::string where = "--set " + path_and_value;
  const auto equals = path_and_value.find('=');
  if (equals == std::string::npos) {
    diagnostics.add({where, 0, 0, "there is no '='", "write PATH=VALUE, as in systolic_array.rows=32"});
    return;
  }
  const std::string path = path_and_value.substr(0, equals);
  try {
    const Target target = find(path, where, message);
    const std::string wrong = set_value(*target.group, *target.field, path_and_value.substr(equals + 1));
    if (!wrong.empty()) diagnostics.add({where, 0, 0, wrong, ""});
    source.put(path, where);
  } catch (const UserError& fault) {
    diagnostics.add(fault.diagnostics().front());
  }
}

}  // namespace systole
