// The energy that `analyze` prices from the corrected model's counts is that of the simulation, as far as the model is.
#include <cmath>
#include <nlohmann/json.hpp>

#include "test/cli/program_run.h"

namespace systole {
namespace {

using nlohmann::json;

class AnalyzeEnergy : public ProgramTest {
 protected:
  json energy(const std::string& command) const {
    const Ended run = systole(command + " --json");
    EXPECT_EQ(run.code, 0) << run.err;
    return json::parse(run.out).at("energy");
  }

  /// Relative difference of the totals.
  double error(const std::string& network, const std::string& memory) const {
    const std::string what = network + " --dram " + memory;
    const double simulated = energy("run " + what).at("total_pj");
    const double priced = energy("analyze " + what).at("total_pj");
    return std::abs(priced / simulated - 1);
  }
};

TEST_F(AnalyzeEnergy, is_that_of_the_simulation_on_an_ideal_memory) {
  EXPECT_LT(error("resnet50", "ideal"), 0.001);
  EXPECT_LT(error("lenet5", "ideal"), 0.001);
}

TEST_F(AnalyzeEnergy, is_close_to_that_of_the_simulation_on_a_dram) {
  EXPECT_LT(error("resnet50", "ddr4_2400"), 0.02);
  EXPECT_LT(error("lenet5", "ddr4_2400"), 0.03);
  EXPECT_LT(error("squeezenet", "hbm2"), 0.03);
}

TEST_F(AnalyzeEnergy, counts_every_component_that_the_simulation_has) {
  const json simulated = energy("run lenet5 --dram hbm2").at("by_component");
  const json priced = energy("analyze lenet5 --dram hbm2").at("by_component");
  ASSERT_EQ(priced.size(), simulated.size());
  for (const char* exact : {"systolic_array", "WBUF", "IBUF", "OBUF", "BBUF", "VMEM1", "VMEM2", "interconnect"}) {
    EXPECT_NEAR(priced.at(exact).get<double>(), simulated.at(exact).get<double>(),
                1e-6 * simulated.at(exact).get<double>())
        << exact;
  }
}

}  // namespace
}  // namespace systole
