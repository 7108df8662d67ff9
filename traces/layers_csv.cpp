#include "traces/layers_csv.h"

#include <vector>

#include "traces/summary_writer.h"

namespace systole {

using Json = nlohmann::ordered_json;

namespace {

/// Merges the keys of a layer into `columns`: a value is a column, an object a group of columns.
void add_columns(const Json& layer, Json& columns) {
  for (const auto& [key, value] : layer.items()) {
    Json& column = columns[key];
    if (!value.is_object()) continue;
    if (column.is_null()) column = Json::object();
    for (const auto& [name, ignored] : value.items()) column[name] = true;
  }
}

std::string cell(const Json& value) {
  if (!value.is_string()) return value.dump();
  const auto& text = value.get_ref<const std::string&>();
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string quoted = "\"";
  for (const char c : text) quoted += c == '"' ? std::string("\"\"") : std::string(1, c);
  return quoted + '"';
}

/// Calls visit(group, name) for each column; name is empty for a plain key.
template <typename Visit>
void for_each_column(const Json& columns, Visit visit) {
  for (const auto& [key, group] : columns.items()) {
    if (group.is_null()) visit(key, std::string());
    for (const auto& [name, ignored] : group.items()) visit(key, name);  // nothing for a plain key
  }
}

std::string cell_of(const Json& layer, const std::string& key, const std::string& name) {
  const auto value = layer.find(key);
  if (value == layer.end()) return "";
  if (name.empty()) return cell(*value);
  const auto part = value->find(name);
  return part == value->end() ? "" : cell(*part);
}

}  // namespace

std::string layers_csv(const RunResult& result) {
  std::vector<Json> rows;
  Json columns = Json::object();
  if (result.layers.empty()) add_columns(layer_json(result, LayerResult()), columns);
  for (const LayerResult& layer : result.layers) {
    rows.push_back(layer_json(result, layer));
    add_columns(rows.back(), columns);
  }

  std::string text;
  std::string separator;
  for_each_column(columns, [&](const std::string& key, const std::string& name) {
    text += separator + (name.empty() ? key : key + "." + name);
    separator = ",";
  });
  text += '\n';
  for (const Json& row : rows) {
    separator.clear();
    for_each_column(columns, [&](const std::string& key, const std::string& name) {
      text += separator + cell_of(row, key, name);
      separator = ",";
    });
    text += '\n';
  }
  return text;
}

}  // namespace systole
