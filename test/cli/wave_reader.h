#pragma once

#include <cstdint>
#include <map>
#include <sstream>
#include <string>
#include <vector>

namespace systole {

/// A value change dump, read the way a viewer does; values as they are written, by `scope.name`.
class Wave {
 public:
  explicit Wave(const std::string& text) {
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) read(line);
    for (auto& [name, changes] : changes_) changes[last_] += "";
  }

  /// Cycles in which the variable had each of its values.
  [[nodiscard]] std::map<std::string, std::int64_t> cycles_of(const std::string& name) const {
    std::map<std::string, std::int64_t> cycles;
    const auto& changes = changes_.at(name);
    for (auto change = changes.begin(); change != changes.end(); ++change) {
      const auto next = std::next(change);
      if (!change->second.empty())
        cycles[change->second] += (next == changes.end() ? last_ : next->first) - change->first;
    }
    return cycles;
  }

  /// What the variable is in cycle `begin`, and what it becomes before `end`.
  [[nodiscard]] std::map<std::int64_t, std::string> between(const std::string& name, std::int64_t begin,
                                                            std::int64_t end) const {
    const auto& changes = changes_.at(name);
    std::map<std::int64_t, std::string> values;
    auto change = changes.upper_bound(begin);
    std::string value = change == changes.begin() ? "" : std::prev(change)->second;
    values[begin] = value;
    for (; change != changes.end() && change->first < end; ++change) {
      if (change->second == value) continue;
      value = change->second;
      values[change->first] = value;
    }
    return values;
  }
  [[nodiscard]] std::vector<std::string> names() const {
    std::vector<std::string> names;
    for (const auto& [name, changes] : changes_) names.push_back(name);
    return names;
  }

  [[nodiscard]] std::int64_t first() const { return first_; }
  [[nodiscard]] std::int64_t last() const { return last_; }
  [[nodiscard]] bool has_scope(const std::string& scope) const {
    const auto found = changes_.lower_bound(scope + ".");
    return found != changes_.end() && found->first.rfind(scope + ".", 0) == 0;
  }
  [[nodiscard]] std::string last_value(const std::string& name) const {
    const auto& changes = changes_.at(name);
    for (auto change = changes.rbegin(); change != changes.rend(); ++change) {
      if (!change->second.empty()) return change->second;
    }
    return "";
  }

 private:
  void read(const std::string& line) {
    std::istringstream words(line);
    std::string word;
    std::string value;
    words >> word;
    if (word == "$scope") {
      words >> word >> word;
      scopes_.push_back(word);
    } else if (word == "$upscope") {
      scopes_.pop_back();
    } else if (word == "$var") {
      std::string code;
      std::string name;
      words >> word >> word >> code >> name;
      std::string full;
      for (const std::string& scope : scopes_) full += scope + ".";
      names_[code] = full + name.substr(0, name.find('['));
      changes_[names_[code]];
    } else if (word == "$enddefinitions") {
      defined_ = true;
    } else if (!defined_) {
      return;
    } else if (word[0] == '#') {
      last_ = std::stoll(word.substr(1));
      if (first_ < 0) first_ = last_;
    } else if (word[0] == 's' || word[0] == 'b') {
      words >> value;
      changes_[names_.at(value)][last_] = word[0] == 's' ? word.substr(1) : shortened(word.substr(1));
    } else if (word[0] == '0' || word[0] == '1' || word[0] == 'x') {
      changes_[names_.at(word.substr(1))][last_] = word.substr(0, 1);
    }
  }

  /// Without leading zeros; nothing when it is unknown.
  static std::string shortened(const std::string& bits) {
    if (bits.find('x') != std::string::npos) return "";
    const std::size_t first = bits.find('1');
    return first == std::string::npos ? "0" : bits.substr(first);
  }

  std::vector<std::string> scopes_;
  std::map<std::string, std::string> names_;
  std::map<std::string, std::map<std::int64_t, std::string>> changes_;
  bool defined_ = false;
  std::int64_t first_ = -1;
  std::int64_t last_ = 0;
};

}  // namespace systole
