#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "configs/machine.h"
#include "configs/space.pb.h"
#include "explore/objective.h"

namespace systole {

/// A field of the machine that varies.
struct SpaceAxis {
  std::string field;                 ///< path, as --set takes it
  std::vector<std::int64_t> values;  ///< ascending
};

/// fixed + sum of weights times values, between two bounds.
struct SpaceBudget {
  struct Term {
    std::size_t axis = 0;
    std::int64_t weight = 1;
  };
  std::string name;
  std::vector<Term> terms;
  std::int64_t fixed = 0;  ///< of fields that do not vary
  std::int64_t at_least = 0;
  std::int64_t at_most = 0;
};

/// A machine of the space: the index of its value on each axis.
using Point = std::vector<std::uint32_t>;

/// What is searched: axes and budgets. A group is a set of axes that budgets tie together; the space is the product of
/// its groups' points.
class DesignSpace {
 public:
  DesignSpace(std::vector<SpaceAxis> axes, std::vector<SpaceBudget> budgets);

  [[nodiscard]] const std::vector<SpaceAxis>& axes() const { return axes_; }
  [[nodiscard]] const std::vector<SpaceBudget>& budgets() const { return budgets_; }
  [[nodiscard]] std::optional<std::size_t> axis(const std::string& field) const;
  [[nodiscard]] std::int64_t value(const Point& point, std::size_t axis) const {
    return axes_[axis].values[point[axis]];
  }

  /// Axes by group, each ascending; groups by their first axis.
  [[nodiscard]] const std::vector<std::vector<std::size_t>>& groups() const { return groups_; }

  /// Every point of a group that meets its budgets, in the order of the values, the group's last axis fastest; an index
  /// for each of its axes. Stops and returns nothing beyond `limit` points.
  [[nodiscard]] std::optional<std::vector<Point>> points_of(std::size_t group, std::size_t limit) const;

  /// The number of points, when no group has more than `limit`.
  [[nodiscard]] std::optional<double> size(std::size_t limit) const;

  [[nodiscard]] bool meets(const Point& point) const;

  /// For a space without points: the budget that is hardest to meet, the sums that are possible, and the nearest one.
  [[nodiscard]] std::string nearest_miss() const;

 private:
  [[nodiscard]] std::int64_t sum(const SpaceBudget& budget, const Point& point) const;

  std::vector<SpaceAxis> axes_;
  std::vector<SpaceBudget> budgets_;
  std::vector<std::vector<std::size_t>> groups_;
};

/// A space file: the machine that points start from, and what varies.
struct LoadedSpace {
  config::Space space;      ///< every default filled in
  config::Machine machine;  ///< with `set` applied
  DesignSpace design;
  std::vector<config::Machine> finalist_machines;  ///< `machine` with each memory that finalists are simulated with
};

/// What is to be small.
Objectives objectives_of(const LoadedSpace& space);

/// What replaces a part of a space's file.
struct SpaceChanges {
  std::optional<config::SearchModel> model;
  std::string memory;            ///< of every machine, of the finalists too; empty: what the file says
  std::optional<int> finalists;  ///< how many machines go to the cycle level; 0: none
};

/// Reads a space by name or file. Throws UserError with every fault: unknown fields (with the nearest), values that the
/// field's rule forbids, an axis without values, a budget that no allocation meets (with the nearest miss).
LoadedSpace load_space(const std::string& name, const SpaceChanges& changes = {});

/// The whole number at `path` of a configuration, as systolic_array.rows; the path must exist.
std::int64_t number_at(const std::string& path, const google::protobuf::Message& message);

/// The machine with these values of the axes; `base`: another machine than the space's, with another memory. Throws
/// UserError when its fields contradict one another (configs/machine.h).
config::Machine machine_with(const LoadedSpace& space, const std::vector<std::int64_t>& values);
config::Machine machine_with(const LoadedSpace& space, const config::Machine& base,
                             const std::vector<std::int64_t>& values);

/// The same, whether or not the fields fit together.
config::Machine unchecked_machine(const LoadedSpace& space, const config::Machine& base,
                                  const std::vector<std::int64_t>& values);

/// The values with each buffer's capacity rounded down to whole words in all banks, and one word a bank at least.
std::vector<std::int64_t> in_whole_banks(const LoadedSpace& space, std::vector<std::int64_t> values);

/// The machine at a point. Throws UserError when its fields contradict one another (configs/machine.h).
config::Machine machine_at(const LoadedSpace& space, const Point& point);

}  // namespace systole
