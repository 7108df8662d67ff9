#include "kernels/network_sweep.h"

namespace systole {

namespace {

constexpr std::size_t kNowhere = static_cast<std::size_t>(-1);

}  // namespace

const std::vector<NetworkSweep::Part>& NetworkSweep::compile(const Machine& machine) {
  machine_ = machine;
  const KnownLayers::Tilings tilings = layers_.tilings(machine);
  present_.clear();
  for (std::size_t layer = 0; layer < layers_.size(); ++layer) {
    present_.push_back(&layers_.variant(layer, tilings, machine));
  }
  place();
  if (parts_.empty()) layers_.compile(machine);  // says so
  return parts_;
}

void NetworkSweep::plan(const KnownLayers::NumberedRegion& region) {
  if (region.number >= position_.size()) position_.resize(region.number + 1, kNowhere);
  if (position_[region.number] != kNowhere) return;
  position_[region.number] = planned_.size();
  planned_.push_back({region.kind, region.bytes, {}, -1});
}

/// Regions in the order in which compile_network asks for them, since their addresses depend on it.
void NetworkSweep::place() {
  planned_.clear();
  position_.assign(position_.size(), kNowhere);
  for (const KnownLayers::NumberedRegion& region : layers_.layout_regions()) plan(region);
  std::size_t parts = 0;
  for (const KnownLayers::Variant* variant : present_) {
    for (const KnownLayers::NumberedRegion& region : variant->regions) plan(region);
    for (const KnownLayers::Part& part : variant->parts) {
      for (const KnownLayers::Origin& origin : part.origins) {
        planned_[position_[origin.region]].used.add(static_cast<std::int64_t>(parts));
      }
      ++parts;
    }
  }
  plan_ = plan_memory(planned_, static_cast<std::int64_t>(parts));
  parts_.resize(parts);
  auto placed = parts_.begin();
  for (const KnownLayers::Variant* variant : present_) {
    for (const KnownLayers::Part& part : variant->parts) {
      placed->form = part.form;
      placed->block = &part.block;
      placed->addresses.clear();
      for (const KnownLayers::Origin& origin : part.origins) {
        placed->addresses.push_back(
            {origin.stream, origin.port, origin.offset + planned_[position_[origin.region]].address});
      }
      ++placed;
    }
  }
}

std::int64_t NetworkSweep::instruction_address(std::int64_t words) const {
  if (plan_.end + 4 * words > machine_.memory_bytes) layers_.compile(machine_);  // says so
  return plan_.end;
}

}  // namespace systole
