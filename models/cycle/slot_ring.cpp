#include "models/cycle/slot_ring.h"

#include <algorithm>
#include <limits>

#include "base/errors.h"

namespace systole {

namespace {
constexpr std::int64_t kUnlimited = std::numeric_limits<std::int64_t>::max();
}

void SlotRing::reset(int depth, std::vector<Stage> stages) {
  check(depth > 0 && !stages.empty(), "slot_ring", "a ring needs a slot and a stage");
  depth_ = depth;
  stages_ = std::move(stages);
  last_step_ = stages_.back().step;
  passed_.assign(stages_.size(), 0);
  pass_idle_stages();
  if (observer_ != nullptr) tell(*observer_);
}

void SlotRing::reset(int depth, int readers) {
  std::vector<Stage> stages{{0, {}, kUnlimited}};
  for (int reader = 0; reader < readers; ++reader) stages.push_back({1, {}, kUnlimited});
  reset(depth, std::move(stages));
}

bool SlotRing::ready(int stage) const {
  const auto& self = stages_[static_cast<std::size_t>(stage)];
  const std::int64_t generation = passed(stage);
  if (generation >= self.generations) return false;
  if (self.step > 0) return generation < slowest(self.step - 1);
  return generation < slowest(last_step_) + depth_;
}

void SlotRing::pass(int stage) {
  check(ready(stage), "slot_ring", [&] { return "stage " + std::to_string(stage) + " is not ready: " + to_string(); });
  ++passed_[static_cast<std::size_t>(stage)];
  pass_idle_stages();
  if (observer_ != nullptr) tell(*observer_);
  changed_.notify(sc_core::SC_ZERO_TIME);
}

void SlotRing::pass_idle_stages() {
  for (bool moved = true; moved;) {
    moved = false;
    for (std::size_t stage = 0; stage < stages_.size(); ++stage) {
      while (idle(stage) && ready(static_cast<int>(stage))) {
        ++passed_[stage];
        moved = true;
      }
    }
  }
}

bool SlotRing::idle(std::size_t stage) const {
  const auto& active = stages_[stage].active;
  const auto generation = static_cast<std::size_t>(passed_[stage]);
  return generation < active.size() && active[generation] == 0;
}

std::int64_t SlotRing::slowest(int step) const {
  std::int64_t least = kUnlimited;
  for (std::size_t stage = 0; stage < stages_.size(); ++stage) {
    if (stages_[stage].step == step) least = std::min(least, passed_[stage]);
  }
  return least;
}

void SlotRing::watch(RunObserver* observer, const AcceleratorClock& clock, int index) {
  observer_ = observer;
  clock_ = &clock;
  index_ = index;
}

/// Filled: the step before the last has passed it, a stage of the last has not.
void SlotRing::tell(RunObserver& observer) const {
  observer.level({Level::slots_filled, index_, clock_->now(), slowest(last_step_ - 1) - slowest(last_step_)});
}

std::string SlotRing::to_string() const {
  std::string text = "depth " + std::to_string(depth_) + ", passed";
  for (const std::int64_t passed : passed_) text += " " + std::to_string(passed);
  return text;
}

}  // namespace systole
