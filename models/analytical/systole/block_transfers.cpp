#include <algorithm>
#include <utility>

#include "models/analytical/systole/block_timing.h"

// Transfers and how they share ports and memory. They are timed in the order of the recurrence, which is not the order
// of their times: a load of a tile may begin before the stores of tiles that were timed earlier. So each looks for the
// transfers that are under way with it among those that have a time, and for loads that are about to begin.
namespace systole::analytical {

double BlockTiming::transfer(StreamPlaces& stream, double start) {
  const Transfer& work = stream.transfers->at(tile_);
  if (stream.start < 0) stream.start = start;
  state_.sums[stream.sums] += work.bytes;
  state_.sums[stream.sums + 1] += work.elements;
  const double begin = start + static_cast<double>(machine_.setup);
  if (work.bursts == 0) return begin + work.chip;
  return stream.load ? load(stream, begin, work) : store(stream, begin, work);
}

/// Of the present tile among all.
double BlockTiming::tile_number() const {
  double number = 0;
  for (std::size_t loop = 0; loop < block_.tile_loops.size(); ++loop) {
    number = number * block_.tile_loops[loop] + tile_.index[loop];
  }
  return number;
}

double BlockTiming::bus(const StreamPlaces& stream, double begin, const Transfer& work) {
  const auto port = static_cast<std::size_t>(isa::port_of(of(stream).buffer));
  return bus_[port] > 0 ? state_.servers[bus_[port]].reserve(begin, work.bus) : begin + work.bus;
}

/// A port's loads and stores share the bursts that it may have on their way.
double BlockTiming::on_their_way(const StreamPlaces& stream, double begin, double time) {
  const auto port = static_cast<std::size_t>(isa::port_of(of(stream).buffer));
  return bus_[port] > 0 ? state_.servers[bus_[port] + 1].reserve(begin, time) : begin + time;
}

double BlockTiming::load(StreamPlaces& stream, double begin, const Transfer& work) {
  if (memory_.ideal()) return std::max(bus(stream, begin, work), begin + work.chip);
  const double at_memory = begin + work.request;
  const double in_flight = rounds(stream, at_memory, work);
  const double all_answered = on_their_way(stream, begin, in_flight);
  const double data = at_memory + work.first + memory_.response();
  const Flight mine = flight(stream.stream, tile_number(), work, at_memory, in_flight);
  const double busy = work.memory + lost_by_reading(mine);
  repay(stream, begin, busy, mine);
  const double memory_done = read(mine, busy) + read_later(stream, mine);
  const double last = memory_done + work.last_wait + memory_.response() + work.last_bus;
  return std::max({bus(stream, data, work), last, all_answered, data + work.chip});
}

/// How long a load's bursts are on their way, as many at a time as the port may have: the longer, the more of their
/// rows other streams have closed and the more often a channel writes when they come.
double BlockTiming::rounds(const StreamPlaces& stream, double at_memory, const Transfer& work) {
  const double reading = work.in_flight + disturbance_[static_cast<std::size_t>(stream.stream)] * work.exposed;
  const Flight mine = flight(stream.stream, tile_number(), work, at_memory, reading);
  double waits = 0;
  for (std::size_t i = 0; i < Flights::kKept; ++i) {
    const Flight& write = state_.flights.writes[i];
    const bool matters = write.any() && (write.end > mine.begin || i + 1 == Flights::kKept);
    same_bank_[i] = matters ? banks_.probability(mine, write) : 0;
    if (matters) waits += waits_for_writes(mine, write, same_bank_[i], memory_);
  }
  return reading + waits / static_cast<double>(machine_.outstanding_bursts);
}

double BlockTiming::store(StreamPlaces& stream, double begin, const Transfer& work) {
  if (memory_.ideal()) return std::max(bus(stream, begin, work), begin + work.chip);
  const double all_answered = on_their_way(stream, begin, work.in_flight);
  const double from = std::max(begin + work.last_bus, time(writes_end_));
  const Flight mine = flight(stream.stream, tile_number(), work, from, work.in_flight);
  const double busy = work.memory + lost_by_writing(mine);
  drain(begin);
  make_up(begin, std::exchange(amount(writes_late_), 0.0));
  repay(stream, begin, busy, mine);
  const double taken = write(begin + work.last_bus, mine, busy);
  return std::max({bus(stream, begin, work) + memory_.write_round(), taken, all_answered, begin + work.chip});
}

/// The memory does work that others were said to have done earlier, unless that keeps it busy still.
void BlockTiming::make_up(double begin, double owed) {
  Server& memory = state_.servers[kMemory];
  const double busy = std::max(0.0, memory.free_ - begin);
  if (owed > busy) memory.reserve(begin, owed - busy);
}

/// A transfer that is timed after others that run at the same time finds idle time behind them, but in truth the ports
/// take turns, and it holds up the others by those of its bursts that go between theirs. What came of them is timed
/// already, so the memory makes up for it before the next transfer of another stream, as far as it was not foreseen
/// (`read_later`); not by more than that one's own work, because turns are equal.
void BlockTiming::repay(const StreamPlaces& stream, double begin, double busy, const Flight& mine) {
  drain(begin);
  const double until_gap = state_.servers[kMemory].busy_before_gap(begin);
  const double held_up = until_gap > 0 ? std::min(until_gap, work_between(mine) + busy - mine.work) : 0;
  const double unforeseen = held_up - std::exchange(amount(stream.foreseen), 0.0);
  if (debtor_ != mine.stream) make_up(begin, std::min(std::exchange(amount(debt_), 0.0), busy));
  if (unforeseen <= 0) return;
  amount(debt_) = unforeseen;
  debtor_ = mine.stream;
}

/// Of a transfer's work, what goes between the bursts of others.
double BlockTiming::work_between(const Flight& mine) const {
  double bursts = 0;
  for (const auto* flights : {&state_.flights.reads, &state_.flights.writes}) {
    for (const Flight& other : *flights) {
      if (other.any() && other.stream != mine.stream) bursts += in_turn(mine, other);
    }
  }
  return std::min(bursts / mine.bursts, 1.0) * mine.work;
}

/// Where reads meet writes the bus turns again and again; where they meet other reads, rows are changed.
double BlockTiming::lost_by_reading(const Flight& mine) const {
  Flight mixed = mine;
  if (state_.times[writes_end_] > mine.end) {
    Flight queued = mine;
    queued.begin = std::max(mine.begin, state_.times[reads_end_]);
    const double in_turns = queued.begin + mine.work + written_between(queued);
    mixed.end = std::max(mine.end, std::min(in_turns, state_.times[writes_end_]));
  }
  double lost = 0;
  for (std::size_t i = 0; i < Flights::kKept; ++i) {
    const Flight& write = state_.flights.writes[i];
    if (write.any()) lost += lost_by_turning(mixed, write, same_bank_[i], memory_);
  }
  for (const Flight& other : state_.flights.reads) {
    if (other.any() && other.stream != mine.stream) lost += lost_by_rows(mine, other, banks_, memory_);
  }
  return lost;
}

double BlockTiming::lost_by_writing(const Flight& mine) const {
  double lost = 0;
  for (const Flight& read : state_.flights.reads) {
    if (read.any() && together(read, mine) > 0) {
      lost += lost_by_turning(read, mine, banks_.probability(read, mine), memory_);
    }
  }
  return lost;
}

/// Work of the writes that go between the bursts of a read.
double BlockTiming::written_between(Flight mine) const {
  double sum = 0;
  for (const Flight& write : state_.flights.writes) {
    if (!write.any()) continue;
    const double bursts = in_turn(mine, write);
    sum += bursts / write.bursts * write.work;
    mine.bursts -= bursts;
  }
  return sum;
}

/// When the memory has read a transfer. Reads go before writes that the queue holds; those use the time until then that
/// is idle. Writes that do not fit the queue hold up the interconnect, burst by burst in turn with the reads, and are
/// themselves that much later; those have their times already, so the next ones bear it.
double BlockTiming::read(const Flight& mine, double busy) {
  Server& memory = state_.servers[kMemory];
  drain(mine.begin);
  const double in_order = memory.reserve(mine.begin, busy);
  Flight queued = mine;
  queued.begin = std::max(mine.begin, time(reads_end_));
  queued.work = busy;
  const double unmixed = queued.begin + busy;
  const double end = unmixed < in_order ? std::min(in_order, unmixed + written_between(queued)) : in_order;
  double& late = amount(writes_late_);
  late = std::min(late + std::min(in_order - end, mine.work), std::max(late, state_.flights.writes.back().work));
  turn_once(mine, end, busy - mine.work);
  Flight known = mine;
  known.end = end;
  keep(state_.flights.reads, known);
  time(reads_end_) = std::max(time(reads_end_), end);
  return end;
}

/// After a write the memory turns to the read and back, even if the two do not meet.
void BlockTiming::turn_once(const Flight& read, double now, double lost) {
  const Flight& write = state_.flights.writes.back();
  if (!write.any()) return;
  const double once = memory_.turn(same_bank_.back()) * std::min(read.channels, write.channels);
  if (once > lost) state_.servers[kMemory].reserve(now, once - lost);
}

/// Loads of other ports that begin while this one is under way but are timed later: bursts of theirs go between.
double BlockTiming::read_later(const StreamPlaces& stream, const Flight& mine) {
  if (stream.side != Side::array) return 0;
  const double until = mine.begin + mine.work;
  double sum = 0;
  for (const StreamPlaces& other : streams_) {
    const bool later = other.side == Side::simd || &other > &stream;
    if (!later || !other.load || other.sequencer == stream.sequencer || !begins(other)) continue;
    const std::size_t slots = other.through_obuf ? obuf_slots_ : other.slots;
    const double from = std::max({mine.begin, time(other.sequencer), time(slots)});
    if (from >= until) continue;
    const Transfer& one = other.transfers->at(tile_);
    if (one.bursts == 0) continue;
    // The next generations as well, as far as there are some and slots are free.
    const std::size_t depth = other.through_obuf ? obuf_depth_ : other.depth;
    double generations = 1;
    for (std::size_t slot = 1; slot < depth && tile_.goes_on(of(other).loop); ++slot) {
      if (time(slots + slot) < until) ++generations;
    }
    Flight theirs = flight(other.stream, mine.tile, one, from, one.in_flight);
    theirs.bursts *= generations;
    theirs.device_bursts *= generations;
    const double bursts = in_turn(mine, theirs);
    const double between = bursts * one.memory / one.bursts + lost_by_rows(mine, theirs, bursts, banks_, memory_);
    amount(other.foreseen) += between;
    sum += between;
  }
  return sum;
}

/// Writes that wait use the time until `now` in which the memory has nothing else to do.
void BlockTiming::drain(double now) {
  Server& memory = state_.servers[kMemory];
  const double drained = std::clamp(now - memory.free_, 0.0, amount(writes_waiting_));
  if (drained > 0) memory.reserve(memory.free_, drained);
  amount(writes_waiting_) -= drained;
}

/// When the memory has taken a transfer's last write: the queue takes what it can hold, the rest as fast as the memory
/// writes.
double BlockTiming::write(double start, const Flight& mine, double busy) {
  Server& memory = state_.servers[kMemory];
  drain(start);
  amount(writes_waiting_) += busy;
  const double beyond = std::max(0.0, amount(writes_waiting_) - memory_.posted());
  amount(writes_waiting_) -= beyond;
  time(writes_end_) = mine.begin + mine.work;
  const double taken = beyond > 0 ? memory.reserve(start, beyond) : start;
  const double end = std::max(taken, time(writes_end_) - memory_.posted());
  Flight known = mine;
  known.end = std::max(mine.end, end);
  keep(state_.flights.writes, known);
  return end;
}

}  // namespace systole::analytical
