// Machines a second of both analytical models: `scripts/bench --models`.
#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <ctime>
#include <functional>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "base/errors.h"
#include "configs/machine.h"
#include "configs/resolver.h"
#include "explore/corrected_cost.h"
#include "explore/simdit_cost.h"
#include "kernels/graph/passes/fold_affine.h"
#include "kernels/graph/passes/remove_dead.h"
#include "kernels/onnx/import.h"
#include "models/analytical/simdit/from_graph.h"

namespace systole {

namespace {

using Machines = std::vector<std::vector<std::int64_t>>;

/// Random machines that meet the budgets of the space, by the values of its axes.
Machines random_machines(const DesignSpace& design, std::size_t count) {
  constexpr std::size_t kMostPoints = 1'000'000;
  std::mt19937 random(1);
  std::vector<std::vector<Point>> points;
  for (std::size_t group = 0; group < design.groups().size(); ++group) {
    points.push_back(design.points_of(group, kMostPoints).value());
  }
  Machines machines(count, std::vector<std::int64_t>(design.axes().size()));
  for (std::vector<std::int64_t>& machine : machines) {
    for (std::size_t group = 0; group < points.size(); ++group) {
      const Point& part = points[group][random() % points[group].size()];
      for (std::size_t place = 0; place < part.size(); ++place) {
        const std::size_t axis = design.groups()[group][place];
        machine[axis] = design.axes()[axis].values[part[place]];
      }
    }
  }
  return machines;
}

/// Costs all machines on so many threads; prints what a second of one core and of the clock on the wall does, and
/// returns the latter. `alone`: what one thread did, 0 when this is that one.
double measure(const std::string& name, const PointCost& cost, const Machines& machines, std::size_t threads,
               double alone) {
  constexpr std::size_t kAtOnce = 16;
  std::vector<double> sums(threads);
  std::atomic<std::size_t> next{0};
  const auto work = [&](std::size_t thread) {
    std::string reason;
    for (std::size_t i = next.fetch_add(kAtOnce); i < machines.size(); i = next.fetch_add(kAtOnce)) {
      const std::size_t end = std::min(i + kAtOnce, machines.size());
      for (std::size_t machine = i; machine < end; ++machine) {
        sums[thread] += cost(machines[machine], reason).value_or(0).cost;
      }
    }
  };
  const auto start = std::chrono::steady_clock::now();
  const std::clock_t cpu = std::clock();
  std::vector<std::thread> others;
  for (std::size_t thread = 1; thread < threads; ++thread) others.emplace_back(work, thread);
  work(0);
  for (std::thread& other : others) other.join();
  const double cpu_seconds = static_cast<double>(std::clock() - cpu) / CLOCKS_PER_SEC;
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  double sum = 0;
  for (const double part : sums) sum += part;
  const auto count = static_cast<double>(machines.size());
  const double rate = count / seconds;
  fmt::print("{:20}{:>9}{:>13.0f}{:>13.0f}{:>13}   mean {:.0f} cycles\n", name, threads, count / cpu_seconds, rate,
             alone > 0 ? fmt::format("{:.2f} times", rate / alone) : "", sum / count);
  return rate;
}

/// On one thread and on two, each with a cost that has seen no machine yet.
void measure(const std::string& name, const std::function<PointCost()>& fresh_cost, const Machines& machines) {
  const double alone = measure(name, fresh_cost(), machines, 1, 0);
  measure(name, fresh_cost(), machines, 2, alone);
}

void run(std::size_t count) {
  LoadedSpace space = load_space("splits_128k");
  Diagnostics diagnostics;
  Graph graph = import_onnx(find_config(kNetworks, "resnet50", "", {}, diagnostics), {});
  diagnostics.throw_if_any();
  fmt::print("{} random machines of {}, ResNet-50, batch 1, greedy tiles, no fusion\n", count, space.space.name());
  fmt::print("{:20}{:>9}{:>13}{:>13}{:>13}\n", "", "threads", "per CPU s", "per s", "of one");

  Graph folded = graph;
  fold_bias(folded);
  fold_batch_norm(folded);
  remove_dead(folded);
  const std::vector<SimditWorkload> published{{simdit::Sweep(simdit::program_of(folded).layers, false), 1}};
  measure(
      "simdit", [&] { return simdit_cost(space, published, false); }, random_machines(space.design, 100 * count));

  CompileOptions options;
  options.fusion = false;
  options.tiling = TilingRule::simdit;
  std::vector<CorrectedWorkload> corrected;
  corrected.push_back({std::move(graph), options, 1});
  const Machines machines = random_machines(space.design, count);
  for (const char* const memory : {"ideal", "ddr4_2400", "hbm2"}) {
    MachineRequest request;
    request.hardware = "inference_64x64";
    request.memory = memory;
    const config::Machine with = load_machine(request, diagnostics).message;
    diagnostics.throw_if_any();
    space.machine.set_memory(with.memory());
    *space.machine.mutable_memory_description() = with.memory_description();
    measure(
        fmt::format("systole, {}", memory), [&] { return corrected_costs(space, corrected).cost; }, machines);
  }
}

}  // namespace

}  // namespace systole

int main(int argc, char** argv) {
  const long count = argc > 1 ? std::atol(argv[1]) : 5000;
  if (argc > 2 || count < 1) {
    fmt::print(stderr, "usage: models_benchmark [MACHINES]\n");
    return 1;
  }
  try {
    systole::run(static_cast<std::size_t>(count));
  } catch (const systole::UserError& error) {
    fmt::print(stderr, "models_benchmark: {}\n", error.what());
    return 1;
  }
  return 0;
}
