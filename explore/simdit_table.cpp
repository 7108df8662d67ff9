#include "explore/simdit_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "explore/simdit_cost.h"
#include "explore/tally.h"
#include "models/analytical/simdit/from_machine.h"
#include "models/energy/area.h"
#include "models/energy/estimate.h"

namespace systole {

namespace {

using simdit::Machine;
using Member = std::int64_t Machine::*;

struct Known {
  const char* field;
  Member member;
};
constexpr std::array<Known, 5> kBuffers = {{{"buffers.wbuf_bits", &Machine::wbuf},
                                            {"buffers.ibuf_bits", &Machine::ibuf},
                                            {"buffers.obuf_bits", &Machine::obuf_half},
                                            {"buffers.bbuf_bits", &Machine::bbuf},
                                            {"buffers.vmem_bits", &Machine::vmem}}};
constexpr std::array<Known, 4> kPorts = {{{"ports.parambuf", &Machine::parambuf_width},
                                          {"ports.ibuf", &Machine::ibuf_width},
                                          {"ports.obuf", &Machine::obuf_width},
                                          {"ports.simd", &Machine::simd_width}}};
/// Points of a group, or rows or columns, that a table may have.
constexpr std::size_t kMostPoints = 4'000'000;

template <std::size_t N>
Member member_of(const std::array<Known, N>& known, const std::string& field) {
  const auto found = std::find_if(known.begin(), known.end(), [&](const Known& k) { return field == k.field; });
  return found == known.end() ? nullptr : found->member;
}

/// Every combination of the points so far with those of a group; false when that is too many.
bool multiply(std::vector<Point>& points, const std::vector<std::size_t>& group, const std::vector<Point>& more) {
  if (points.size() * more.size() > kMostPoints) return false;
  std::vector<Point> product;
  product.reserve(points.size() * more.size());
  for (const Point& point : points) {
    for (const Point& part : more) {
      product.push_back(point);
      for (std::size_t place = 0; place < group.size(); ++place) product.back()[group[place]] = part[place];
    }
  }
  points = std::move(product);
  return true;
}

std::vector<std::int64_t> key_of(const simdit::ArrayTile& t) {
  return {t.kernel_width, t.kernel_height, t.in_channels, t.out_channels, t.out_width, t.out_height, t.batch};
}

std::vector<std::int64_t> key_of(const simdit::SimdTile& t) {
  return {t.out_width, t.out_height, t.channels, t.batch};
}

}  // namespace

std::optional<std::vector<SimditTable::Field>> SimditTable::fields_of(const DesignSpace& space) {
  std::vector<Field> fields;
  for (std::size_t axis = 0; axis < space.axes().size(); ++axis) {
    const std::string& name = space.axes()[axis].field;
    const Member buffer = member_of(kBuffers, name);
    const Member member = buffer != nullptr ? buffer : member_of(kPorts, name);
    if (member == nullptr) return std::nullopt;
    fields.push_back({axis, member});
  }
  return fields;
}

SimditTable::SimditTable(const LoadedSpace& space)
    : base_(simdit::machine_of(space.machine)), space_(&space), objectives_(objectives_of(space)) {}

std::optional<SimditTable> SimditTable::make(const LoadedSpace& loaded, std::vector<SimditWorkload> workloads) {
  const DesignSpace& space = loaded.design;
  SimditTable table(loaded);
  table.rows_ = table.columns_ = {Point(space.axes().size())};
  for (std::size_t g = 0; g < space.groups().size(); ++g) {
    const std::vector<std::size_t>& group = space.groups()[g];
    std::size_t buffers = 0;
    std::size_t ports = 0;
    for (const std::size_t axis : group) {
      const std::string& field = space.axes()[axis].field;
      const Member buffer = member_of(kBuffers, field);
      const Member port = member_of(kPorts, field);
      if (buffer != nullptr) table.buffers_.push_back({axis, buffer});
      if (port != nullptr) table.ports_.push_back({axis, port});
      buffers += buffer != nullptr ? 1 : 0;
      ports += port != nullptr ? 1 : 0;
    }
    if (buffers + ports != group.size() || (buffers > 0 && ports > 0)) return std::nullopt;
    const auto points = space.points_of(g, kMostPoints);
    if (!points || !multiply(buffers > 0 ? table.rows_ : table.columns_, group, *points)) return std::nullopt;
  }
  for (const SimditWorkload& workload : workloads) {
    for (const auto& item : workload.sweep.array_items()) table.array_.layers.push_back({item, workload.weight, {}});
    for (const auto& item : workload.sweep.simd_items()) table.simd_.layers.push_back({item, workload.weight, {}});
  }
  table.find_settings(table.array_, {&Machine::parambuf_width, &Machine::ibuf_width, &Machine::obuf_width});
  table.find_settings(table.simd_, {&Machine::simd_width});
  table.find_kinds();
  return table;
}

void SimditTable::find_kinds() {
  std::vector<std::vector<std::int64_t>> kinds;
  for (const Point& column : columns_) {
    std::vector<std::int64_t> widths;
    for (const Field& field : ports_) widths.push_back(space().value(column, field.axis));
    const auto known =
        std::find_if(kinds.begin(), kinds.end(), [&](const auto& kind) { return same_kind(kind, widths); });
    kind_of_column_.push_back(static_cast<std::uint32_t>(known - kinds.begin()));
    if (known == kinds.end()) kinds.push_back(widths);
  }
  kinds_ = kinds.size();
}

void SimditTable::find_settings(Unit& unit, const std::vector<Member>& ports) {
  std::map<std::vector<std::int64_t>, std::uint32_t> known;
  for (std::size_t column = 0; column < columns_.size(); ++column) {
    const Machine m = machine(0, column);
    std::vector<std::int64_t> widths;
    for (const Member port : ports) widths.push_back(m.*port);
    const auto [setting, fresh] = known.emplace(widths, static_cast<std::uint32_t>(known.size()));
    if (fresh) unit.column_of_setting.push_back(column);
    unit.setting_of_column.push_back(setting->second);
  }
}

Machine SimditTable::machine(std::size_t row, std::size_t column) const {
  Machine m = base_;
  for (const Field& field : buffers_) m.*field.member = space().value(rows_[row], field.axis);
  for (const Field& field : ports_) m.*field.member = space().value(columns_[column], field.axis);
  return m;
}

const SimditTable::Tile* SimditTable::tile_of(const Unit& unit, Layer& layer, std::size_t row) {
  const simdit::PlacedLayer& placed = layer.item.layer;
  const Machine first = machine(row, 0);
  const bool array = simdit::on_array(placed.layer.operation);
  const auto array_tile = array ? simdit::find_array_tile(placed.layer, first) : std::nullopt;
  const auto simd_tile = array ? std::nullopt : simdit::find_simd_tile(placed.layer, first);
  if (!array_tile && !simd_tile) return nullptr;
  Tile& tile = layer.known[array ? key_of(*array_tile) : key_of(*simd_tile)];
  if (!tile.cycles.empty()) return &tile;
  const double count = layer.item.count * layer.weight;
  for (const std::size_t column : unit.column_of_setting) {
    const Machine m = machine(row, column);
    const double one =
        array ? simdit::array_layer_cycles(placed.layer, *array_tile, m, placed.fusion)
              : simdit::simd_layer_cost(placed.layer, *simd_tile, m, simdit::output_bits(placed, m), placed.fusion)
                    .cycles();
    tile.cycles.push_back(count * one);
  }
  if (objectives_.needs_prices()) {
    tile.work = simdit::work_of(placed.layer, *simdit::item_cost(placed, first), first, count);
  }
  return &tile;
}

bool SimditTable::sum_layers(Unit& unit, std::size_t row, std::string& reason) {
  unit.sums.assign(unit.column_of_setting.size(), 0.0);
  for (Layer& layer : unit.layers) {
    const Tile* tile = tile_of(unit, layer, row);
    if (tile == nullptr) {
      reason = fmt::format("layer '{}' has no tile", layer.item.layer.layer.name);
      return false;
    }
    for (std::size_t setting = 0; setting < tile->cycles.size(); ++setting) unit.sums[setting] += tile->cycles[setting];
    if (objectives_.needs_prices()) work_ += tile->work;
  }
  return true;
}

/// Energy is linear in the cycles: the price of a million cycles more, by million. Ports take no area.
void SimditTable::price(std::size_t row) {
  constexpr std::int64_t kCycles = 1'000'000;
  const config::Machine machine = simdit_machine(*space_, values_at(point(row, 0)));
  const auto energy_pj = [&](std::int64_t cycles) {
    Work work = work_;
    work.events.cycles = cycles;
    return estimated_energy(work, machine).total().value;
  };
  row_pj_ = energy_pj(0);
  row_mm2_ = area_mm2(machine);
  cycle_pj_ = (energy_pj(kCycles) - row_pj_) / static_cast<double>(kCycles);
}

Evaluated SimditTable::evaluated(std::size_t column) const {
  return objectives_.judge({cycles_[column], row_pj_ + cycle_pj_ * cycles_[column], row_mm2_});
}

const std::vector<double>& SimditTable::costs(std::size_t row, std::string& reason) {
  costs_.clear();
  work_ = {};
  if (const auto guard = simdit::violated_guard(machine(row, 0))) {
    reason = simdit::guard_name(*guard);
    return costs_;
  }
  if (!sum_layers(array_, row, reason) || !sum_layers(simd_, row, reason)) return costs_;
  if (objectives_.needs_prices()) price(row);
  cycles_.resize(columns_.size());
  for (std::size_t column = 0; column < columns_.size(); ++column) {
    cycles_[column] = array_.sums[array_.setting_of_column[column]] + simd_.sums[simd_.setting_of_column[column]];
  }
  if (!objectives_.needs_prices()) return costs_ = cycles_;
  for (std::size_t column = 0; column < columns_.size(); ++column) costs_.push_back(evaluated(column).cost);
  return costs_;
}

std::vector<std::int64_t> SimditTable::values_at(const Point& point) const {
  std::vector<std::int64_t> values;
  for (std::size_t axis = 0; axis < point.size(); ++axis) values.push_back(space().value(point, axis));
  return values;
}

Point SimditTable::point(std::size_t row, std::size_t column) const {
  Point point = rows_[row];
  for (const Field& field : ports_) point[field.axis] = columns_[column][field.axis];
  return point;
}

}  // namespace systole
