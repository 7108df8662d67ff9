#include "traces/timeline/timeline.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <numeric>
#include <ostream>

namespace systole {

namespace {

constexpr std::size_t kFirstPort = static_cast<std::size_t>(Unit::dma_parambuf);
constexpr Cycles kCounterSpan{1024};
constexpr double kCounterUnit = 1.0 / static_cast<double>(kCounterSpan.count());

std::size_t port_of(Unit unit) {
  return static_cast<std::size_t>(unit) - kFirstPort;
}

std::string json_string(const std::string& text) {
  return nlohmann::json(text).dump();
}

std::string indices(const std::array<std::int32_t, 8>& index, int loops) {
  std::string text;
  for (int loop = 0; loop < loops; ++loop) {
    text += (loop == 0 ? "" : ",") + std::to_string(index[static_cast<std::size_t>(loop)]);
  }
  return '"' + text + '"';
}

}  // namespace

Timeline::Timeline(std::ostream& out, TimelineOptions options) : out_(out), options_(std::move(options)) {
  out_ << "{\"displayTimeUnit\":\"ns\",\"traceEvents\":[\n";
  event(fmt::format(R"({{"ph":"M","pid":1,"name":"process_name","args":{{"name":{}}}}})", json_string(options_.title)));
  blocks_ = track("layers");
  for (std::size_t unit = 0; unit < kUnits; ++unit) {
    const std::string name = kUnitNames[unit];
    states_[unit] = track(name);
    if (unit < tiles_.size()) tiles_[unit] = track(name + " tiles");
    if (unit < kFirstPort || unit >= kFirstPort + transfers_.size()) continue;
    transfers_[unit - kFirstPort] = {track(name + " loads"), track(name + " stores")};
    buses_[unit - kFirstPort].name = name + " bus, busy part";
    outstanding_[unit - kFirstPort].counter.name = name + " bursts on their way";
  }
  for (int channel = 0; channel < options_.channels; ++channel) {
    channels_.push_back(track(fmt::format("dram channel {}", channel)));
  }
  memory_.name = "dram, bytes a cycle";
  at_memory_.counter.name = "bursts at the memory";
}

Timeline::Track Timeline::track(const std::string& name) {
  Track result;
  result.number = ++tracks_;
  event(fmt::format(R"({{"ph":"M","pid":1,"tid":{},"name":"thread_name","args":{{"name":{}}}}})", result.number,
                    json_string(name)));
  event(fmt::format(R"({{"ph":"M","pid":1,"tid":{0},"name":"thread_sort_index","args":{{"sort_index":{0}}}}})",
                    result.number));
  return result;
}

void Timeline::event(const std::string& json) {
  if (!first_) out_ << ",\n";
  first_ = false;
  out_ << json << std::flush;
  if (!out_) ++lost_;
}

std::string Timeline::layer(int index) const {
  return index < 0 ? "-" : options_.layers.at(static_cast<std::size_t>(index));
}

/// 0 up to `plain_slices`, then four times longer each time their number doubles.
Cycles Timeline::merge_span() const {
  std::int64_t span = 0;
  for (std::int64_t limit = options_.plain_slices; slices_ > limit; limit *= 2) span = span == 0 ? 256 : span * 4;
  return Cycles{span};
}

void Timeline::slice(Track& track, Cycles from, Cycles until, std::string name, std::string args) {
  const bool alike = track.slices > 0 && track.until == from && track.name == name && args.empty();
  const bool joins = track.slices > 0 && until - track.from <= merge_span();
  if (!alike && !joins) write(track);
  if (track.slices == 0) {
    track.from = from;
    track.name = std::move(name);
    track.args = std::move(args);
  }
  if (!alike) ++track.slices;
  track.until = until;
}

void Timeline::write(Track& track) {
  if (track.slices == 0) return;
  std::string args = track.args;
  if (track.slices > 1) {
    merged_ += track.slices;
    track.name = fmt::format("{} slices", track.slices);
    args.clear();
    for (UnitState state = 0; state < kUnitStates; ++state) {
      const std::int64_t cycles = track.states[static_cast<std::size_t>(state)];
      if (cycles > 0) args += fmt::format(R"({}"{}":{})", args.empty() ? "" : ",", state_name(state), cycles);
    }
  }
  event(fmt::format(R"({{"ph":"X","pid":1,"tid":{},"ts":{},"dur":{},"name":{},"args":{{{}}}}})", track.number,
                    track.from.count(), (track.until - track.from).count(), json_string(track.name), args));
  ++slices_;
  track.slices = 0;
  track.states.fill(0);
}

void Timeline::state(const StateSpan& span) {
  Track& track = states_[static_cast<std::size_t>(span.unit)];
  if (span.state == kIdleState) return;
  slice(track, span.from, span.until, state_name(span.state), "");
  track.states[static_cast<std::size_t>(span.state)] += (span.until - span.from).count();
}

void Timeline::block_ends(const BlockSpan& block) {
  slice(blocks_, block.from, block.until, layer(block.layer),
        fmt::format(R"("block":{},"address":{},"words":{})", block.block, block.address, block.words));
}

void Timeline::tile(const TileSpan& tile) {
  if (tile.until == tile.from) return;
  slice(tiles_[static_cast<std::size_t>(tile.unit)], tile.from, tile.until, layer(tile.layer),
        fmt::format(R"("tile":{},"index":{},"waited":{},"hazards":{},"bank_conflicts":{})", tile.number,
                    indices(tile.index, tile.loops), (tile.from - tile.arrived).count(), tile.hazards.count(),
                    std::accumulate(tile.conflicts.begin(), tile.conflicts.end(), Cycles{}).count()));
}

void Timeline::transfer_ends(const TransferSpan& transfer) {
  slice(transfers_[port_of(transfer.unit)][transfer.load ? 0 : 1], transfer.from, transfer.until, layer(transfer.layer),
        fmt::format(R"("stream":{},"address":{},"bytes":{},"bursts":{},"waited":{})", transfer.stream, transfer.address,
                    transfer.bytes, transfer.bursts, (transfer.from - transfer.arrived).count()));
}

void Timeline::level(const LevelChange& change) {
  const auto port = static_cast<std::size_t>(change.index);
  if (change.level == Level::outstanding) occupy(outstanding_[port], change.at, change.value);
  if (change.level == Level::memory) occupy(at_memory_, change.at, change.value);
  if (change.level != Level::bus) return;
  if (change.value == 0) count(buses_[port], bus_since_[port], (change.at - bus_since_[port]).count(), kCounterUnit);
  bus_since_[port] = change.at;
}

void Timeline::dram(const DramEvent& event) {
  const std::string command = event.command;
  const bool write = command[0] == 'W';
  const bool read = command.rfind("RD", 0) == 0;
  Track& track = channels_.at(static_cast<std::size_t>(event.channel));
  if (write || read) count(memory_, event.at, options_.burst_bytes, kCounterUnit);
  if (command == "ACT" || command == "PRE" || command == "PREA") return;
  const std::string name = write ? "write" : read ? "read" : "refresh";
  if (track.slices > 0 && track.name == name) {
    track.until = event.at + Cycles{1};
    return;
  }
  slice(track, event.at, event.at + Cycles{1}, name, "");
}

/// What the level was until now, divided at the borders of spans.
void Timeline::occupy(Occupancy& occupancy, Cycles at, std::int64_t value) {
  while (occupancy.since < at) {
    const std::int64_t border = (occupancy.since.count() / kCounterSpan.count() + 1) * kCounterSpan.count();
    const Cycles until = occupancy.level == 0 ? at : std::min(at, Cycles{border});
    const std::int64_t amount = occupancy.level * (until - occupancy.since).count();
    if (amount > 0) count(occupancy.counter, occupancy.since, amount, kCounterUnit);
    occupancy.since = until;
  }
  occupancy.level = value;
}

void Timeline::count(Counter& counter, Cycles at, std::int64_t amount, double unit) {
  if (at - counter.begin >= kCounterSpan) {
    write(counter, unit);
    const Cycles after = counter.begin + kCounterSpan;
    counter.begin = Cycles{at.count() / kCounterSpan.count() * kCounterSpan.count()};
    if (counter.begin > after) {
      event(fmt::format(R"({{"ph":"C","pid":1,"ts":{},"name":{},"args":{{"value":0}}}})", after.count(),
                        json_string(counter.name)));
    }
  }
  counter.sum += amount;
}

void Timeline::write(Counter& counter, double unit) {
  event(fmt::format(R"({{"ph":"C","pid":1,"ts":{},"name":{},"args":{{"value":{:.4g}}}}})", counter.begin.count(),
                    json_string(counter.name), static_cast<double>(counter.sum) * unit));
  counter.sum = 0;
}

void Timeline::close(Cycles end) {
  write(blocks_);
  for (Track& track : states_) write(track);
  for (Track& track : tiles_) write(track);
  for (auto& port : transfers_) {
    for (Track& track : port) write(track);
  }
  for (Track& track : channels_) write(track);
  for (Counter& counter : buses_) write(counter, kCounterUnit);
  if (options_.channels > 0) write(memory_, kCounterUnit);
  for (Occupancy& occupancy : outstanding_) {
    occupy(occupancy, end, 0);
    write(occupancy.counter, kCounterUnit);
  }
  occupy(at_memory_, end, 0);
  write(at_memory_.counter, kCounterUnit);
  if (lost_ > 0) out_.clear();
  const std::string lost = lost_ > 0 ? fmt::format(R"(,"lost":"the disk was full: {} events and more")", lost_) : "";
  out_ << fmt::format(
      "\n],\"otherData\":{{\"time_unit\":\"1 us is one accelerator "
      "cycle\",\"cycles\":{},\"slices\":{},\"merged\":{}{}}}}}\n",
      end.count(), slices_, merged_, lost);
}

}  // namespace systole
