#include "models/analytical/systole/block_timing.h"

#include <algorithm>
#include <cmath>

namespace systole::analytical {

namespace {

constexpr double kAlike = 1e-6;  ///< cycles; times are sums of whole cycles and of fractions of memory clocks

bool alike(double a, double b) {
  return std::abs(a - b) < kAlike;
}

/// Fields of an array tile and of a nest as sums.
constexpr std::size_t kArraySums = 7;
std::array<double, kArraySums> sums_of(const ArrayTile& tile) {
  return {tile.busy, tile.hazard, tile.macs, tile.ibuf_reads, tile.bbuf_reads, tile.obuf_reads, tile.obuf_writes};
}
constexpr std::size_t kNestSums = 12;
std::array<double, kNestSums> sums_of(const NestTile& tile, double fill) {
  return {tile.issue.busy + fill, tile.issue.hazard, tile.issue.conflict, tile.operations,
          tile.reads[0],          tile.reads[1],     tile.reads[2],       tile.reads[3],
          tile.writes[0],         tile.writes[1],    tile.writes[2],      tile.writes[3]};
}

template <std::size_t N>
void add(std::vector<double>& sums, std::size_t place, const std::array<double, N>& values) {
  for (std::size_t i = 0; i < N; ++i) sums[place + i] += values[i];
}

}  // namespace

BlockTiming::BlockTiming(BlockParts& parts, const MachineModel& machine, const MemoryModel& memory)
    : block_(parts.block()), parts_(parts), machine_(machine), memory_(memory), tile_(block_.tile_loops.size()) {
  bits_moved_ = bits_moved(block_);
  lay_out();
}

std::size_t BlockTiming::times(std::size_t count) {
  start_.times.resize(start_.times.size() + count, 0.0);
  return start_.times.size() - count;
}

std::size_t BlockTiming::amounts(std::size_t count) {
  start_.amounts.resize(start_.amounts.size() + count, 0.0);
  return start_.amounts.size() - count;
}

std::size_t BlockTiming::sums(std::size_t count) {
  start_.sums.resize(start_.sums.size() + count, 0.0);
  return start_.sums.size() - count;
}

void BlockTiming::lay_out() {
  const std::size_t sequencers = times(2 * kPorts);
  streams_.reserve(isa::kMaxStreams);
  std::array<std::array<bool, 2>, kPorts> directions{};
  for (int s = 0; s < isa::kMaxStreams; ++s) {
    const isa::Stream& stream = block_.streams[static_cast<std::size_t>(s)];
    if (!stream.used) continue;
    lay_out(s);
    StreamPlaces& places = streams_.back();
    const auto port = static_cast<std::size_t>(isa::port_of(stream.buffer));
    places.sequencer = sequencers + 2 * port + (places.load ? 0 : 1);
    directions[port][places.load ? 0 : 1] = true;
    by_number_[static_cast<std::size_t>(s)] = &places;
  }
  start_.servers.resize(kMemory + 1);
  for (std::size_t port = 0; port < kPorts; ++port) {
    if (!directions[port][0] || !directions[port][1]) continue;
    bus_[port] = start_.servers.size();
    start_.servers.resize(start_.servers.size() + 2);
  }
  for (StreamPlaces& places : streams_) {
    const int from = of(places).from;
    if (from == isa::kNoStream) continue;
    StreamPlaces& source = *by_number_[static_cast<std::size_t>(from)];
    places.first_copy = !source.copied;
    source.copied = true;
    source.through_obuf = places.through_obuf = false;
  }
  reads_end_ = times(1);
  writes_end_ = times(1);
  writes_waiting_ = amounts(1);
  debt_ = amounts(1);
  writes_late_ = amounts(1);
  array_free_ = times(1);
  simd_free_ = times(1);
  obuf_depth_ = std::max<std::size_t>(1, block_.array.output_depth);
  obuf_slots_ = times(obuf_depth_);
  obuf_filled_ = times(1);
  obuf_drained_ = times(1);
  array_sums_ = sums(kArraySums);
  nest_sums_ = sums(kNestSums * block_.simd.nests.size());
  nest_ends_ = times(block_.simd.nests.size());
  // The block before ended when its last store was taken.
  if (!memory_.ideal()) start_.amounts[writes_waiting_] = memory_.posted();
  sides_ = block_.array.used && block_.simd.used && block_.simd.reads_obuf;
  generation_loops_ = static_cast<std::size_t>(block_.array.output_loop + 1);
  history_.resize(block_.tile_loops.size());
  marks_.resize(block_.tile_loops.size());
}

void BlockTiming::lay_out(int stream) {
  const isa::Stream& self = block_.streams[static_cast<std::size_t>(stream)];
  StreamPlaces places;
  places.stream = stream;
  places.load = self.direction == isa::Direction::load;
  places.side = isa::port_of(self.buffer) == isa::Port::simd ? Side::simd : Side::array;
  places.through_obuf = self.buffer == isa::Buffer::obuf;
  places.depth = std::max<std::size_t>(1, self.depth);
  places.slots = times(places.depth);
  places.ready = times(1);
  places.foreseen = amounts(1);
  places.sums = sums(2);
  streams_.push_back(places);
}

void BlockTiming::begin(const BlockParts::Setting& setting) {
  AllBankSamples banks{};
  for (StreamPlaces& stream : streams_) {
    const auto number = static_cast<std::size_t>(stream.stream);
    stream.transfers = &setting[number]->transfers;
    stream.start = -1;
    banks[number] = &setting[number]->banks;
  }
  if (!memory_.ideal()) {
    banks_.set(banks);
    disturbance_ = disturbances(bits_moved_, banks_);
  }
  tile_ = TilePosition(block_.tile_loops.size());
  state_ = start_;
  debtor_ = isa::kNoStream;
  nest_starts_.assign(block_.simd.nests.size(), -1.0);
}

BlockResult BlockTiming::run(const BlockParts::Setting& setting) {
  begin(setting);
  walk(0);
  BlockResult result;
  result.simd_end = time(simd_free_);
  result.cycles = std::max(time(array_free_), time(simd_free_));
  for (const StreamPlaces& stream : streams_) {
    const double* sum = &state_.sums[stream.sums];
    result.streams[static_cast<std::size_t>(stream.stream)] = {std::max(0.0, stream.start), time(stream.ready), sum[0],
                                                               sum[1]};
    result.cycles = std::max(result.cycles, time(stream.ready));
  }
  const double* a = &state_.sums[array_sums_];
  result.array = {time(array_free_), a[0], a[1], a[2], a[3], a[4], a[5], a[6]};
  for (std::size_t n = 0; n < nest_starts_.size(); ++n) {
    const double* s = &state_.sums[nest_sums_ + n * kNestSums];
    result.nests.push_back({std::max(0.0, nest_starts_[n]),
                            time(nest_ends_ + n),
                            s[0],
                            s[1],
                            s[2],
                            s[3],
                            {s[4], s[5], s[6], s[7]},
                            {s[8], s[9], s[10], s[11]}});
  }
  return result;
}

/// A generation of OBUF goes through the array before the SIMD unit turns to its tiles.
void BlockTiming::walk(std::size_t loop) {
  if (sides_ && side_ == Side::both && loop == generation_loops_) {
    for (const Side side : {Side::array, Side::simd}) {
      side_ = side;
      walk(loop);
    }
    side_ = Side::both;
    return;
  }
  if (loop == block_.tile_loops.size()) {
    if (side_ != Side::simd) array_tile();
    if (side_ != Side::array) simd_tile();
    return;
  }
  const std::int32_t iterations = block_.tile_loops[loop];
  for (std::int64_t i = 0; i < iterations; ++i) {
    tile_.set(loop, static_cast<std::int32_t>(i), iterations);
    walk(loop + 1);
    i += skip(loop, i + 1);
  }
}

/// After `done` iterations: how many of the next ones were added at once, because they are like the last ones.
std::int64_t BlockTiming::skip(std::size_t loop, std::int64_t done) {
  const std::int64_t iterations = block_.tile_loops[loop];
  if (iterations < static_cast<std::int64_t>(kHistory)) return 0;
  auto& history = history_[loop];
  const auto at = [&](std::int64_t back) -> const State& {
    return history[static_cast<std::size_t>(done - back) % kHistory];
  };
  history[static_cast<std::size_t>(done) % kHistory] = state_;
  if (done < 3) return 0;
  if (done == kMark) marks_[loop] = state_;
  for (std::int64_t period = 1; period <= 2 && done > 2 * period; ++period) {
    if (iterations - 1 - done < period || !steady(at(0), at(period), at(2 * period))) continue;
    const TransferClasses::Range range = plain(loop);
    const std::int64_t repeats = (std::min(iterations - 1, range.end) - done) / period;
    if (repeats < 1 || done - 2 * period < range.begin) continue;
    repeat(at(period), static_cast<double>(repeats));
    return repeats * period;
  }
  if (done != kPatience) return 0;
  constexpr std::int64_t kPart = kPatience - kMark;
  const TransferClasses::Range range = plain(loop);
  const std::int64_t repeats = (std::min(iterations - 1, range.end) - done) / kPart;
  if (repeats < 1 || kMark < range.begin) return 0;
  drift(marks_[loop], static_cast<double>(repeats));
  return repeats * kPart;
}

/// As `repeat`, where the state has not become steady: all times that have changed go on at one pace, that of the
/// latest, or what waits for one another would drift apart.
void BlockTiming::drift(const State& before, double times) {
  double pace = 0;
  for (std::size_t i = 0; i < state_.times.size(); ++i) pace = std::max(pace, state_.times[i] - before.times[i]);
  const double shift = pace * times;
  for (std::size_t i = 0; i < state_.times.size(); ++i) {
    if (state_.times[i] > before.times[i]) state_.times[i] += shift;
  }
  for (std::size_t i = 0; i < state_.sums.size(); ++i) state_.sums[i] += times * (state_.sums[i] - before.sums[i]);
  for (const auto direction : {&Flights::reads, &Flights::writes}) {
    for (std::size_t i = 0; i < Flights::kKept; ++i) {
      Flight& now = (state_.flights.*direction)[i];
      const Flight& then = (before.flights.*direction)[i];
      if (now.begin == then.begin) continue;
      now.begin += shift;
      now.end += shift;
      now.tile += times * (now.tile - then.tile);
    }
  }
  for (std::size_t s = 0; s < state_.servers.size(); ++s) {
    Server& server = state_.servers[s];
    if (server.free_ == before.servers[s].free_) continue;
    server.free_ += shift;
    for (std::size_t g = 0; g < server.count_; ++g) {
      server.gaps_[g].begin += shift;
      server.gaps_[g].end += shift;
    }
  }
}

TransferClasses::Range BlockTiming::plain(std::size_t loop) const {
  TransferClasses::Range all{0, block_.tile_loops[loop]};
  for (const StreamPlaces& stream : streams_) {
    const TransferClasses& classes = parts_.classes(static_cast<std::size_t>(stream.stream));
    const TransferClasses::Range range = classes.plain(static_cast<int>(loop), tile_);
    all = {std::max(all.begin, range.begin), std::min(all.end, range.end)};
  }
  return all;
}

/// From c to b and from b to a everything changed alike, and all times that changed did so by as much.
bool BlockTiming::steady(const State& a, const State& b, const State& c) const {
  double rate = 0;
  const auto moves = [&](double now, double before) {
    const double change = now - before;
    if (alike(change, 0)) return true;
    if (rate == 0) rate = change;
    return alike(change, rate);
  };
  for (std::size_t i = 0; i < a.times.size(); ++i) {
    if (!moves(a.times[i], b.times[i])) return false;
    if (!alike(a.times[i] - b.times[i], b.times[i] - c.times[i])) return false;
  }
  for (std::size_t i = 0; i < a.amounts.size(); ++i) {
    if (!alike(a.amounts[i], b.amounts[i]) || !alike(b.amounts[i], c.amounts[i])) return false;
  }
  for (const auto direction : {&Flights::reads, &Flights::writes}) {
    for (std::size_t i = 0; i < Flights::kKept && !memory_.ideal(); ++i) {
      const Flight& x = (a.flights.*direction)[i];
      const Flight& y = (b.flights.*direction)[i];
      const Flight& z = (c.flights.*direction)[i];
      if (!moves(x.begin, y.begin) || !moves(y.begin, z.begin)) return false;
      if (!moves(x.end, y.end) || !moves(y.end, z.end)) return false;
      if (x.tile - y.tile != y.tile - z.tile) return false;
    }
  }
  for (std::size_t s = 0; s < state_.servers.size(); ++s) {
    const Server& x = a.servers[s];
    const Server& y = b.servers[s];
    const Server& z = c.servers[s];
    if (x.count_ != y.count_ || y.count_ != z.count_) return false;
    if (!moves(x.free_, y.free_) || !moves(y.free_, z.free_)) return false;
    for (std::size_t g = 0; g < x.count_; ++g) {
      if (!moves(x.gaps_[g].begin, y.gaps_[g].begin) || !moves(x.gaps_[g].end, y.gaps_[g].end)) return false;
      if (!alike(x.gaps_[g].idle - y.gaps_[g].idle, y.gaps_[g].idle - z.gaps_[g].idle)) return false;
    }
  }
  return true;
}

/// Adds what has come since `before`, so many times more.
void BlockTiming::repeat(const State& before, double times) {
  const auto grow = [times](double& now, double then) { now += times * (now - then); };
  for (std::size_t i = 0; i < state_.times.size(); ++i) grow(state_.times[i], before.times[i]);
  for (std::size_t i = 0; i < state_.sums.size(); ++i) grow(state_.sums[i], before.sums[i]);
  for (const auto direction : {&Flights::reads, &Flights::writes}) {
    for (std::size_t i = 0; i < Flights::kKept; ++i) {
      grow((state_.flights.*direction)[i].begin, (before.flights.*direction)[i].begin);
      grow((state_.flights.*direction)[i].end, (before.flights.*direction)[i].end);
      grow((state_.flights.*direction)[i].tile, (before.flights.*direction)[i].tile);
    }
  }
  for (std::size_t s = 0; s < state_.servers.size(); ++s) {
    Server& server = state_.servers[s];
    grow(server.free_, before.servers[s].free_);
    for (std::size_t g = 0; g < server.count_; ++g) {
      grow(server.gaps_[g].begin, before.servers[s].gaps_[g].begin);
      grow(server.gaps_[g].end, before.servers[s].gaps_[g].end);
      grow(server.gaps_[g].idle, before.servers[s].gaps_[g].idle);
    }
  }
}

const isa::Stream& BlockTiming::of(const StreamPlaces& stream) const {
  return block_.streams[static_cast<std::size_t>(stream.stream)];
}

bool BlockTiming::begins(const StreamPlaces& stream) const {
  return tile_.enters(of(stream).loop) && tile_.holds(of(stream).when);
}

bool BlockTiming::ends(const StreamPlaces& stream) const {
  return tile_.leaves(of(stream).loop) && tile_.holds(of(stream).when);
}

void BlockTiming::array_tile() {
  for (StreamPlaces& stream : streams_) {
    if (stream.side == Side::array && stream.load && begins(stream)) load(stream);
  }
  const double end = block_.array.used ? compute_array() : 0;
  const bool generation_ends = block_.array.used && tile_.leaves(block_.array.output_loop);
  if (generation_ends) time(obuf_filled_) = time(obuf_drained_) = end;
  for (StreamPlaces& stream : streams_) {
    if (stream.side != Side::array || stream.load || !ends(stream)) continue;
    if (of(stream).from != isa::kNoStream) {
      store(stream, time(by_number_[static_cast<std::size_t>(of(stream).from)]->ready));
    } else {
      time(obuf_drained_) = std::max(time(obuf_drained_), store(stream, end));
    }
  }
  if (generation_ends && !sides_) give_back(obuf_slots_, obuf_depth_, time(obuf_drained_));
}

double BlockTiming::compute_array() {
  double start = time(array_free_);
  const bool generation_begins = tile_.enters(block_.array.output_loop);
  bool sums_loaded = false;
  for (const StreamPlaces& stream : streams_) {
    if (stream.side != Side::array || !stream.load || stream.copied || !begins(stream)) continue;
    start = std::max(start, time(stream.ready));
    sums_loaded = sums_loaded || stream.through_obuf;
  }
  if (generation_begins && !sums_loaded) start = std::max(start, time(obuf_slots_));
  const ArrayTile& tile = parts_.array()->at(tile_);
  const double end = start + tile.cycles();
  time(array_free_) = end;
  add(state_.sums, array_sums_, sums_of(tile));
  for (const StreamPlaces& stream : streams_) {
    const bool read = stream.side == Side::array && stream.load && !stream.copied && !stream.through_obuf;
    if (read && ends(stream)) give_back(stream.slots, stream.depth, end);
  }
  return end;
}

void BlockTiming::simd_tile() {
  for (StreamPlaces& stream : streams_) {
    if (stream.side == Side::simd && stream.load && begins(stream)) load(stream);
  }
  const double end = block_.simd.used ? compute_simd() : 0;
  if (sides_ && tile_.leaves(block_.array.output_loop)) {
    const double drained =
        tile_.holds(block_.simd.obuf_when) ? std::max(time(obuf_drained_), end) : time(obuf_drained_);
    give_back(obuf_slots_, obuf_depth_, drained);
  }
  for (StreamPlaces& stream : streams_) {
    if (stream.side != Side::simd || stream.load || !ends(stream)) continue;
    const bool copy = of(stream).from != isa::kNoStream;
    store(stream, copy ? time(by_number_[static_cast<std::size_t>(of(stream).from)]->ready) : end);
  }
}

double BlockTiming::compute_simd() {
  double now = time(simd_free_);
  for (const StreamPlaces& stream : streams_) {
    const bool copy = stream.copied || of(stream).from != isa::kNoStream;
    if (stream.side != Side::simd || copy || !begins(stream)) continue;
    now = std::max(now, time(stream.load ? stream.ready : stream.slots));
  }
  const bool reads_obuf = sides_ && tile_.enters(block_.array.output_loop) && tile_.holds(block_.simd.obuf_when);
  if (reads_obuf) now = std::max(now, time(obuf_filled_));
  const SimdTile& tile = parts_.simd()->at(tile_);
  for (const NestTile& nest : tile.nests) {
    const auto n = static_cast<std::size_t>(nest.nest);
    const double fill = &nest == &tile.nests.back() ? tile.fill : 0;
    if (nest_starts_[n] < 0) nest_starts_[n] = now;
    now += nest.issue.total() + fill;
    time(nest_ends_ + n) = now;
    add(state_.sums, nest_sums_ + n * kNestSums, sums_of(nest, fill));
  }
  time(simd_free_) = now;
  for (const StreamPlaces& stream : streams_) {
    const bool read = stream.side == Side::simd && stream.load && !stream.copied;
    if (read && ends(stream)) give_back(stream.slots, stream.depth, now);
  }
  return now;
}

void BlockTiming::load(StreamPlaces& stream) {
  const double slot = time(stream.through_obuf ? obuf_slots_ : stream.slots);
  const double end = transfer(stream, std::max(time(stream.sequencer), slot));
  time(stream.sequencer) = time(stream.ready) = end;
}

/// Returns its end; `filled` is when its slot was.
double BlockTiming::store(StreamPlaces& stream, double filled) {
  const double end = transfer(stream, std::max(time(stream.sequencer), filled));
  time(stream.sequencer) = time(stream.ready) = end;
  if (stream.through_obuf) return end;
  const int from = of(stream).from;
  if (from == isa::kNoStream) {
    give_back(stream.slots, stream.depth, end);
  } else {
    const StreamPlaces& source = *by_number_[static_cast<std::size_t>(from)];
    double& newest = time(source.slots + source.depth - 1);
    if (stream.first_copy) {
      give_back(source.slots, source.depth, end);
    } else {
      newest = std::max(newest, end);
    }
  }
  return end;
}

void BlockTiming::give_back(std::size_t slots, std::size_t depth, double when) {
  const auto first = state_.times.begin() + static_cast<std::ptrdiff_t>(slots);
  std::rotate(first, first + 1, first + static_cast<std::ptrdiff_t>(depth));
  state_.times[slots + depth - 1] = when;
}

}  // namespace systole::analytical
