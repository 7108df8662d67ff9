#include "models/cycle/dram/command_csv.h"

#include <fmt/format.h>

#include <iterator>
#include <ostream>

namespace systole::dram {

CommandCsv::CommandCsv(std::ostream& out, const Geometry& geometry) : out_(out), geometry_(geometry) {
  out_ << "clock,command,channel,rank,bankgroup,bank,row,column\n";
}

void CommandCsv::write(const ChannelCommand& command) {
  const Command& c = command.command;
  const bool whole_rank = c.kind == CommandKind::precharge_all || c.kind == CommandKind::refresh_all;
  const int group = whole_rank ? -1 : geometry_.group_of(c.bank) % geometry_.groups;
  const int bank = whole_rank ? -1 : c.bank % geometry_.banks_per_group;
  line_.clear();
  fmt::format_to(std::back_inserter(line_), "{},{},{},{},{},{},{},{}\n", c.clock, name_of(c.kind), command.channel,
                 geometry_.rank_of(c.bank), group, bank, c.row, c.column);
  out_ << line_;
}

}  // namespace systole::dram
