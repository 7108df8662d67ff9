#include "models/energy/sram_energy.h"

#include <algorithm>

#include "models/energy/log_log.h"

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
  return log_log(table_.point(), bank_bytes, value);
}

}  // namespace systole
