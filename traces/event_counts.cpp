#include "traces/event_counts.h"

namespace systole {
namespace {

static_assert(sizeof(EventCounts) == sizeof(std::int64_t) * (9 + 5 * kSrams + kSimdOperations),
              "a new count must be added to accumulate()");

/// Adds `sign` times each count of b to a: the one list of all members.
void accumulate(EventCounts& a, const EventCounts& b, std::int64_t sign) {
  for (auto member : {&EventCounts::cycles, &EventCounts::array_cycles, &EventCounts::simd_cycles, &EventCounts::macs,
                      &EventCounts::psum_adds, &EventCounts::array_words_decoded, &EventCounts::simd_instructions,
                      &EventCounts::address_steps, &EventCounts::port_bytes}) {
    a.*member += sign * b.*member;
  }
  for (std::size_t i = 0; i < kSrams; ++i) {
    for (auto member : {&SramCounts::reads, &SramCounts::writes, &SramCounts::read_bytes, &SramCounts::write_bytes,
                        &SramCounts::conflicts}) {
      a.sram[i].*member += sign * b.sram[i].*member;
    }
  }
  for (std::size_t i = 0; i < kSimdOperations; ++i) a.simd_operations[i] += sign * b.simd_operations[i];
}

}  // namespace

EventCounts& EventCounts::operator+=(const EventCounts& other) {
  accumulate(*this, other, 1);
  return *this;
}

EventCounts& EventCounts::operator-=(const EventCounts& other) {
  accumulate(*this, other, -1);
  return *this;
}

EventCounts operator+(EventCounts a, const EventCounts& b) {
  return a += b;
}

EventCounts operator-(EventCounts after, const EventCounts& before) {
  return after -= before;
}

}  // namespace systole
