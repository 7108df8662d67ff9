#pragma once

#include <fmt/format.h>

#include <string>
#include <utility>
#include <vector>

#include "isa/block.h"
#include "isa/extent.h"
#include "isa/validate.h"

/// The parts of validate(): internal to the room.
namespace systole::isa {

/// Collects faults of one block; every fault begins with where it is.
class Faults {
 public:
  template <typename... Args>
  void add(const std::string& where, fmt::format_string<Args...> text, Args&&... args) {
    items.push_back(where + ": " + fmt::format(text, std::forward<Args>(args)...));
  }
  std::vector<std::string> items;
};

/// A block and its machine, and the rules that several parts share. They return whether the rule holds.
struct Context {
  const Block& block;
  const Target& target;
  const Regions& regions;
  Faults& faults;

  [[nodiscard]] int last_loop() const { return static_cast<int>(block.tile_loops.size()) - 1; }
  /// `scope`: the innermost tile loop that may be named.
  bool loop(int loop, int scope, const std::string& where, const char* what) const;
  bool trip(const Trip& trip, int scope, const std::string& where, const std::string& what) const;
  bool condition(const Condition& condition, int scope, const std::string& where) const;
  /// Counts 1 .. available in a loop nest of `loops` loops.
  bool lanes(const Lanes& lanes, std::size_t loops, std::int64_t available, const std::string& where,
             const char* what) const;
  bool inside(const Extent& extent, std::int64_t capacity, const std::string& where, const std::string& what) const;
};

const char* name_of(Buffer buffer);
std::string name_of_stream(const Block& block, int number);  ///< "stream 3 (load ibuf)"
/// Elements of a buffer (both halves), and elements in one of its words.
std::int64_t capacity(Buffer buffer, const Target& target);
std::int64_t word_elements(Buffer buffer, const Target& target);
/// All slots: `one` is slot 0.
Extent all_slots(const Extent& one, int depth, std::int64_t pitch);

void validate_streams(const Context& context);
void validate_array(const Context& context);
void validate_simd(const Context& context);

}  // namespace systole::isa
