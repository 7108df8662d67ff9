#include "traces/explain/wait_paths.h"

#include <algorithm>
#include <optional>

namespace systole {

namespace {

using States = std::array<UnitState, kUnits>;
constexpr std::int64_t kHop = static_cast<std::int64_t>(kUnits) * kUnitStates + 1;  // 0: no hop

UnitState state_in(const States& states, Unit unit) {
  return states[static_cast<std::size_t>(unit)];
}

bool is(UnitState state, Stall reason) {
  return state == state_of(reason);
}

/// Whom a unit in this state waits for, if anyone.
std::optional<Unit> awaited(const Wait& wait, const States& states) {
  if (wait.state < kFirstStallState) return std::nullopt;
  switch (static_cast<Stall>(wait.state - kFirstStallState)) {
    case Stall::wbuf_load:
    case Stall::bbuf_load:
      return Unit::dma_parambuf;
    case Stall::ibuf_load:
      return Unit::dma_ibuf;
    case Stall::psum_load:
      return Unit::dma_obuf;
    case Stall::obuf_drain:  // the SIMD unit reads OBUF when a layer is fused, else the engine stores it
      return state_in(states, Unit::dma_obuf) == kIdleState ? Unit::simd_unit : Unit::dma_obuf;
    case Stall::vmem_load:
    case Stall::vmem_store:
      return Unit::dma_simd;
    case Stall::obuf_wait:
      return Unit::systolic_array;
    case Stall::fetch:
      return Unit::dma_instruction;
    default:
      return std::nullopt;
  }
}

Unit first_unit(const States& states) {
  constexpr std::array<Unit, 6> kOrder = {Unit::systolic_array, Unit::simd_unit, Unit::dma_obuf,
                                          Unit::dma_simd,       Unit::dma_ibuf,  Unit::dma_parambuf};
  const auto* const working =
      std::find_if(kOrder.begin(), kOrder.end(), [&](Unit unit) { return state_in(states, unit) != kIdleState; });
  return working == kOrder.end() ? Unit::controller : *working;
}

/// The path of a cycle, as a number: a digit a hop, the first hop the least significant one.
std::int64_t number_of_path(const States& states) {
  std::int64_t number = 0;
  std::int64_t digit = 1;
  std::array<bool, kUnits> met{};
  std::optional<Unit> unit = first_unit(states);
  while (unit && !met[static_cast<std::size_t>(*unit)]) {
    met[static_cast<std::size_t>(*unit)] = true;
    const Wait wait{*unit, state_in(states, *unit)};
    number += digit * (static_cast<std::int64_t>(wait.unit) * kUnitStates + wait.state + 1);
    digit *= kHop;
    unit = awaited(wait, states);
  }
  return number;
}

}  // namespace

std::string text_of(const WaitPath& path) {
  std::string text;
  for (const Wait& wait : path) {
    if (!text.empty()) text += " <- ";
    text += std::string(kUnitNames[static_cast<std::size_t>(wait.unit)]) + " " + state_name(wait.state);
  }
  return text;
}

std::string cause_of(const WaitPath& path) {
  const Wait& last = path.back();
  if (path.front().unit == Unit::controller && !is(path.front().state, Stall::units)) return "instruction fetch";
  if (is(last.state, Stall::obuf_hazard) || is(last.state, Stall::hazard)) return "hazards";
  if (is(last.state, Stall::bank_conflict)) return "bank conflicts";
  if (is(last.state, Stall::memory)) return "memory";
  if (is(last.state, Stall::setup)) return "transfer set-up";
  if (last.state != kBusyState) return "hand-over";
  if (last.unit == Unit::systolic_array) return "array";
  if (last.unit == Unit::simd_unit) return "SIMD unit";
  const std::string name = kUnitNames[static_cast<std::size_t>(last.unit)];
  return "port " + name.substr(name.find('_') + 1);
}

void WaitPaths::state(const StateSpan& span) {
  spans_[static_cast<std::size_t>(span.unit)].push_back(span);
}

void WaitPaths::block_ends(const BlockSpan& block) {
  ends_.emplace_back(block.until, block.block);
}

/// The states from counted_until_ on, and the cycle, at most `until`, up to which they stay.
Cycles WaitPaths::take_states(Cycles until, States& states) {
  for (std::size_t u = 0; u < kUnits; ++u) {
    std::deque<StateSpan>& spans = spans_[u];
    while (!spans.empty() && spans.front().until <= counted_until_) spans.pop_front();
    const bool told = !spans.empty() && spans.front().from <= counted_until_;
    states[u] = told ? spans.front().state : kIdleState;
    if (!spans.empty()) until = std::min(until, told ? spans.front().until : spans.front().from);
  }
  return until;
}

void WaitPaths::settled(Cycles until) {
  while (counted_until_ < until) {
    while (!ends_.empty() && ends_.front().first <= counted_until_) {
      block_ = ends_.front().second + 1;
      ends_.pop_front();
    }
    States states{};
    const Cycles end = take_states(ends_.empty() ? until : std::min(until, ends_.front().first), states);
    cycles_[{block_, number_of_path(states)}] += (end - counted_until_).count();
    counted_until_ = end;
  }
}

WaitPath WaitPaths::path_of(std::int64_t number) {
  WaitPath path;
  for (; number > 0; number /= kHop) {
    const std::int64_t hop = number % kHop - 1;
    path.push_back({static_cast<Unit>(hop / kUnitStates), static_cast<UnitState>(hop % kUnitStates)});
  }
  return path;
}

}  // namespace systole
