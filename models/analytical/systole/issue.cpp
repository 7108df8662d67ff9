#include "models/analytical/systole/issue.h"

#include <algorithm>

namespace systole::analytical {

namespace {

/// Words beyond one that the instruction takes from each memory.
std::int64_t conflicts(const Instruction& instruction) {
  std::int64_t late = 0;
  for (int i = 1; i < instruction.reads; ++i) {
    const Operand& a = instruction.read[static_cast<std::size_t>(i)];
    bool same_memory = false;
    bool same_word = false;
    for (int j = 0; j < i; ++j) {
      const Operand& b = instruction.read[static_cast<std::size_t>(j)];
      same_memory = same_memory || a.space == b.space;
      same_word = same_word || (a.region == b.region && a.address == b.address && a.stride == b.stride);
    }
    if (a.space != kFreePorts && same_memory && !same_word) ++late;
  }
  return late;
}

IssueTime difference(const IssueTime& a, const IssueTime& b) {
  return {a.busy - b.busy, a.hazard - b.hazard, a.conflict - b.conflict};
}

bool operator==(const IssueTime& a, const IssueTime& b) {
  return a.busy == b.busy && a.hazard == b.hazard && a.conflict == b.conflict;
}

}  // namespace

IssueTime IssueModel::run(const std::vector<std::int64_t>& trips, const std::vector<Instruction>& body) {
  trips_ = &trips;
  body_ = body;
  conflicts_.clear();
  for (const Instruction& instruction : body_) conflicts_.push_back(conflicts(instruction));
  longest_delay_ = 0;
  for (const Instruction& instruction : body_) {
    longest_delay_ = std::max(longest_delay_, static_cast<double>(instruction.delay));
  }
  beyond_first_ = 0;
  time_ = {};
  sweep(0);
  for (Write& write : pending_) write.instruction = body_.size();
  return time_;
}

void IssueModel::sweep(std::size_t loop) {
  if (loop == trips_->size()) {
    for (std::size_t i = 0; i < body_.size(); ++i) issue(i);
    return;
  }
  const std::uint32_t bit = 1U << loop;
  const std::int64_t trips = (*trips_)[loop];
  const double begin = now_;
  IssueTime before;
  for (std::int64_t i = 0; i < trips; ++i) {
    const IssueTime start = time_;
    sweep(loop + 1);
    const IssueTime one = difference(time_, start);
    // From then on every word that is still to be written comes from iterations like this one.
    const bool steady = i > 1 && one == before && now_ - begin >= longest_delay_;
    before = one;
    beyond_first_ |= bit;
    move(loop, 1);
    if (!steady) continue;
    skip(loop, trips - i - 1, one);
    break;
  }
  beyond_first_ &= ~bit;
  move(loop, -trips);
}

void IssueModel::issue(std::size_t index) {
  const Instruction& instruction = body_[index];
  const std::uint32_t mask = instruction.no_reads_while_first;
  const bool reads = mask == 0 || (beyond_first_ & mask) != 0;
  double start = now_;
  for (int i = 0; reads && i < instruction.reads; ++i) {
    start = std::max(start, when_ready(instruction.read[static_cast<std::size_t>(i)]));
  }
  const double late = reads ? static_cast<double>(conflicts_[index]) : 0;
  time_.hazard += start - now_;
  time_.conflict += late;
  time_.busy += static_cast<double>(instruction.latency);
  start += late;
  now_ = start + static_cast<double>(instruction.latency);
  pending_.erase(
      std::remove_if(pending_.begin(), pending_.end(), [this](const Write& write) { return write.ready <= now_; }),
      pending_.end());
  const double ready = start + static_cast<double>(instruction.delay);
  if (ready > now_) pending_.push_back({instruction.write.region, instruction.write.address, ready, index});
}

double IssueModel::when_ready(const Operand& operand) const {
  for (auto write = pending_.rbegin(); write != pending_.rend(); ++write) {
    if (write->region == operand.region && write->address == operand.address) return write->ready;
  }
  return 0;
}

void IssueModel::move(std::size_t loop, std::int64_t iterations) {
  for (Instruction& instruction : body_) {
    for (int i = 0; i < instruction.reads; ++i) {
      Operand& read = instruction.read[static_cast<std::size_t>(i)];
      read.address += iterations * read.stride[loop];
    }
    instruction.write.address += iterations * instruction.write.stride[loop];
  }
}

/// Further iterations like the one that took `one`: the words that are still to be written move with the loop.
void IssueModel::skip(std::size_t loop, std::int64_t iterations, const IssueTime& one) {
  const auto times = static_cast<double>(iterations);
  time_.busy += times * one.busy;
  time_.hazard += times * one.hazard;
  time_.conflict += times * one.conflict;
  now_ += times * one.total();
  for (Write& write : pending_) {
    write.ready += times * one.total();
    if (write.instruction < body_.size()) write.address += iterations * body_[write.instruction].write.stride[loop];
  }
  move(loop, iterations);
}

}  // namespace systole::analytical
