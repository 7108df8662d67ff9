#pragma once

#include "configs/energy.pb.h"

namespace systole {

/// What a bank of on-chip memory costs, as a function of its capacity (log_log.h); it never falls. A word of another
/// width than the table's costs in proportion: a narrow bank drives fewer bit lines.
class SramEnergy {
 public:
  /// `register_bit_pj` is the floor of an access, pJ a bit: a memory of a few words is no cheaper than registers.
  SramEnergy(const config::SramEnergy& table, double register_bit_pj);

  /// pJ of one access to one word.
  [[nodiscard]] double read_pj(double bank_bytes, int word_bits) const;
  [[nodiscard]] double write_pj(double bank_bytes, int word_bits) const;
  /// mW of one bank.
  [[nodiscard]] double leakage_mw(double bank_bytes) const;

 private:
  using Value = double (config::SramPoint::*)() const;
  [[nodiscard]] double at(double bank_bytes, Value value) const;
  [[nodiscard]] double access_pj(double bank_bytes, int word_bits, Value value) const;

  config::SramEnergy table_;
  double register_bit_pj_;
};

}  // namespace systole
