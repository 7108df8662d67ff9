#include "explore/corrected_cost.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <thread>
#include <utility>

#include "configs/resolver.h"
#include "kernels/onnx/import.h"
#include "kernels/plan/machine_config.h"
#include "models/analytical/systole/analysis.h"

// A search gets the numbers that `systole analyze` prints, for whatever machines come one after the other.
namespace systole {

namespace {

LoadedSpace space_with(const std::string& memory) {
  LoadedSpace space = load_space("splits_64k");
  MachineRequest request;
  request.hardware = "inference_64x64";
  request.memory = memory;
  Diagnostics diagnostics;
  const config::Machine machine = load_machine(request, diagnostics).message;
  diagnostics.throw_if_any();
  space.machine.set_memory(machine.memory());
  *space.machine.mutable_memory_description() = machine.memory_description();
  return space;
}

std::vector<CorrectedWorkload> workload(const std::string& network, bool fusion) {
  Diagnostics diagnostics;
  const std::string path = find_config(kNetworks, network, "", {}, diagnostics);
  diagnostics.throw_if_any();
  CompileOptions options;
  options.fusion = fusion;
  options.tiling = TilingRule::simdit;
  std::vector<CorrectedWorkload> workloads;
  workloads.push_back({import_onnx(path, {}), options, 1});
  return workloads;
}

std::optional<double> analyzed(const LoadedSpace& space, const CorrectedWorkload& workload,
                               const std::vector<std::int64_t>& values) {
  try {
    const config::Machine machine = machine_with(space, values);
    const isa::Program program = compile(workload.graph, machine_of(machine), workload.options);
    return static_cast<double>(analytical::analyze(program, machine).run.cycles.count());
  } catch (const UserError&) {
    return std::nullopt;
  }
}

/// Any values of the axes, whatever the budgets say.
std::vector<std::int64_t> random_values(const DesignSpace& design, std::mt19937& random) {
  std::vector<std::int64_t> values;
  for (const SpaceAxis& axis : design.axes()) values.push_back(axis.values[random() % axis.values.size()]);
  return values;
}

void expect_same(const std::string& memory, const std::string& network, bool fusion, int machines) {
  const LoadedSpace space = space_with(memory);
  const std::vector<CorrectedWorkload> workloads = workload(network, fusion);
  const PointCost cost = corrected_costs(space, workloads).cost;
  std::mt19937 random(7);
  std::string reason;
  for (int i = 0; i < machines; ++i) {
    const std::vector<std::int64_t> values = random_values(space.design, random);
    EXPECT_EQ(cost(values, reason), analyzed(space, workloads.front(), values)) << memory << " " << network << " " << i;
  }
}

TEST(CorrectedCost, is_that_of_an_analysis_with_ideal_memory) {
  expect_same("ideal", "resnet50", false, 25);
}

TEST(CorrectedCost, is_that_of_an_analysis_with_a_device) {
  expect_same("ddr4_2400", "resnet50", false, 25);
  expect_same("hbm2", "squeezenet", false, 15);
}

TEST(CorrectedCost, is_that_of_an_analysis_where_a_layer_can_run_in_several_ways) {
  expect_same("ddr4_2400", "mobilenet_v2", false, 10);
  expect_same("ideal", "shufflenet_v2", false, 5);
}

TEST(CorrectedCost, is_that_of_an_analysis_with_fusion) {
  expect_same("ddr4_2400", "squeezenet", true, 5);
}

using CyclesAndEnergy = std::vector<std::pair<double, double>>;

/// Of all machines, asked for from number `first` on and around.
CyclesAndEnergy measures_of(const PointCost& cost, const std::vector<std::vector<std::int64_t>>& machines,
                            std::size_t first) {
  std::string reason;
  CyclesAndEnergy result(machines.size());
  for (std::size_t i = 0; i < machines.size(); ++i) {
    const std::size_t machine = (first + i) % machines.size();
    const Measures measures = cost(machines[machine], reason).value_or(-1).measures;
    result[machine] = {measures.cycles, measures.energy_pj};
  }
  return result;
}

TEST(CorrectedCost, is_the_same_when_threads_share_what_they_know) {
  const std::vector<CorrectedWorkload> workloads = workload("squeezenet", false);
  for (const char* const memory : {"ideal", "ddr4_2400", "hbm2"}) {
    const LoadedSpace space = space_with(memory);
    std::mt19937 random(11);
    std::vector<std::vector<std::int64_t>> machines(30);
    for (std::vector<std::int64_t>& values : machines) values = random_values(space.design, random);
    const CyclesAndEnergy alone = measures_of(corrected_costs(space, workloads).with_prices, machines, 0);
    EXPECT_GT(*std::max_element(alone.begin(), alone.end()), std::make_pair(0.0, 0.0));
    for (const std::size_t threads : {2, 5}) {
      const PointCost together = corrected_costs(space, workloads).with_prices;
      std::vector<CyclesAndEnergy> found(threads);
      std::vector<std::thread> started;
      for (std::size_t t = 0; t < threads; ++t) {
        started.emplace_back([&, t] { found[t] = measures_of(together, machines, 5 * t); });
      }
      for (std::thread& thread : started) thread.join();
      for (const CyclesAndEnergy& measures : found) EXPECT_EQ(measures, alone) << memory << ", " << threads;
    }
  }
}

TEST(CorrectedCost, says_why_a_machine_has_none_and_goes_on) {
  const LoadedSpace space = space_with("ddr4_2400");
  const std::vector<CorrectedWorkload> workloads = workload("squeezenet", false);
  const PointCost cost = corrected_costs(space, workloads).cost;
  std::vector<std::int64_t> values;
  for (const SpaceAxis& axis : space.design.axes()) values.push_back(axis.values.back());
  std::string reason;
  const std::optional<Evaluated> before = cost(values, reason);
  std::vector<std::int64_t> small = values;
  small.at(space.design.axis("buffers.vmem_bits").value()) = 2048;
  EXPECT_FALSE(cost(small, reason));
  EXPECT_NE(reason.find("words of VMEM1, the machine has"), std::string::npos) << reason;
  EXPECT_TRUE(before);
  EXPECT_EQ(cost(values, reason), before);
}

}  // namespace

}  // namespace systole
