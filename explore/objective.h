#pragma once

#include <string>
#include <vector>

#include "configs/space.pb.h"

namespace systole {

/// What a model says of a machine, summed over the workloads with their weights.
struct Measures {
  double cycles = 0;
  double energy_pj = 0;  ///< 0: not asked for
  double area_mm2 = 0;   ///< of the machine; 0: not asked for, or its table has none
};

/// A machine's cost, and what it is made of. A plain number is a cost of which nothing else is known.
struct Evaluated {
  Evaluated(double value = 0) : cost(value) {}  // NOLINT: a cost is a number
  double cost = 0;
  Measures measures;
  std::vector<double> goals;  ///< one an objective, when there are several

  [[nodiscard]] bool operator==(const Evaluated& other) const { return cost == other.cost; }
};

/// What is to be small. With several objectives machines are ranked by the product of all; those that no other machine
/// beats in one without losing in another are the Pareto front.
class Objectives {
 public:
  /// `clock_mhz` of the machines.
  Objectives(const config::Space& space, double clock_mhz);

  /// Does it take more than cycles, so that machines must be priced: their energy and area?
  [[nodiscard]] bool needs_prices() const;
  [[nodiscard]] bool wants(config::Objective objective) const;
  [[nodiscard]] bool several() const { return wanted_.size() > 1; }
  [[nodiscard]] Evaluated judge(const Measures& measures) const;
  /// As cycles, or cycles x energy.
  [[nodiscard]] std::string name() const;
  /// As cycles, pJ, pJ s or mm2.
  [[nodiscard]] std::string unit() const;

 private:
  [[nodiscard]] double value(config::Objective objective, const Measures& measures) const;

  std::vector<config::Objective> wanted_;
  double hertz_;
};

}  // namespace systole
