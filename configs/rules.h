#pragma once

#include <google/protobuf/message.h>

#include <string>

namespace systole {

/// The values a field takes, for people: `a whole number from 1 to 1024, a power of two`, `fixed32 or float32`.
std::string allowed_values(const google::protobuf::FieldDescriptor& field);

/// Reads `text` (one value as protobuf text format writes it; quotes may be left out around a string) into a scalar
/// field of `message`, or appends it to a list, and checks it against the field's rule (configs/options.proto).
/// Returns what is wrong, one sentence without a full stop, or an empty string. After a fault the message may hold the
/// value.
std::string set_value(google::protobuf::Message& message, const google::protobuf::FieldDescriptor& field,
                      const std::string& text);

}  // namespace systole
