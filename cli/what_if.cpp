#include "cli/what_if.h"

#include <fmt/format.h>

#include "configs/options.pb.h"
#include "configs/resolver.h"

namespace systole {

namespace {

struct Doubled {
  const char* path;
  std::int64_t value;
  const char* text;
};

std::vector<Change> doubled(const config::Machine& machine) {
  const config::Ports& ports = machine.ports();
  const config::Buffers& buffers = machine.buffers();
  const config::SystolicArray& array = machine.systolic_array();
  std::vector<Change> changes;
  for (const Doubled& one : std::vector<Doubled>{
           {"ports.parambuf", ports.parambuf(), "twice the width of the port of weights and biases"},
           {"ports.ibuf", ports.ibuf(), "twice the width of the port of input feature maps"},
           {"ports.obuf", ports.obuf(), "twice the width of the port of outputs and partial sums"},
           {"ports.simd", ports.simd(), "twice the width of the SIMD unit's port"},
           {"ports.instruction", ports.instruction(), "twice the width of the instructions' port"},
           {"buffers.wbuf_bits", buffers.wbuf_bits(), "twice WBUF"},
           {"buffers.ibuf_bits", buffers.ibuf_bits(), "twice IBUF"},
           {"buffers.obuf_bits", buffers.obuf_bits(), "twice OBUF"},
           {"buffers.bbuf_bits", buffers.bbuf_bits(), "twice BBUF"},
           {"buffers.vmem_bits", buffers.vmem_bits(), "twice VMEM1 and VMEM2"},
           {"buffers.instruction_bits", buffers.instruction_bits(), "twice the instruction memory"},
           {"dma.max_outstanding_bursts", machine.dma().max_outstanding_bursts(), "twice the bursts in flight"},
           {"controller.decode_words_per_cycle", machine.controller().decode_words_per_cycle(),
            "twice the words decoded in a cycle"},
           {"systolic_array.rows", array.rows(), "twice the rows of the array"},
           {"systolic_array.columns", array.columns(), "twice the columns of the array and lanes of the SIMD unit"}}) {
    Change change;
    change.override_ = fmt::format("{}={}", one.path, one.value * 2);
    change.text = one.text;
    changes.push_back(change);
  }
  return changes;
}

/// The idealisations, one at a time.
std::vector<Change> switches(const config::Machine& machine) {
  std::vector<Change> changes;
  const google::protobuf::Descriptor& all = *config::Idealization::descriptor();
  const config::Idealization& without = machine.without();
  for (int i = 0; i < all.field_count(); ++i) {
    const google::protobuf::FieldDescriptor& field = *all.field(i);
    if (without.GetReflection()->GetBool(without, &field)) continue;
    Change change;
    change.override_ = "without." + field.name() + "=true";
    change.cause = field.name();
    change.text = field.options().GetExtension(config::rule).doc();
    changes.push_back(change);
  }
  return changes;
}

}  // namespace

std::string option_of(const Change& change) {
  if (!change.memory.empty()) return "--dram " + change.memory;
  if (change.tiling) return *change.tiling == TilingRule::simdit ? "--tiling simdit" : "--tiling search";
  return "--set " + change.override_;
}

std::vector<Change> changes_of(const config::Machine& machine, std::optional<TilingRule> tiling) {
  std::vector<Change> changes = doubled(machine);
  Change change;
  if (!machine.buffers().vmem_double_buffered()) {
    change.override_ = "buffers.vmem_double_buffered=true";
    change.text = "each VMEM in two halves, so that transfers overlap with computing";
    changes.push_back(change);
  }
  for (const std::string& memory : shipped_names(kDram)) {
    if (memory == machine.memory_description().name() || memory == "ideal") continue;
    change = {};
    change.memory = memory;
    change.text = "another memory";
    changes.push_back(change);
  }
  change = {};
  const bool searches = tiling.value_or(TilingRule::search) == TilingRule::search;
  change.tiling = searches ? TilingRule::simdit : TilingRule::search;
  change.text = "the other rule for cutting layers into tiles";
  changes.push_back(change);
  for (Change& spared : switches(machine)) changes.push_back(std::move(spared));
  return changes;
}

}  // namespace systole
