#include "models/cycle/accounting.h"

#include <algorithm>

#include "base/errors.h"

namespace systole {

void Activity::charge(UnitTime& time, Cycles cycles) const {
  switch (kind_) {
    case Kind::busy:
      time.busy += cycles;
      return;
    case Kind::idle:
      time.idle += cycles;
      return;
    case Kind::stalled:
      time.stalls[reason_] += cycles;
      return;
  }
}

void Activity::charge(LayerCounters& layer, Cycles cycles) const {
  if (kind_ == Kind::busy) layer.compute += cycles;
  if (kind_ == Kind::stalled) layer.stalls[reason_] += cycles;
}

UnitState Activity::state() const {
  if (kind_ == Kind::idle) return kIdleState;
  return kind_ == Kind::busy ? kBusyState : state_of(reason_);
}

void UnitAccount::rest(Cycles now, Activity activity) {
  charge(resting_, now);
  if (activity.state() != resting_.state()) since_ = charged_until_;
  resting_ = activity;
}

void UnitAccount::spend(Cycles now, Activity activity, Cycles until) {
  charge(resting_, now);
  remember(now, activity, until);
  charge(activity, until);
  since_ = charged_until_;
}

void UnitAccount::remember(Cycles now, Activity activity, Cycles until) {
  if (until <= charged_until_) return;
  if (charged_until_ <= now) ahead_.clear();
  if (!ahead_.empty() && ahead_.back().state == activity.state()) {
    ahead_.back().until = until;
  } else {
    ahead_.push_back({unit_, activity.state(), charged_until_, until});
  }
}

void UnitAccount::introduce(RunObserver& newcomer, Cycles now) const {
  for (const StateSpan& span : ahead_) {
    if (span.until > now) newcomer.state(span);
  }
}

void UnitAccount::serve(Cycles now, LayerCounters* layer) {
  charge(resting_, now);
  layer_ = layer;
}

std::string UnitAccount::to_string() const {
  return resting_.name() + (" since cycle " + std::to_string(since_.count()));
}

const UnitTime& UnitAccount::close(Cycles end) {
  charge(resting_, end);
  check(charged_until_ == end && time_.total() == end, kUnitNames[static_cast<std::size_t>(unit_)], [&] {
    return "cycles up to " + std::to_string(charged_until_.count()) + " are charged and add up to " +
           std::to_string(time_.total().count()) + ", but the run has " + std::to_string(end.count());
  });
  return time_;
}

void UnitAccount::charge(Activity activity, Cycles until) {
  if (until <= charged_until_) return;
  const Cycles cycles = until - charged_until_;
  activity.charge(time_, cycles);
  if (layer_ != nullptr) activity.charge(*layer_, cycles);
  if (observer_ != nullptr) observer_->state({unit_, activity.state(), charged_until_, until});
  charged_until_ = until;
}

int BlockLayers::leader() const {
  if (array >= 0) return array;
  if (!nests.empty()) return nests.front();
  const auto* const stream = std::find_if(streams.begin(), streams.end(), [](int layer) { return layer >= 0; });
  return stream == streams.end() ? -1 : *stream;
}

Ledger::Ledger(std::size_t layers) {
  run_.layers.resize(layers);
}

LayerCounters* Ledger::layer(int index) {
  if (index < 0) return nullptr;
  check(static_cast<std::size_t>(index) < run_.layers.size(), "accounting",
        [&] { return "the program has no layer " + std::to_string(index); });
  return &run_.layers[static_cast<std::size_t>(index)];
}

void Ledger::open_block(const BlockLayers& layers, bool uses_array, Cycles start) {
  open_ = layers;
  uses_array_ = uses_array;
  start_ = start;
  parts_.clear();
  conv_gemm_.reset();
  other_.reset();
  if (uses_array) conv_gemm_ = Span{start, start};
  if (uses_array) part(layers.array);
  for (const int nest : layers.nests) part(nest);
}

void Ledger::transfer(int layer, bool array_side, Cycles from, Cycles to) {
  cover(part(layer).all, from, to);
  cover(uses_array_ && array_side ? conv_gemm_ : other_, from, to);
}

void Ledger::array_work(Cycles from, Cycles to) {
  Part& owner = part(open_.array);
  cover(owner.all, from, to);
  cover(owner.work, from, to);
  cover(conv_gemm_, from, to);
}

void Ledger::simd_work(int layer, Cycles waiting, Cycles working, Cycles to) {
  Part& owner = part(layer);
  cover(owner.all, waiting, to);
  if (served_by_simd(layer) != nullptr) cover(owner.work, waiting, to);
  if (working < to) cover(other_, working, to);
}

LayerCounters* Ledger::served_by_simd(int layer) {
  return uses_array_ && layer == open_.array ? nullptr : this->layer(layer);
}

void Ledger::add(int layer, const EventCounts& events) {
  run_.events += events;
  if (LayerCounters* const owner = this->layer(layer)) owner->events += events;
}

void Ledger::add_bytes(int layer, isa::Direction direction, Bytes bytes) {
  LayerCounters* const owner = this->layer(layer);
  if (owner == nullptr) return;
  (direction == isa::Direction::load ? owner->dram_read : owner->dram_write) += bytes;
}

void Ledger::close_block(Cycles end, const MemoryCounters& memory) {
  for (const Part& part : parts_) close(part);
  const Cycles previous = run_.blocks.empty() ? Cycles{} : run_.blocks.back().end;
  const int leader = open_.leader();
  if (LayerCounters* const owner = layer(leader)) owner->events.cycles += (end - previous).count();
  divide_by_kind(end);
  run_.blocks.push_back({leader, start_, end, memory - memory_before_});
  memory_before_ = memory;
  run_.cycles = end;
}

void Ledger::Span::cover(Cycles from, Cycles to) {
  begin = std::min(begin, from);
  end = std::max(end, to);
}

/// Few layers share a block, so a search is the quickest map.
Ledger::Part& Ledger::part(int layer) {
  const auto known = std::find_if(parts_.begin(), parts_.end(), [&](const Part& p) { return p.layer == layer; });
  if (known != parts_.end()) return *known;
  const LayerCounters* const counters = this->layer(layer);
  const Cycles charged = counters == nullptr ? Cycles{} : counters->compute + counters->stalls.total();
  return parts_.emplace_back(Part{layer, {}, {}, charged});
}

void Ledger::cover(std::optional<Span>& span, Cycles from, Cycles to) {
  if (span) {
    span->cover(from, to);
  } else {
    span = Span{from, to};
  }
}

/// Divides the cycles of a layer's part that its unit was not charged with.
void Ledger::close(const Part& part) {
  LayerCounters* const counters = layer(part.layer);
  if (counters == nullptr || !part.all) return;
  const Cycles charged = counters->compute + counters->stalls.total() - part.charged_before;
  const Cycles drain = part.work ? part.all->end - part.work->end : part.all->length();
  const Cycles shared = part.all->length() - charged - drain;
  check(shared >= Cycles{}, "accounting", [&] {
    return "layer " + std::to_string(part.layer) + " is charged " + std::to_string(charged.count()) +
           " cycles of a block in which it spans " + std::to_string(part.all->length().count());
  });
  counters->stalls[Stall::drain] += drain;
  counters->stalls[Stall::shared] += shared;
  if (counters->ran) {
    counters->stalls[Stall::gap] += part.all->begin - counters->end;
  } else {
    counters->ran = true;
    counters->start = part.all->begin;
  }
  counters->end = part.all->end;
}

void Ledger::divide_by_kind(Cycles end) {
  const Cycles previous = run_.cycles;
  const Span nothing{start_, start_};
  const Span conv_gemm = conv_gemm_.value_or(nothing);
  const Span other = other_.value_or(nothing);
  const Cycles common = std::min(conv_gemm.end, other.end) - std::max(conv_gemm.begin, other.begin);
  const Cycles overlap = std::max(Cycles{}, common);
  const Cycles covered = conv_gemm.length() + other.length() - overlap;
  run_.overlap += overlap;
  run_.conv_gemm += conv_gemm.length() - overlap;
  run_.other += other.length() - overlap;
  (uses_array_ ? run_.conv_gemm : run_.other) += end - previous - covered;
}

}  // namespace systole
