#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "explore/objective.h"
#include "explore/space.h"
#include "models/analytical/simdit/sweep.h"

namespace systole {

/// A network of the search and how often its cost counts.
struct SimditWorkload {
  simdit::Sweep sweep;
  double weight = 1;
};

/// What every point of a space costs in the published model, from tables. There a layer's cost depends on the buffers
/// of its unit, through its tile alone, and on the ports of its unit. So a point is a row (its buffers) and a column
/// (its ports), and its cost the sum of an entry for the array and one for the SIMD unit; equal tiles of a layer are
/// costed once for all rows. Energy: what a row's tiles do does not depend on its ports, so a point's is a part of its
/// row and one for each cycle. Area is a row's.
class SimditTable {
 public:
  /// An axis and where its value goes.
  struct Field {
    std::size_t axis;
    std::int64_t simdit::Machine::*member;
  };
  /// Every axis, when all are buffers or data ports of the published model.
  static std::optional<std::vector<Field>> fields_of(const DesignSpace& space);

  /// Nothing when the space varies something else than the buffers and data ports of the
  /// published model, or a budget ties buffers to ports. the `space` must outlive the table.
  static std::optional<SimditTable> make(const LoadedSpace& space, std::vector<SimditWorkload> workloads);

  [[nodiscard]] const DesignSpace& space() const { return space_->design; }
  [[nodiscard]] std::size_t rows() const { return rows_.size(); }
  [[nodiscard]] std::size_t columns() const { return columns_.size(); }

  /// Cost of every column of the row; empty when the model cannot say (a guard of the model, or a layer without a tile:
  /// `reason`).
  const std::vector<double>& costs(std::size_t row, std::string& reason);

  /// A column of the row that `costs` was last called for.
  [[nodiscard]] Evaluated evaluated(std::size_t column) const;

  [[nodiscard]] Point point(std::size_t row, std::size_t column) const;

  /// Columns of one kind make points of one kind (tally.h) in any row; kinds count from 0.
  [[nodiscard]] std::size_t kinds_of_columns() const { return kinds_; }
  [[nodiscard]] std::size_t kind_of_column(std::size_t column) const { return kind_of_column_[column]; }

 private:
  using Member = std::int64_t simdit::Machine::*;
  struct Tile {
    std::vector<double> cycles;  ///< by setting of the unit's ports
    Work work;                   ///< when prices are asked for
  };
  struct Layer {
    simdit::Sweep::Item item;
    double weight;
    std::map<std::vector<std::int64_t>, Tile> known;
  };
  /// A unit's layers, and the columns by the setting of its ports: many columns have the same.
  struct Unit {
    std::vector<Layer> layers;
    std::vector<std::uint32_t> setting_of_column;
    std::vector<std::size_t> column_of_setting;  ///< one of those that have it
    std::vector<double> sums;                    ///< of the present row, by setting
  };

  SimditTable(const LoadedSpace& space);
  void find_kinds();
  void find_settings(Unit& unit, const std::vector<Member>& ports);
  [[nodiscard]] simdit::Machine machine(std::size_t row, std::size_t column) const;
  bool sum_layers(Unit& unit, std::size_t row, std::string& reason);
  const Tile* tile_of(const Unit& unit, Layer& layer, std::size_t row);
  void price(std::size_t row);
  [[nodiscard]] std::vector<std::int64_t> values_at(const Point& point) const;

  simdit::Machine base_;
  const LoadedSpace* space_;
  Objectives objectives_;
  std::vector<Field> buffers_, ports_;
  std::vector<Point> rows_, columns_;  ///< over all axes; a row's ports and a column's buffers are 0
  std::size_t kinds_ = 0;
  std::vector<std::uint32_t> kind_of_column_;
  Unit array_, simd_;
  Work work_;  ///< of the present row, as far as prices are asked for
  double row_pj_ = 0, cycle_pj_ = 0, row_mm2_ = 0;
  std::vector<double> cycles_, costs_;  ///< of the present row
};

}  // namespace systole
