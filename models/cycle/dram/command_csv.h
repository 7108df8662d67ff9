#pragma once

#include <iosfwd>
#include <string>

#include "models/cycle/dram/trace_run.h"

namespace systole::dram {

/// Writes commands as CSV, a line each, under the header `clock,command,channel,rank,bankgroup,bank,row,column`: clocks
/// in memory clocks (the first one a command occupies), columns in bursts, -1 where a command has no bank, row or
/// column. REFPB of a device that refreshes two banks at once names the lower one.
class CommandCsv {
 public:
  CommandCsv(std::ostream& out, const Geometry& geometry);
  void write(const ChannelCommand& command);

 private:
  std::ostream& out_;
  Geometry geometry_;
  std::string line_;
};

}  // namespace systole::dram
