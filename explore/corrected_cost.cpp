#include "explore/corrected_cost.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "kernels/known_layers.h"
#include "kernels/network_sweep.h"
#include "kernels/plan/machine_config.h"
#include "models/analytical/systole/analysis.h"
#include "models/analytical/systole/known_blocks.h"
#include "models/analytical/systole/sweep.h"
#include "models/energy/area.h"
#include "models/energy/estimate.h"

namespace systole {

namespace {

/// What machines must have in common for one sweep to serve them.
std::string kept_fixed(config::Machine machine) {
  config::Buffers& buffers = *machine.mutable_buffers();
  buffers.set_wbuf_bits(0);
  buffers.set_ibuf_bits(0);
  buffers.set_obuf_bits(0);
  buffers.set_bbuf_bits(0);
  buffers.set_vmem_bits(0);
  config::Ports& ports = *machine.mutable_ports();
  ports.set_parambuf(0);
  ports.set_ibuf(0);
  ports.set_obuf(0);
  ports.set_simd(0);
  return machine.SerializeAsString();
}

bool can_sweep(const CorrectedWorkload& workload) {
  return !workload.options.fusion && workload.options.tiling == TilingRule::simdit;
}

/// What is known of a network on machines that one sweep serves.
struct KnownNetwork {
  KnownNetwork(const CorrectedWorkload& workload, const config::Machine& machine)
      : layers(workload.graph, workload.options, machine_of(machine)), blocks(machine) {}
  KnownLayers layers;
  analytical::KnownBlocks blocks;
};

/// Of all workloads; for any number of threads.
class KnownNetworks {
 public:
  explicit KnownNetworks(const std::vector<CorrectedWorkload>& workloads)
      : workloads_(workloads), networks_(workloads.size()) {}

  KnownNetwork& of(std::size_t workload, const config::Machine& machine) {
    const std::lock_guard lock(mutex_);
    std::unique_ptr<KnownNetwork>& network = networks_[workload];
    if (!network) network = std::make_unique<KnownNetwork>(workloads_[workload], machine);
    return *network;
  }

  /// It is time to begin anew.
  [[nodiscard]] bool full() const {
    const std::lock_guard lock(mutex_);
    return std::any_of(networks_.begin(), networks_.end(), [](const std::unique_ptr<KnownNetwork>& network) {
      return network && (network->layers.full() || network->blocks.full());
    });
  }

 private:
  const std::vector<CorrectedWorkload>& workloads_;
  mutable std::mutex mutex_;
  std::vector<std::unique_ptr<KnownNetwork>> networks_;
};

/// The same by what machines have in common, for as long as a thread has such machines.
class SharedNetworks {
 public:
  explicit SharedNetworks(const std::vector<CorrectedWorkload>& workloads) : workloads_(workloads) {}

  std::shared_ptr<KnownNetworks> of(const std::string& fixed) {
    const std::lock_guard lock(mutex_);
    std::shared_ptr<KnownNetworks> networks = networks_[fixed].lock();
    if (networks && !networks->full()) return networks;
    for (auto known = networks_.begin(); known != networks_.end();) {
      known = known->second.expired() ? networks_.erase(known) : std::next(known);
    }
    networks = std::make_shared<KnownNetworks>(workloads_);
    networks_[fixed] = networks;
    return networks;
  }

 private:
  const std::vector<CorrectedWorkload>& workloads_;
  std::mutex mutex_;
  std::map<std::string, std::weak_ptr<KnownNetworks>> networks_;
};

/// The costs of machines one after the other, for one thread.
class Evaluator {
 public:
  Evaluator(const std::vector<CorrectedWorkload>& workloads, SharedNetworks& shared)
      : workloads_(workloads), shared_(shared) {}

