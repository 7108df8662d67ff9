#pragma once

#include <google/protobuf/message.h>

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "base/errors.h"
#include "base/files.h"

namespace systole {

/// Where each field of a loaded message was written, so that a later check can point at it.
/// A path is what `--set` takes: `systolic_array.rows`; elements of a list are numbered from 0: `reads[2].value`.
class Source {
 public:
  explicit Source(std::string file) : file_(std::move(file)) {}

  /// `line` and `column` are 1-based; 0 when unknown. A later place of the same path replaces the earlier one.
  void put(const std::string& path, int line, int column) { places_[path] = {file_, line, column}; }
  /// The field comes from elsewhere: `where` names it (`--set systolic_array.rows=3`).
  void put(const std::string& path, const std::string& where) { places_[path] = {where, 0, 0}; }

  /// The fields of `other` become fields of the group `path`, in other's file.
  void put(const std::string& path, const Source& other) {
    places_[path] = {other.file_, 0, 0};
    for (const auto& [field, place] : other.places_) places_[path + "." + field] = place;
  }
  /// The fields of the group `path`, as if the group were the whole message: what a check of that group alone wants.
  [[nodiscard]] Source part(const std::string& path) const;
  [[nodiscard]] bool has(const std::string& path) const { return places_.count(path) > 0; }

  /// A diagnostic at the field, or at the nearest group around it that was written, or at the file.
  [[nodiscard]] Diagnostic fault(const std::string& path, std::string message, std::string hint = "") const;
  [[nodiscard]] const std::string& file() const { return file_; }

 private:
  struct Place {
    std::string file;
    int line = 0;
    int column = 0;
  };
  std::string file_;
  std::map<std::string, Place> places_;
};

/// Reads protobuf text format into an empty `message` and checks each value against its field's rule
/// (configs/options.proto). Every fault goes to `diagnostics`: unknown key (with the nearest known one), key given
/// twice, wrong type, value out of range, missing key that has no default, syntax. `file` is only a name for messages.
/// The result is usable when nothing was added.
Source parse_text(const std::string& text, const std::string& file, google::protobuf::Message& message,
                  Diagnostics& diagnostics);

/// A message and where its fields were written.
template <typename Message>
struct Loaded {
  Message message;
  Source source;
};

/// Reads a file: EnvironmentError when it cannot be read; faults in its text go to `diagnostics` as in parse_text.
template <typename Message>
Loaded<Message> load_text(const std::string& path, Diagnostics& diagnostics) {
  Loaded<Message> loaded{Message(), Source(path)};
  loaded.source = parse_text(read_file(path), path, loaded.message, diagnostics);
  return loaded;
}

/// Writes every default into `message`, so that nothing is implied any more: absent fields that have one, and absent
/// groups that need no key. Groups whose keys are required stay absent.
void fill_defaults(google::protobuf::Message& message);

/// The message in protobuf text format; parse_text of it gives an equal message.
std::string to_text(const google::protobuf::Message& message);

/// Adds a fault for every missing key that has no default.
void check_required(const google::protobuf::Message& message, const Source& source, Diagnostics& diagnostics);

/// The keys of a group, for "did you mean".
std::vector<std::string> keys_of(const google::protobuf::Descriptor& group);

}  // namespace systole
