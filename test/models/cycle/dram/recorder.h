#pragma once

#include <utility>
#include <vector>

#include "models/cycle/dram/channel.h"

namespace systole::dram {

/// Keeps what a channel tells.
class Recorder : public ChannelListener {
 public:
  void read_done(std::uint64_t token, Clock clock) override { done.emplace_back(token, clock); }
  void command(int /*channel*/, const Command& command) override { commands.push_back(command); }

  std::vector<std::pair<std::uint64_t, Clock>> done;
  std::vector<Command> commands;
};

}  // namespace systole::dram
