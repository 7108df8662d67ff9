#include "explore/simdit_table.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "configs/resolver.h"
#include "explore/simdit_cost.h"
#include "kernels/graph/passes/fold_affine.h"
#include "kernels/graph/passes/remove_dead.h"
#include "kernels/onnx/import.h"
#include "models/analytical/simdit/from_graph.h"
#include "models/analytical/simdit/from_machine.h"
#include "models/energy/area.h"

namespace systole {
namespace {

std::vector<simdit::Layer> resnet50() {
  Diagnostics diagnostics;
  Graph graph = import_onnx(find_config(kNetworks, "resnet50", "", {}, diagnostics));
  fold_bias(graph);
  fold_batch_norm(graph);
  remove_dead(graph);
  return simdit::program_of(graph).layers;
}

struct Extremes {
  double points = 0;
  double best = 1e300;
  double worst = 0;
};

Extremes search(SimditTable& table) {
  Extremes found;
  std::string reason;
  for (std::size_t row = 0; row < table.rows(); ++row) {
    const std::vector<double>& costs = table.costs(row, reason);
    if (costs.empty()) continue;
    found.points += static_cast<double>(costs.size());
    const auto [low, high] = std::minmax_element(costs.begin(), costs.end());
    found.best = std::min(found.best, *low);
    found.worst = std::max(found.worst, *high);
  }
  return found;
}

SimditTable table_of(const LoadedSpace& space) {
  return SimditTable::make(space, {{simdit::Sweep(resnet50(), false), 1}}).value();
}

void expect(const char* space_name, double points, double best, double worst) {
  const LoadedSpace space = load_space(space_name);
  SimditTable table = table_of(space);
  const Extremes found = search(table);
  EXPECT_EQ(found.points, points);
  EXPECT_NEAR(found.best, best, 1e-6 * best);
  EXPECT_NEAR(found.worst, worst, 1e-6 * worst);
}

/// What an exhaustive search with the published program gives. Points below the model's own guards do not count.
TEST(SimditTable, FindsTheBestAndTheWorstSplit) {
  expect("splits_128k", 621075, 3635034.85, 14133999.125);
}

TEST(SimditTable, FindsTheBestAndTheWorstOf123MillionSplits) {
  expect("splits_64k", 123185475, 3622669.59, 27998978.125);
}

/// The published 18 times: the worst allocation that spends more than half of both budgets against the best.
TEST(SimditTable, AllocationsDifferBy18Times) {
  expect("powers_of_two", 255425, 6033020.00, 111214166.125);
}

/// The table's entries are the model's costs.
TEST(SimditTable, AgreesWithTheModelPointByPoint) {
  const LoadedSpace space = load_space("splits_128k");
  SimditTable table = table_of(space);
  const std::vector<simdit::Layer> program = resnet50();
  const simdit::Sweep sweep(program, false);
  std::mt19937 random(3);
  std::string reason;
  for (int i = 0; i < 200; ++i) {
    const std::size_t row = random() % table.rows();
    const std::size_t column = random() % table.columns();
    const double cost = table.costs(row, reason).at(column);
    const simdit::Machine machine = simdit::machine_of(machine_at(space, table.point(row, column)));
    double sum = 0;
    for (const simdit::Cost& layer : simdit::network_cost(program, machine, false)) sum += layer.cycles();
    EXPECT_NEAR(cost, sum, 1e-9 * sum);
    EXPECT_NEAR(sweep.cycles(machine).value(), sum, 1e-9 * sum);
  }
}

/// Energy, energy-delay and area of the table are those of machines one by one, too.
TEST(SimditTable, PricesEveryPointAsTheModelAloneDoes) {
  LoadedSpace space = load_space("splits_128k");
  space.space.add_objective(config::energy_delay);
  space.space.add_objective(config::area);
  SimditTable table = table_of(space);
  const std::vector<SimditWorkload> workloads{{simdit::Sweep(resnet50(), false), 1}};
  const PointCost alone = simdit_cost(space, workloads, false);
  std::mt19937 random(5);
  std::string reason;
  for (int i = 0; i < 20; ++i) {
    const std::size_t row = random() % table.rows();
    const std::size_t column = random() % table.columns();
    const Point point = table.point(row, column);
    std::vector<std::int64_t> values;
    for (std::size_t axis = 0; axis < point.size(); ++axis) values.push_back(space.design.value(point, axis));
    const double cost = table.costs(row, reason).at(column);
    const Evaluated one = alone(values, reason).value();
    EXPECT_GT(one.measures.energy_pj, 1e10);
    EXPECT_NEAR(cost, one.cost, 1e-6 * cost);
    EXPECT_NEAR(table.evaluated(column).measures.energy_pj, one.measures.energy_pj, 1e-6 * one.measures.energy_pj);
    EXPECT_EQ(table.evaluated(column).measures.area_mm2, one.measures.area_mm2);
    EXPECT_EQ(one.measures.area_mm2, area_mm2(machine_at(space, point)));
  }
}

}  // namespace
}  // namespace systole
