#include "traces/waves/machine_wave.h"

#include <fnmatch.h>

#include <algorithm>
#include <cstring>

namespace systole {

namespace {

constexpr std::array<const char*, 9> kCommands = {"ACT", "PRE", "PREA", "RD", "RDA", "WR", "WRA", "REF", "REFPB"};
constexpr std::size_t kFirstPort = static_cast<std::size_t>(Unit::dma_parambuf);
constexpr std::int64_t kNone = -1;

std::size_t port_of(Unit unit) {
  return static_cast<std::size_t>(unit) - kFirstPort;
}

bool is_port(std::size_t unit) {
  return unit >= kFirstPort && unit < kFirstPort + 5;
}

std::vector<std::string> state_names() {
  std::vector<std::string> names;
  for (UnitState state = 0; state < kUnitStates; ++state) names.emplace_back(state_name(state));
  names.emplace_back("not_watched");
  return names;
}

std::string channel_scope(int number) {
  return "dram.channel" + std::to_string(number);
}

std::size_t command_index(const char* name) {
  return static_cast<std::size_t>(std::find_if(kCommands.begin(), kCommands.end(),
                                               [&](const char* known) { return std::strcmp(known, name) == 0; }) -
                                  kCommands.begin());
}

}  // namespace

std::vector<std::string> wave_scopes(const WaveOptions& options) {
  std::vector<std::string> scopes{"program", "slots"};
  scopes.insert(scopes.end(), kUnitNames.begin(), kUnitNames.end());
  for (int channel = 0; channel < options.channels; ++channel) scopes.push_back(channel_scope(channel));
  return scopes;
}

MachineWave::MachineWave(WaveFile& file, WaveOptions options) : file_(file), options_(std::move(options)) {
  if (options_.on) trigger_.emplace(*options_.on);
  declare_program();
  for (std::size_t unit = 0; unit < kUnits; ++unit) declare_unit(static_cast<Unit>(unit));
  declare_slots();
  for (int channel = 0; channel < options_.channels; ++channel) declare_channel(channel);
  written_.resize(declared_.size());
  file_.declare(declared_);
}

MachineWave::Handle MachineWave::declare(const std::string& scope, const std::string& name, int bits,
                                         std::vector<std::string> names) {
  const auto wanted = [&](const std::string& pattern) { return fnmatch(pattern.c_str(), scope.c_str(), 0) == 0; };
  if (!options_.units.empty() && std::none_of(options_.units.begin(), options_.units.end(), wanted)) return {};
  declared_.push_back({scope, name, bits, std::move(names)});
  return declared_.size() - 1;
}

void MachineWave::declare_program() {
  block_ = declare("program", "block", 32);
  address_ = declare("program", "address", 40);
  layer_ = declare("program", "layer", 1, options_.layers);
}

void MachineWave::declare_unit(Unit unit) {
  const auto u = static_cast<std::size_t>(unit);
  const std::string scope = kUnitNames[u];
  states_[u] = declare(scope, "state", 1, state_names());
  if (unit == Unit::systolic_array || unit == Unit::simd_unit) {
    Tile& tile = tiles_[u];
    tile.word = declare(scope, "word", 32);
    tile.layer = declare(scope, "layer", 1, options_.layers);
    tile.number = declare(scope, "tile", 32);
    for (std::size_t loop = 0; loop < tile.loops.size(); ++loop) {
      tile.loops[loop] = declare(scope, "loop" + std::to_string(loop), 32);
    }
    for (std::size_t memory = 0; unit == Unit::simd_unit && memory < tile.conflicts.size(); ++memory) {
      tile.conflicts[memory] = declare(scope, std::string("bank_conflicts_") + kConflictMemories[memory], 48);
    }
  }
  if (is_port(u)) {
    const std::size_t port = port_of(unit);
    for (std::size_t direction = 0; direction < 2; ++direction) {
      if (!options_.directions[port][direction]) continue;
      const std::string prefix = direction == 0 ? "load_" : "store_";
      Sequencer& sequencer = sequencers_[port][direction];
      sequencer.stream = declare(scope, prefix + "stream", 8);
      if (unit != Unit::dma_instruction) sequencer.word = declare(scope, prefix + "word", 32);
      sequencer.address = declare(scope, prefix + "address", 48);
      for (std::size_t loop = 0; loop < sequencer.loops.size(); ++loop) {
        sequencer.loops[loop] = declare(scope, prefix + "loop" + std::to_string(loop), 32);
      }
    }
    ports_[port] = {declare(scope, "valid", 1),        declare(scope, "ready", 1), declare(scope, "queue", 16),
                    declare(scope, "outstanding", 16), declare(scope, "bus", 1),   {}};
  }
  if (unit == Unit::controller) {
    decoded_block_ = declare(scope, "block", 32);
    decoded_word_ = declare(scope, "word", 32);
  }
  if (unit == Unit::dram) memory_bursts_ = declare(scope, "bursts", 16);
}

void MachineWave::declare_slots() {
  for (std::size_t stream = 0; stream < slots_.size(); ++stream) {
    const bool obuf = stream + 1 == slots_.size();
    if (!obuf && (options_.streams >> stream & 1U) == 0) continue;
    slots_[stream] = declare("slots", obuf ? "obuf" : "stream" + std::to_string(stream), 16);
  }
}

void MachineWave::declare_channel(int number) {
  const std::string scope = channel_scope(number);
  Channel channel;
  const std::vector<std::string> commands(kCommands.begin(), kCommands.end());
  channel.command = declare(scope, "command", 1, commands);
  channel.bank = declare(scope, "bank", 16);
  channel.row = declare(scope, "row", 32);
  channel.direction = declare(scope, "bus_direction", 1, {"read", "write"});
  channel.hits = declare(scope, "row_hits", 48);
  for (const std::string& command : commands) channel.counts.push_back(declare(scope, "count_" + command, 48));
  for (int bank = 0; bank < options_.banks; ++bank) {
    channel.open_rows.push_back(declare(scope, "open_row" + std::to_string(bank), 32));
  }
  channel.fresh.resize(channel.open_rows.size());
  channel.commands.resize(commands.size());
  channels_.push_back(std::move(channel));
}

void MachineWave::set(Cycles at, Handle variable, std::int64_t value) {
  if (variable) pending_.push_back({std::max(at, begun_), *variable, value});
}

void MachineWave::state(const StateSpan& span) {
  if (trigger_ && span.until > options_.from) {
    trigger_->state({span.unit, span.state, std::max(span.from, options_.from), span.until});
  }
  set(span.from, states_[static_cast<std::size_t>(span.unit)], span.state);
}

void MachineWave::block_begins(const BlockSpan& block) {
  set(block.from, block_, block.block);
  set(block.from, address_, block.address);
  if (block.layer >= 0) set(block.from, layer_, block.layer);
}

void MachineWave::block_ends(const BlockSpan& block) {
  set(block.until, block_, kNone);
}

void MachineWave::words(const WordSpan& span) {
  if (span.per_cycle == 0) return;
  set(span.from, decoded_block_, span.block);
  for (std::int64_t word = 0; word < span.words; word += span.per_cycle) {
    set(span.from + Cycles{word / span.per_cycle}, decoded_word_, span.word + word);
  }
  const std::int64_t cycles = (span.words + span.per_cycle - 1) / span.per_cycle;
  set(span.from + Cycles{cycles}, decoded_word_, kNone);
}

void MachineWave::instruction(const InstructionIssue& issue) {
  set(issue.at, tiles_[1].word, issue.word);
}

void MachineWave::tile(const TileSpan& tile) {
  Tile& unit = tiles_[static_cast<std::size_t>(tile.unit)];
  set(tile.from, unit.number, tile.number);
  if (tile.layer >= 0) set(tile.from, unit.layer, tile.layer);
  for (std::size_t loop = 0; loop < static_cast<std::size_t>(tile.loops); ++loop) {
    set(tile.from, unit.loops[loop], tile.index[loop]);
  }
  if (tile.unit == Unit::systolic_array) set(tile.from, unit.word, tile.word);
  set(tile.until, unit.word, kNone);
  for (std::size_t memory = 0; memory < unit.conflicts.size(); ++memory) {
    unit.conflict_cycles[memory] += tile.conflicts[memory].count();
    set(tile.until, unit.conflicts[memory], unit.conflict_cycles[memory]);
  }
}

void MachineWave::transfer_begins(const TransferSpan& transfer) {
  const Sequencer& sequencer = sequencers_[port_of(transfer.unit)][transfer.load ? 0 : 1];
  set(transfer.from, sequencer.stream, transfer.stream);
  set(transfer.from, sequencer.word, transfer.word);
  set(transfer.from, sequencer.address, transfer.address);
  for (std::size_t loop = 0; loop < sequencer.loops.size(); ++loop) {
    set(transfer.from, sequencer.loops[loop], transfer.index[loop]);
  }
}

void MachineWave::transfer_ends(const TransferSpan& transfer) {
  const Sequencer& sequencer = sequencers_[port_of(transfer.unit)][transfer.load ? 0 : 1];
  set(transfer.until, sequencer.stream, kNone);
  set(transfer.until, sequencer.word, kNone);
}

void MachineWave::level(const LevelChange& change) {
  const auto index = static_cast<std::size_t>(change.index);
  switch (change.level) {
    case Level::slots_filled:
      return set(change.at, slots_[index], change.value);
    case Level::outstanding:
      return set(change.at, ports_[index].outstanding, change.value);
    case Level::waiting:
      set(change.at, ports_[index].queue, change.value);
      return set(change.at, ports_[index].valid, change.value > 0 ? 1 : 0);
    case Level::accepted:
      return accept(ports_[index], change.at, change.value);
    case Level::bus:
      return set(change.at, ports_[index].bus, change.value);
    case Level::memory:
      return set(change.at, memory_bursts_, change.value);
  }
}

void MachineWave::accept(Port& port, Cycles at, std::int64_t bursts) {
  if (port.accepted == bursts) return;
  const bool first = !port.accepted;
  port.accepted = bursts;
  if (first) return;
  set(at, port.ready, 1);
  set(at + Cycles{1}, port.ready, 0);
}

void MachineWave::open_row(const OpenRowEvent& row) {
  Channel& channel = channels_.at(static_cast<std::size_t>(row.channel));
  const auto bank = static_cast<std::size_t>(row.bank);
  set(row.at, channel.open_rows[bank], row.row);
  channel.fresh[bank] = !row.used;
}

void MachineWave::dram(const DramEvent& event) {
  Channel& channel = channels_.at(static_cast<std::size_t>(event.channel));
  const std::size_t command = command_index(event.command);
  const auto bank = static_cast<std::size_t>(event.bank);
  const std::string name = event.command;
  const bool column = name[0] == 'W' || (name[0] == 'R' && name[1] == 'D');
  set(event.at, channel.command, static_cast<std::int64_t>(command));
  set(event.at, channel.bank, event.bank);
  set(event.at, channel.counts[command], ++channel.commands[command]);
  if (name == "ACT") {
    set(event.at, channel.row, event.row);
    open_rows(channel, event, event.row);
    channel.fresh[bank] = true;
  }
  if (column) {
    set(event.at, channel.direction, name[0] == 'W' ? 1 : 0);
    if (!channel.fresh[bank]) set(event.at, channel.hits, ++channel.row_hits);
    channel.fresh[bank] = false;
  }
  if (name == "PRE" || name == "PREA" || name == "RDA" || name == "WRA") open_rows(channel, event, kNone);
}

void MachineWave::open_rows(Channel& channel, const DramEvent& event, std::int64_t row) {
  for (int bank = event.bank; bank < event.bank + event.banks; ++bank) {
    set(event.at, channel.open_rows[static_cast<std::size_t>(bank)], row);
  }
}

void MachineWave::settled(Cycles until) {
  told_ = until;
  if (trigger_) follow_trigger();
  if (trigger_ && !trigger_->fired()) return forget_until(std::min(until, trigger_->stall().from) - options_.margin);
  write_until(std::min(until, options_.until));
}

/// The stall says what the window is.
void MachineWave::follow_trigger() {
  if (!trigger_->fired()) return;
  const StallTrigger::Span& stall = trigger_->stall();
  options_.from = std::max(options_.from, stall.from - options_.margin);
  if (trigger_->ended()) options_.until = std::min(options_.until, stall.until + options_.margin);
}

bool MachineWave::seen_all() const {
  return trigger_ && trigger_->ended() && told_ >= options_.until;
}

/// Nothing is known yet to be there, and what is counted is as it was.
void MachineWave::begins(Cycles at) {
  begun_ = at;
  for (Port& port : ports_) {
    port.accepted.reset();
    set(at, port.ready, 0);
  }
  for (const auto& port : sequencers_) {
    for (const Sequencer& sequencer : port) {
      set(at, sequencer.stream, kNone);
      set(at, sequencer.word, kNone);
    }
  }
  for (const Tile& unit : tiles_) {
    set(at, unit.word, kNone);
    for (std::size_t i = 0; i < unit.conflicts.size(); ++i) set(at, unit.conflicts[i], unit.conflict_cycles[i]);
  }
  for (const Channel& channel : channels_) {
    set(at, channel.hits, channel.row_hits);
    for (std::size_t i = 0; i < channel.counts.size(); ++i) set(at, channel.counts[i], channel.commands[i]);
    for (const Handle row : channel.open_rows) set(at, row, kNone);
  }
}

void MachineWave::stops(Cycles at) {
  for (const Handle state : states_) set(at, state, kUnitStates);
}

/// Later changes of the same cycle win; what the file says already is not said again.
void MachineWave::write_until(Cycles until) {
  const auto late =
      std::stable_partition(pending_.begin(), pending_.end(), [&](const Change& change) { return change.at < until; });
  std::stable_sort(pending_.begin(), late, [](const Change& a, const Change& b) { return a.at < b.at; });
  std::vector<std::pair<std::size_t, std::optional<std::int64_t>>> before;  // of the variables that change in the cycle
  for (auto begin = pending_.begin(); begin != late;) {
    const Cycles at = std::max(begin->at, options_.from);
    before.clear();
    for (; begin != late && std::max(begin->at, options_.from) == at; ++begin) {
      std::optional<std::int64_t>& now = written_[begin->variable];
      const auto known =
          std::find_if(before.begin(), before.end(), [&](const auto& other) { return other.first == begin->variable; });
      if (known == before.end()) before.emplace_back(begin->variable, now);
      now = begin->value;
    }
    for (const auto& [variable, was] : before) {
      if (written_[variable] != was) file_.change(at, variable, *written_[variable]);
    }
  }
  pending_.erase(pending_.begin(), late);
}

/// Of the changes before, only the last one of each variable is kept.
void MachineWave::forget_until(Cycles until) {
  std::vector<std::size_t> latest(declared_.size(), pending_.size());
  for (std::size_t i = 0; i < pending_.size(); ++i) {
    const Change& change = pending_[i];
    std::size_t& known = latest[change.variable];
    if (change.at < until && (known == pending_.size() || pending_[known].at <= change.at)) known = i;
  }
  std::size_t kept = 0;
  for (std::size_t i = 0; i < pending_.size(); ++i) {
    const Change change = pending_[i];
    if (change.at >= until || latest[change.variable] == i) pending_[kept++] = change;
  }
  pending_.erase(pending_.begin() + static_cast<std::ptrdiff_t>(kept), pending_.end());
}

void MachineWave::close(Cycles end) {
  if (trigger_) follow_trigger();
  const Cycles last = std::min({end, told_, options_.until});
  write_until(last);
  file_.close(last);
}

}  // namespace systole