  Measures measure(const config::Machine& machine, bool with_prices) {
    std::string fixed = kept_fixed(machine);
    if (!networks_ || fixed != fixed_ || networks_->full()) {
      sweeps_.clear();
      sweeps_.resize(workloads_.size());
      networks_ = shared_.of(fixed);
      fixed_ = std::move(fixed);
    }
    Measures sum;
    for (std::size_t w = 0; w < workloads_.size(); ++w) {
      const CorrectedWorkload& workload = workloads_[w];
      const Measures one = can_sweep(workload) ? swept(w, machine, with_prices) : compiled(workload, machine);
      sum.cycles += workload.weight * one.cycles;
      sum.energy_pj += workload.weight * one.energy_pj;
    }
    if (with_prices) sum.area_mm2 = area_mm2(machine);
    return sum;
  }

 private:
  struct Pair {
    explicit Pair(KnownNetwork& known) : network(known.layers), timing(known.blocks) {}
    NetworkSweep network;
    analytical::Sweep timing;
  };

  Measures swept(std::size_t workload, const config::Machine& machine, bool with_prices) {
    std::unique_ptr<Pair>& pair = sweeps_[workload];
    if (!pair) pair = std::make_unique<Pair>(networks_->of(workload, machine));
    pair->timing.begin(machine.ports());
    for (const NetworkSweep::Part& part : pair->network.compile(machine_of(machine))) {
      pair->timing.add(part.form, *part.block, part.addresses);
    }
    const std::int64_t cycles = pair->timing.cycles(pair->network.instruction_address(pair->timing.words()));
    Measures result{static_cast<double>(cycles)};
    if (!with_prices) return result;
    Work work = pair->timing.work();
    work.events.cycles = cycles;
    result.energy_pj = estimated_energy(work, machine).total().value;
    return result;
  }

  Measures compiled(const CorrectedWorkload& workload, const config::Machine& machine) const {
    const isa::Program program = compile(workload.graph, machine_of(machine), workload.options);
    return corrected_measures(program, machine);
  }

  const std::vector<CorrectedWorkload>& workloads_;
  SharedNetworks& shared_;
  std::string fixed_;
  std::shared_ptr<KnownNetworks> networks_;
  std::vector<std::unique_ptr<Pair>> sweeps_;  ///< by workload
};

/// Evaluators that no thread uses at the moment.
class Pool {
 public:
  explicit Pool(const std::vector<CorrectedWorkload>& workloads) : workloads_(workloads), shared_(workloads) {}

  std::unique_ptr<Evaluator> take() {
    const std::lock_guard lock(mutex_);
    if (free_.empty()) return std::make_unique<Evaluator>(workloads_, shared_);
    std::unique_ptr<Evaluator> taken = std::move(free_.back());
    free_.pop_back();
    return taken;
  }

  void give_back(std::unique_ptr<Evaluator> evaluator) {
    const std::lock_guard lock(mutex_);
    free_.push_back(std::move(evaluator));
  }

 private:
  const std::vector<CorrectedWorkload>& workloads_;
  SharedNetworks shared_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<Evaluator>> free_;
};

}  // namespace

Measures corrected_measures(const isa::Program& program, const config::Machine& machine) {
  const analytical::Analysis analysis = analytical::analyze(program, machine);
  return {static_cast<double>(analysis.run.cycles.count()), estimated_energy(analysis.work, machine).total().value,
          area_mm2(machine)};
}

CorrectedCosts corrected_costs(const LoadedSpace& space, const std::vector<CorrectedWorkload>& workloads) {
  const Objectives objectives = objectives_of(space);
  const auto pool = std::make_shared<Pool>(workloads);
  const auto cost = [&](bool with_prices) -> PointCost {
    return [&space, objectives, pool, with_prices](const std::vector<std::int64_t>& values,
                                                   std::string& reason) -> std::optional<Evaluated> {
      std::unique_ptr<Evaluator> evaluator = pool->take();
      std::optional<Evaluated> found;
      try {
        found = objectives.judge(evaluator->measure(machine_with(space, values), with_prices));
      } catch (const UserError& error) {
        reason = error.diagnostics().front().message;
      }
      pool->give_back(std::move(evaluator));
      return found;
    };
  };
  return {cost(objectives.needs_prices()), cost(true)};
}

}  // namespace systole
