#include "models/energy/sram_energy.h"

#include <algorithm>
#include <cmath>

namespace systole {

SramEnergy::SramEnergy(const config::SramEnergy& table, double register_bit_pj)
    : table_(table), register_bit_pj_(register_bit_pj) {}

double SramEnergy::read_pj(double bank_bytes, int word_bits) const {
  return access_pj(bank_bytes, word_bits, &config::SramPoint::read_pj);
}

double SramEnergy::write_pj(double bank_bytes, int word_bits) const {
  return access_pj(bank_bytes, word_bits, &config::SramPoint::write_pj);
}

double SramEnergy::leakage_mw(double bank_bytes) const {
  return at(bank_bytes, &config::SramPoint::leakage_mw);
}

double SramEnergy::access_pj(double bank_bytes, int word_bits, Value value) const {
  return std::max(at(bank_bytes, value) * word_bits / table_.width_bits(), register_bit_pj_ * word_bits);
}

double SramEnergy::at(double bank_bytes, Value value) const {
  const auto& points = table_.point();
  // The segment that holds the capacity; the first or the last one when it is outside.
  int right = 1;
  while (right + 1 < points.size() && static_cast<double>(points[right].capacity_bytes()) < bank_bytes) ++right;
  const config::SramPoint& a = points[right - 1];
  const config::SramPoint& b = points[right];
  const auto log_capacity = [](const config::SramPoint& p) {
    return std::log(static_cast<double>(p.capacity_bytes()));
  };
  const double share = (std::log(bank_bytes) - log_capacity(a)) / (log_capacity(b) - log_capacity(a));
  return (a.*value)() * std::pow((b.*value)() / (a.*value)(), share);
}

}  // namespace systole
