#include "models/cycle/cycle_end.h"

#include <algorithm>
#include <utility>

namespace systole {

CycleEnd::CycleEnd(const sc_core::sc_module_name& name) : sc_module(name) {
  SC_HAS_PROCESS(CycleEnd);
  SC_METHOD(decide);
  sensitive << next_delta_;
  dont_initialize();
}

std::size_t CycleEnd::add(Stage stage, Decision decide) {
  entries_.push_back({stage, std::move(decide)});
  return entries_.size() - 1;
}

void CycleEnd::ask(std::size_t decision) {
  entries_[decision].asked = true;
  next_delta_.notify(sc_core::SC_ZERO_TIME);
}

void CycleEnd::decide() {
  if (sc_core::sc_pending_activity_at_current_time()) {
    next_delta_.notify(sc_core::SC_ZERO_TIME);
    return;
  }
  const Entry* first = nullptr;
  for (const Entry& entry : entries_) {
    if (entry.asked && (first == nullptr || entry.stage < first->stage)) first = &entry;
  }
  if (first == nullptr) return;
  const Stage stage = first->stage;
  for (Entry& entry : entries_) {
    if (entry.asked && entry.stage == stage) {
      entry.asked = false;
      entry.decide();
    }
  }
  if (std::any_of(entries_.begin(), entries_.end(), [](const Entry& entry) { return entry.asked; })) {
    next_delta_.notify(sc_core::SC_ZERO_TIME);
  }
}

}  // namespace systole
