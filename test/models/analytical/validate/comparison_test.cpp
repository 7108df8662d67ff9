#include "models/analytical/validate/comparison.h"

#include <gtest/gtest.h>

namespace systole::validation {
namespace {

/// Layers a, b (fused into a) and c; blocks of a (with b's nest), c, and c again.
isa::Program three_layers() {
  isa::Program program;
  program.set_model("net");
  for (const char* name : {"a", "b", "c"}) {
    isa::LayerInfo& layer = *program.add_layers();
    layer.set_index(program.layers_size() - 1);
    layer.set_name(name);
    layer.set_op(name[0] == 'b' ? "Relu" : "Conv");
    layer.set_unit(name[0] == 'b' ? isa::LayerInfo::simd_unit : isa::LayerInfo::systolic_array);
    layer.set_fused_into(name[0] == 'b' ? 0 : -1);
  }
  for (const int layer : {0, 2, 2}) {
    isa::EncodedBlock& block = *program.add_blocks();
    block.set_array_layer(layer);
    if (layer == 0) block.add_nest_layers(1);
  }
  return program;
}

double sum_of(const Named<double>& causes) {
  double sum = 0;
  for (const auto& cause : causes) sum += cause.second;
  return sum;
}

TEST(Comparison, a_blocks_time_counts_from_the_end_of_the_one_before_for_the_layer_that_leads_it) {
  const isa::Program program = three_layers();
  EXPECT_EQ(cycles_by_layer(program, std::vector<std::int64_t>{10, 25, 27}), (MachineCycles{10, 0, 17}));
}

TEST(Comparison, a_block_without_array_counts_for_its_nest_and_one_of_streams_for_its_stream) {
  isa::Program program = three_layers();
  program.mutable_blocks(1)->set_array_layer(-1);
  program.mutable_blocks(1)->add_nest_layers(1);
  program.mutable_blocks(2)->set_array_layer(-1);
  program.mutable_blocks(2)->add_stream_layers(-1);
  program.mutable_blocks(2)->add_stream_layers(2);
  EXPECT_EQ(cycles_by_layer(program, std::vector<std::int64_t>{10, 25, 27}), (MachineCycles{25, 0, 2}));
}

TEST(Comparison, a_cause_is_worth_what_the_model_missed_of_the_machines_step) {
  const Validation v = compare(three_layers(), {"refresh", "latency"}, {{100, 0, 50}, {90, 0, 50}, {70, 0, 40}},
                               {{93, 0, 55}, {89, 0, 50}, {70, 0, 42}});
  ASSERT_EQ(v.layers.size(), 2U);
  EXPECT_EQ(v.layers[0].op, "Conv +1");
  EXPECT_EQ(v.layers[0].causes, (Named<double>{{"refresh", 6}, {"latency", 1}, {"model", 0}}));
  EXPECT_EQ(v.layers[1].causes, (Named<double>{{"refresh", -5}, {"latency", 2}, {"model", -2}}));
  EXPECT_EQ(v.causes, (Named<double>{{"refresh", 1}, {"latency", 3}, {"model", -2}}));
  EXPECT_EQ(v.cycle, 150);
  EXPECT_DOUBLE_EQ(v.analytical, 148);
  EXPECT_DOUBLE_EQ(v.mean_absolute_error, (0.07 + 0.1) / 2);
  EXPECT_DOUBLE_EQ(v.total_error, -2.0 / 150);
}

TEST(Comparison, faults_of_the_published_model_are_steps_of_the_model) {
  const Validation v = compare_with_faults(three_layers(), {"refresh"}, {{100, 0, 50}, {90, 0, 50}}, {"slot_counts"},
                                           {{80, 0, 60}, {85, 0, 60}}, "rest");
  EXPECT_EQ(v.layers[0].causes, (Named<double>{{"refresh", 10}, {"slot_counts", 5}, {"rest", 5}}));
  EXPECT_EQ(sum_of(v.causes), static_cast<double>(v.cycle) - v.analytical);
}

TEST(Comparison, sums_are_exact_whatever_the_fractions_are) {
  const double third = 1.0 / 3;
  const Validation v = compare(three_layers(), {"refresh", "latency"}, {{3000000007, 0, 7}, {900, 0, 5}, {1, 0, 4}},
                               {{2.8e9 + third, 0, 7.1}, {800.7, 0, third}, {1e-3, 0, 3.3}});
  for (const LayerComparison& layer : v.layers) {
    EXPECT_EQ(sum_of(layer.causes), static_cast<double>(layer.cycle) - layer.analytical);
  }
  EXPECT_EQ(sum_of(v.causes), static_cast<double>(v.cycle) - v.analytical);
}

TEST(Comparison, a_layer_that_only_the_model_charges_has_no_relative_error) {
  const Validation v = compare(three_layers(), {}, {{0, 0, 50}}, {{8, 0, 50}});
  EXPECT_FALSE(v.layers[0].error.has_value());
  EXPECT_DOUBLE_EQ(v.mean_absolute_error, 0);
}

}  // namespace
}  // namespace systole::validation
