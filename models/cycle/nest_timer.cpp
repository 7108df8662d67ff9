#include "models/cycle/nest_timer.h"

#include <algorithm>
#include <numeric>

namespace systole {

namespace {

/// Stride of a written region in this loop; all its operands have the same where it is asked for.
std::int64_t stride_of(const TimedNest& nest, int region, std::size_t loop) {
  for (const TimedInstruction& instruction : nest.body) {
    if (instruction.write.region == region) return instruction.write.stride[loop];
  }
  return 0;
}

bool same_port(const TimedOperand& a, const TimedOperand& b) {
  return a.memory != kManyPorts && a.memory == b.memory;
}

bool same_word(const TimedOperand& a, const TimedOperand& b) {
  return a.region == b.region && a.address == b.address;
}

}  // namespace

std::array<std::int64_t, kMemories> read_conflicts(const TimedInstruction& instruction) {
  std::array<std::int64_t, kMemories> conflicts{};
  for (int i = 1; i < instruction.reads; ++i) {
    bool port_taken = false;
    bool already_read = false;
    for (int j = 0; j < i; ++j) {
      port_taken = port_taken || same_port(instruction.read[i], instruction.read[j]);
      already_read = already_read || same_word(instruction.read[i], instruction.read[j]);
    }
    if (port_taken && !already_read) ++conflicts[static_cast<std::size_t>(instruction.read[i].memory)];
  }
  return conflicts;
}

std::int64_t NestTime::conflicts() const {
  return std::accumulate(conflict.begin(), conflict.end(), std::int64_t{0});
}

void NestTime::repeat_since(const NestTime& before, std::int64_t times) {
  busy += times * (busy - before.busy);
  hazard += times * (hazard - before.hazard);
  for (std::size_t memory = 0; memory < conflict.size(); ++memory) {
    conflict[memory] += times * (conflict[memory] - before.conflict[memory]);
  }
}

void NestTimer::reset() {
  now_ = 0;
  pending_.clear();
}

NestTime NestTimer::run(const TimedNest& nest) {
  nest_ = nest;
  time_ = {};
  not_first_ = 0;
  first_matters_ = 0;
  for (const TimedInstruction& instruction : nest_.body) first_matters_ |= instruction.first_without_reads;
  find_uniform_loops();
  sweep(0);
  return time_;
}

NestTime NestTimer::run(const TimedNest& nest, const Visit& visit) {
  visit_ = &visit;
  const NestTime time = run(nest);
  visit_ = nullptr;
  return time;
}

void NestTimer::sweep(std::size_t loop) {
  if (loop == nest_.trips.size()) {
    for (std::size_t number = 0; number < nest_.body.size(); ++number) issue(number);
    return;
  }
  const std::uint32_t bit = 1U << loop;
  const std::int64_t trips = nest_.trips[loop];
  const std::int64_t steady_from = (first_matters_ & bit) != 0 ? 1 : 0;
  for (std::int64_t i = 0; i < trips; ++i) {
    if (i > 0) not_first_ |= bit;
    last_ = i + 1 == trips ? last_ | bit : last_ & ~bit;
    const bool may_repeat = visit_ == nullptr && uniform_[loop] != 0 && i >= steady_from && i + 1 < trips;
    const Snapshot before = may_repeat ? snapshot() : Snapshot{};
    sweep(loop + 1);
    if (may_repeat && steady(before, loop)) {
      repeat(before, loop, trips - 1 - i);
      move(loop, trips - i);
      break;
    }
    move(loop, 1);
  }
  not_first_ &= ~bit;
  move(loop, -trips);
}

void NestTimer::issue(std::size_t number) {
  TimedInstruction& instruction = nest_.body[number];
  const std::uint32_t mask = instruction.first_without_reads;
  const bool reads = mask == 0 || (not_first_ & mask) != 0;
  std::int64_t start = now_;
  for (int i = 0; reads && i < instruction.reads; ++i) start = std::max(start, ready_at(instruction.read[i]));
  time_.hazard += start - now_;
  time_.busy += instruction.occupancy;
  const std::int64_t conflicts_before = time_.conflicts();
  if (reads && instruction.reads > 1) {
    const auto late = read_conflicts(instruction);
    for (std::size_t memory = 0; memory < late.size(); ++memory) time_.conflict[memory] += late[memory];
  }
  const std::int64_t issued = start + time_.conflicts() - conflicts_before;
  now_ = issued + instruction.occupancy;
  if (visit_ != nullptr) (*visit_)({number, instruction, last_, issued, now_});
  forget_written();
  if (issued + instruction.result_delay > now_) {
    pending_.push_back({instruction.write.region, instruction.write.address, issued + instruction.result_delay});
  }
}

void NestTimer::move(std::size_t loop, std::int64_t iterations) {
  for (TimedInstruction& instruction : nest_.body) {
    for (int i = 0; i < instruction.reads; ++i) {
      instruction.read[i].address += iterations * instruction.read[i].stride[loop];
    }
    instruction.write.address += iterations * instruction.write.stride[loop];
  }
}

NestTimer::Snapshot NestTimer::snapshot() const {
  return {now_, time_, pending_};
}

bool NestTimer::steady(const Snapshot& before, std::size_t loop) const {
  if (before.pending.size() != pending_.size()) return false;
  for (std::size_t i = 0; i < pending_.size(); ++i) {
    const Pending& a = before.pending[i];
    const Pending& b = pending_[i];
    const std::int64_t moved = stride_of(nest_, b.region, loop);
    const bool same = a.region == b.region && a.address + moved == b.address && a.ready - before.now == b.ready - now_;
    if (!same) return false;
  }
  return true;
}

void NestTimer::repeat(const Snapshot& before, std::size_t loop, std::int64_t times) {
  const std::int64_t cycles = times * (now_ - before.now);
  time_.repeat_since(before.time, times);
  now_ += cycles;
  for (Pending& word : pending_) {
    word.ready += cycles;
    word.address += times * stride_of(nest_, word.region, loop);
  }
}

void NestTimer::find_uniform_loops() {
  uniform_.assign(nest_.trips.size(), 0);
  for (std::size_t loop = 0; loop < uniform_.size(); ++loop) uniform_[loop] = moves_alike(loop) ? 1 : 0;
}

/// Two operands meet when one is written and read, or when they share a read port; then they must move by the same
/// stride.
bool NestTimer::moves_alike(std::size_t loop) const {
  for (const TimedInstruction& a : nest_.body) {
    for (const TimedInstruction& b : nest_.body) {
      if (a.write.region == b.write.region && a.write.stride[loop] != b.write.stride[loop]) return false;
      for (int i = 0; i < b.reads; ++i) {
        if (a.write.region == b.read[i].region && a.write.stride[loop] != b.read[i].stride[loop]) return false;
      }
    }
    for (int i = 1; i < a.reads; ++i) {
      for (int j = 0; j < i; ++j) {
        const bool meet = a.read[i].region == a.read[j].region && same_port(a.read[i], a.read[j]);
        if (meet && a.read[i].stride[loop] != a.read[j].stride[loop]) return false;
      }
    }
  }
  return true;
}

std::int64_t NestTimer::ready_at(const TimedOperand& operand) const {
  for (auto word = pending_.rbegin(); word != pending_.rend(); ++word) {
    if (word->region == operand.region && word->address == operand.address) return word->ready;
  }
  return 0;
}

void NestTimer::forget_written() {
  const auto unwritten = [this](const Pending& word) { return word.ready > now_; };
  pending_.erase(pending_.begin(), std::find_if(pending_.begin(), pending_.end(), unwritten));
}

}  // namespace systole
