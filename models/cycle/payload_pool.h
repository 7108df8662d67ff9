#pragma once

#include <memory>
#include <tlm>
#include <vector>

#include "isa/block.h"

namespace systole {

/// What rides on a burst besides its address: the port it came from, so that the interconnect finds the way back, and
/// its number there.
class BurstTag : public tlm::tlm_extension<BurstTag> {
 public:
  explicit BurstTag(isa::Port from) : port(from) {}
  [[nodiscard]] tlm::tlm_extension_base* clone() const override { return new BurstTag(*this); }
  void copy_from(const tlm::tlm_extension_base& other) override { *this = static_cast<const BurstTag&>(other); }

  isa::Port port;
  std::int64_t number = 0;  ///< in the order of issue
};

/// Payloads of one port. They are made once and come back when the last holder releases them.
class PayloadPool : public tlm::tlm_mm_interface {
 public:
  explicit PayloadPool(isa::Port port) : port_(port) {}

  /// A burst without data, held once. `bytes` is at least 1.
  tlm::tlm_generic_payload& take(tlm::tlm_command command, std::int64_t address, std::int64_t bytes);

  void free(tlm::tlm_generic_payload* payload) override { free_.push_back(payload); }

 private:
  isa::Port port_;
  std::vector<std::unique_ptr<tlm::tlm_generic_payload>> all_;
  std::vector<tlm::tlm_generic_payload*> free_;
};

}  // namespace systole
