#include "explore/corrected_cost.h"

#include <iterator>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "kernels/network_sweep.h"
#include "kernels/plan/machine_config.h"
#include "models/analytical/systole/analysis.h"
#include "models/analytical/systole/known_blocks.h"
#include "models/analytical/systole/sweep.h"
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

/// What threads know of blocks, by what their machines have in common, for as long as a thread has such machines.
class SharedBlocks {
 public:
  std::shared_ptr<analytical::KnownBlocks> of(const std::string& fixed, const config::Machine& machine) {
    const std::lock_guard lock(mutex_);
    std::shared_ptr<analytical::KnownBlocks> blocks = blocks_[fixed].lock();
    if (blocks && !blocks->full()) return blocks;
    for (auto known = blocks_.begin(); known != blocks_.end();) {
      known = known->second.expired() ? blocks_.erase(known) : std::next(known);
    }
    blocks = std::make_shared<analytical::KnownBlocks>(machine);
    blocks_[fixed] = blocks;
    return blocks;
  }

 private:
  std::mutex mutex_;
  std::map<std::string, std::weak_ptr<analytical::KnownBlocks>> blocks_;
};

/// The costs of machines one after the other, for one thread.
class Evaluator {
 public:
  Evaluator(const std::vector<CorrectedWorkload>& workloads, bool with_energy, SharedBlocks& shared)
      : workloads_(workloads), with_energy_(with_energy), shared_(shared) {}

  Measures measure(const config::Machine& machine) {
    std::string fixed = kept_fixed(machine);
    if (fixed != fixed_) {
      sweeps_.clear();
      blocks_.reset();
      fixed_ = std::move(fixed);
    }
    if (!blocks_ || blocks_->full()) {
      blocks_ = shared_.of(fixed_, machine);
      for (const std::unique_ptr<Pair>& pair : sweeps_) {
        if (pair) pair->timing = analytical::Sweep(blocks_);
      }
    }
    sweeps_.resize(workloads_.size());
    Measures sum;
    for (std::size_t w = 0; w < workloads_.size(); ++w) {
      const CorrectedWorkload& workload = workloads_[w];
      const Measures one = can_sweep(workload) ? swept(workload, machine, sweeps_[w]) : compiled(workload, machine);
      sum.cycles += workload.weight * one.cycles;
      sum.energy_pj += workload.weight * one.energy_pj;
    }
    return sum;
  }

 private:
  struct Pair {
    NetworkSweep network;
    analytical::Sweep timing;
  };

  Measures swept(const CorrectedWorkload& workload, const config::Machine& machine, std::unique_ptr<Pair>& pair) const {
    const Machine limits = machine_of(machine);
    if (!pair) {
      pair = std::make_unique<Pair>(
          Pair{NetworkSweep(workload.graph, workload.options, limits), analytical::Sweep(blocks_)});
    }
    pair->timing.begin(machine.ports());
    for (const NetworkSweep::Part* part : pair->network.compile(limits)) {
      pair->timing.add(part->form, part->block, part->addresses);
    }
    const std::int64_t cycles = pair->timing.cycles(pair->network.instruction_address(pair->timing.words()));
    Measures result{static_cast<double>(cycles)};
    if (!with_energy_) return result;
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
  bool with_energy_;
  SharedBlocks& shared_;
  std::string fixed_;
  std::shared_ptr<analytical::KnownBlocks> blocks_;
  std::vector<std::unique_ptr<Pair>> sweeps_;  ///< by workload
};

/// Evaluators that no thread uses at the moment.
class Pool {
 public:
  explicit Pool(const std::vector<CorrectedWorkload>& workloads, bool with_energy)
      : workloads_(workloads), with_energy_(with_energy) {}

  std::unique_ptr<Evaluator> take() {
    const std::lock_guard lock(mutex_);
    if (free_.empty()) return std::make_unique<Evaluator>(workloads_, with_energy_, shared_);
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
  bool with_energy_;
  SharedBlocks shared_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<Evaluator>> free_;
};

}  // namespace

Measures corrected_measures(const isa::Program& program, const config::Machine& machine) {
  const analytical::Analysis analysis = analytical::analyze(program, machine);
  return {static_cast<double>(analysis.run.cycles.count()), estimated_energy(analysis.work, machine).total().value};
}

PointCost corrected_cost(const LoadedSpace& space, const std::vector<CorrectedWorkload>& workloads, bool with_energy) {
  const Objectives objectives = objectives_of(space);
  return [&space, objectives, pool = std::make_shared<Pool>(workloads, with_energy || objectives.needs_energy())](
             const std::vector<std::int64_t>& values, std::string& reason) -> std::optional<Evaluated> {
    std::unique_ptr<Evaluator> evaluator = pool->take();
    std::optional<Evaluated> found;
    try {
      found = objectives.judge(evaluator->measure(machine_with(space, values)));
    } catch (const UserError& error) {
      reason = error.diagnostics().front().message;
    }
    pool->give_back(std::move(evaluator));
    return found;
  };
}

}  // namespace systole
