// A controller whose timing is one clock too short anywhere is caught: refused as contradictory, seen by the checker,
// or seen in the unloaded read latency.
#include <google/protobuf/message.h>
#include <gtest/gtest.h>

#include "test/models/cycle/dram/scenarios.h"

namespace systole::dram {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

/// Paths of the integers in timing, command bus and per-bank refresh.
std::vector<std::pair<const FieldDescriptor*, const FieldDescriptor*>> parameters(const config::Dram& dram) {
  std::vector<std::pair<const FieldDescriptor*, const FieldDescriptor*>> found;
  for (const char* group : {"timing", "command_bus", "per_bank_refresh"}) {
    const FieldDescriptor* field = dram.GetDescriptor()->FindFieldByName(group);
    if (!dram.GetReflection()->HasField(dram, field)) continue;
    for (int i = 0; i < field->message_type()->field_count(); ++i) {
      const FieldDescriptor* parameter = field->message_type()->field(i);
      if (parameter->cpp_type() == FieldDescriptor::CPPTYPE_INT32) found.emplace_back(field, parameter);
    }
  }
  return found;
}

config::Memory lowered(config::Memory memory, const FieldDescriptor* group, const FieldDescriptor* parameter) {
  config::Dram& dram = *memory.mutable_dram();
  Message* message = dram.GetReflection()->MutableMessage(&dram, group);
  const int value = message->GetReflection()->GetInt32(*message, parameter);
  message->GetReflection()->SetInt32(message, parameter, value - 1);
  return memory;
}

/// The range rules and the rules among parameters, as for a file.
bool refused(const config::Memory& memory) {
  Diagnostics faults;
  config::Memory read_again;
  const Source source = parse_text(to_text(memory), "lowered", read_again, faults);
  if (faults.empty()) make_dram_config(read_again, source, "", faults);
  return !faults.empty();
}

bool seen(const Scenario& scenario, const config::Memory& controller) {
  const CheckedRun run = run_checked(controller, scenario.memory, scenario.sheet, scenario.requests);
  return !run.slack.legal();
}

Clock unloaded_read(const config::Memory& memory) {
  const DramConfig config = configure(memory);
  TraceRun run(config);
  run.enter({0, Direction::read, 0});
  return run.finish().latencies.begin()->first;
}

class Mutation : public testing::TestWithParam<const char*> {};

TEST_P(Mutation, any_parameter_lowered_by_one_clock_is_caught) {
  const std::string device = GetParam();
  const std::vector<Scenario> all = scenarios(device);
  const Clock latency = unloaded_read(shipped(device));
  for (const auto& [group, parameter] : parameters(shipped(device).dram())) {
    if (parameter->name() == "clock_ps") continue;  // the length of a clock: no command moves
    const auto lower = [&, g = group, p = parameter](const config::Memory& memory) { return lowered(memory, g, p); };
    bool caught = refused(lower(shipped(device))) || unloaded_read(lower(shipped(device))) != latency;
    for (std::size_t i = 0; i < all.size() && !caught; ++i) caught = seen(all[i], lower(all[i].memory));
    EXPECT_TRUE(caught) << group->name() << '.' << parameter->name();
  }
}

INSTANTIATE_TEST_SUITE_P(Devices, Mutation, testing::ValuesIn(kShippedDevices),
                         [](const auto& device) { return std::string(device.param); });

}  // namespace
}  // namespace systole::dram
