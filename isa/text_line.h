#pragma once

#include <google/protobuf/message.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/errors.h"

/// One line of assembly text, a keyword and `name=value` arguments; and messages as such arguments. Internal to the
/// room.
namespace systole::isa {

struct Argument {
  std::string name;
  std::string value;  ///< without quotes, escapes resolved
  int column = 0;     ///< 1-based, of the name
};

struct Line {
  int number = 0;
  int column = 0;       ///< of the keyword
  std::string keyword;  ///< `.layer` or a mnemonic; empty: a line without contents
  std::vector<Argument> arguments;
};

/// Where faults of a text go.
struct TextFaults {
  std::string file;
  Diagnostics diagnostics;
  void add(int line, int column, std::string message, std::string hint = "") {
    diagnostics.add({file, line, column, std::move(message), std::move(hint)});
  }
};

/// Nothing, and a fault, when the line cannot be read.
std::optional<Line> parse_line(std::string_view text, int number, TextFaults& faults);

/// `"` around the text; quotes, backslashes and control characters escaped.
std::string quoted(std::string_view text);

/// ` name=value` for each scalar field and each list of numbers that is not empty; `bytes` fields are left out.
std::string message_text(const google::protobuf::Message& message);

/// Sets the fields that the line names; unknown names, bad values and repetitions become faults.
void set_fields(google::protobuf::Message& message, const Line& line, TextFaults& faults);

/// The hint for an unknown word: the nearest of the candidates, else all of them.
std::string suggestion(const std::string& word, const std::vector<std::string>& candidates);

}  // namespace systole::isa
