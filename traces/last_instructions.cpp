#include "traces/last_instructions.h"

#include <fmt/format.h>

#include <algorithm>
#include <ostream>

namespace systole {

namespace {

constexpr Cycles kUnknown{-1};

std::string unit_name(Unit unit) {
  return kUnitNames[static_cast<std::size_t>(unit)];
}

std::string sequencer_name(const TransferSpan& transfer) {
  return unit_name(transfer.unit) + (transfer.load ? " load" : " store");
}

}  // namespace

/// Units tell of different times, so the newcomer finds its place from the end.
void LastInstructions::add(Instruction instruction) {
  auto place = last_.end();
  while (place != last_.begin() && std::prev(place)->issued > instruction.issued) --place;
  last_.insert(place, std::move(instruction));
  if (last_.size() > most_) last_.pop_front();
}

void LastInstructions::complete(const std::string& unit, Cycles issued, Cycles until) {
  const auto found = std::find_if(last_.rbegin(), last_.rend(), [&](const Instruction& instruction) {
    return instruction.unit == unit && instruction.issued == issued;
  });
  if (found != last_.rend()) found->completes = until;
}

void LastInstructions::block_begins(const BlockSpan& block) {
  add({block.from, kUnknown, "controller",
       fmt::format("block {}, words {} to {} of the program", block.block, block.address,
                   block.address + block.words - 1),
       block.layer});
}

void LastInstructions::block_ends(const BlockSpan& block) {
  complete("controller", block.from, block.until);
}

void LastInstructions::tile(const TileSpan& tile) {
  std::string what = fmt::format("tile {}", tile.number);
  for (int loop = 0; loop < tile.loops; ++loop) {
    what += fmt::format("{}{}", loop == 0 ? ", tile loops " : " ", tile.index[static_cast<std::size_t>(loop)]);
  }
  add({tile.from, tile.until, unit_name(tile.unit), std::move(what), tile.layer});
}

void LastInstructions::transfer_begins(const TransferSpan& transfer) {
  add({transfer.from, kUnknown, sequencer_name(transfer),
       fmt::format("stream {}, from {:#x} off chip on", transfer.stream, transfer.address), transfer.layer});
}

void LastInstructions::transfer_ends(const TransferSpan& transfer) {
  complete(sequencer_name(transfer), transfer.from, transfer.until);
}

void LastInstructions::print(std::ostream& out, Cycles now) const {
  out << fmt::format("  {:>12} {:>12}  {:<22} {}\n", "issued", "completed", "unit", "what");
  for (const Instruction& one : last_) {
    const bool completed = one.completes >= one.issued && one.completes <= now;
    const std::string layer = one.layer < 0 ? "" : ", " + layers_.at(static_cast<std::size_t>(one.layer));
    out << fmt::format("  {:>12} {:>12}  {:<22} {}{}\n", one.issued.count(),
                       completed ? std::to_string(one.completes.count()) : "-", one.unit, one.what, layer);
  }
}

}  // namespace systole
