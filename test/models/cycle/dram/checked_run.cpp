#include "test/models/cycle/dram/checked_run.h"

#include <algorithm>

#include "test/models/cycle/dram/shipped.h"

namespace systole::dram {

namespace {

int log2_of(int value) {
  int bits = 0;
  while ((1 << bits) < value) ++bits;
  return bits;
}

checker::Record record_of(const ChannelCommand& command, const checker::DataSheet& sheet) {
  const Command& c = command.command;
  const int groups = c.bank / sheet.banks_per_group;
  return {c.clock,
          name_of(c.kind),
          command.channel,
          groups / sheet.groups,
          groups % sheet.groups,
          c.bank % sheet.banks_per_group,
          c.row,
          c.column};
}

}  // namespace

CheckedRun run_checked(const config::Memory& controller, const config::Memory& described, const std::string& device,
                       const std::vector<TraceRequest>& requests) {
  const config::Dram& dram = described.dram();
  const config::DramOrganization& o = dram.organization();
  checker::DataSheet sheet = checker::data_sheet(device);
  sheet.ranks = o.ranks();
  const int burst_bytes = o.channel_bits() / 8 * o.burst_length();
  const std::map<std::string, int> widths = {
      {"channel", log2_of(o.channels())},       {"rank", log2_of(o.ranks())}, {"bankgroup", log2_of(sheet.groups)},
      {"bank", log2_of(sheet.banks_per_group)}, {"row", log2_of(o.rows())},   {"column", log2_of(sheet.columns)}};
  std::vector<checker::Hash> hashing;
  for (const config::DramXor& x : dram.address_map().xor_()) hashing.push_back({x.field(), x.bit(), x.row_bit()});

  const checker::PlaceMap place_of(log2_of(burst_bytes), dram.address_map().fields(), widths, hashing);
  checker::ServiceChecker service;
  for (const TraceRequest& request : requests) {
    const std::uint64_t start = request.address / 64 * 64;
    for (int offset = 0; offset < 64; offset += burst_bytes) {
      service.ask(place_of(start + static_cast<std::uint64_t>(offset)), request.direction == Direction::write);
    }
  }
  const checker::CommandChecker fresh(sheet, dram.controller().refresh() == config::per_bank,
                                      dram.controller().max_postponed_refreshes());
  std::vector<checker::CommandChecker> channels(static_cast<std::size_t>(o.channels()), fresh);

  const DramConfig config = configure(controller);
  TraceRun run(config, [&](const ChannelCommand& command) {
    const checker::Record record = record_of(command, sheet);
    channels[static_cast<std::size_t>(command.channel)].check(record);
    service.serve(record);
  });
  for (const TraceRequest& request : requests) run.enter(request);
  CheckedRun checked;
  checked.result = run.finish();
  for (checker::CommandChecker& channel : channels) {
    channel.finish(checked.result.clocks);
    checked.slack.merge(channel.slack());
  }
  checked.service = service.finish(checked.result.counters.forwarded_reads);
  return checked;
}

}  // namespace systole::dram
