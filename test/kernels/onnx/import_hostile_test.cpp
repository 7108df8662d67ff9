#include <gtest/gtest.h>

#include <fstream>
#include <random>
#include <sstream>

#include "test/kernels/onnx/model_builder.h"

// Damaged files must end in a UserError (or import, when the damage changes nothing that matters): no crash, no
// InternalError, no memory for what is only declared.
namespace systole {
namespace {

using test::attribute;
using test::Ints;
using test::Model;

std::string file(const std::string& name) {
  std::ifstream in(std::string(SYSTOLE_SOURCE_DIR) + "/configs/networks/" + name, std::ios::binary);
  std::ostringstream bytes;
  bytes << in.rdbuf();
  return bytes.str();
}

/// A bit of everything, with shapes computed from constants, so that flips reach many operators.
std::string zoo() {
  return Model(13)
      .input("x", {1, 4, 8, 8})
      .fill("w", {4, 2, 3, 3}, 0.5F)
      .floats("v", {4}, {1, 2, 3, 4})
      .floats("lo", {}, {0})
      .ints("axes", {2, 3})
      .ints("pads", {0, 0, 1, 1, 0, 0, 1, 1})
      .ints("starts", {1, 1})
      .ints("ends", {7, 7})
      .ints("zero", {0})
      .ints("rest", {-1})
      .node("Conv", {"x", "w", "v"}, {"c"}, {attribute("group", std::int64_t{2}), attribute("pads", Ints{1, 1, 1, 1})})
      .node("BatchNormalization", {"c", "v", "v", "v", "v"}, {"b"})
      .node("Clip", {"b", "lo"}, {"r"})
      .node("Pad", {"r", "pads"}, {"p"})
      .node("Slice", {"p", "starts", "ends", "axes"}, {"s"})
      .node("MaxPool", {"s"}, {"m"}, {attribute("kernel_shape", Ints{2, 2}), attribute("strides", Ints{2, 2})})
      .node("Split", {"m"}, {"l", "h"}, {attribute("axis", std::int64_t{1})})
      .node("Concat", {"h", "l"}, {"k"}, {attribute("axis", std::int64_t{1})})
      .node("Transpose", {"k"}, {"t"}, {attribute("perm", Ints{0, 2, 3, 1})})
      .node("Softmax", {"t"}, {"e"}, {attribute("axis", std::int64_t{2})})
      .node("ReduceSum", {"e", "axes"}, {"q"})
      .node("Squeeze", {"q", "axes"}, {"z"})
      .node("Shape", {"z"}, {"shape"})
      .node("Gather", {"shape", "zero"}, {"batch"})
      .node("Concat", {"batch", "rest"}, {"target"}, {attribute("axis", std::int64_t{0})})
      .node("Reshape", {"t", "target"}, {"f"})
      .output("f")
      .bytes();
}

/// Imports; anything but success and UserError fails the test.
bool survives(const std::string& bytes) {
  try {
    static_cast<void>(test::import_bytes(bytes));
    return true;
  } catch (const UserError&) {
    return true;
  } catch (const std::exception& other) {
    ADD_FAILURE() << other.what();
    return false;
  }
}

TEST(Hostile, every_truncation_is_refused) {
  const std::string whole = file("lenet5.onnx");
  ASSERT_FALSE(whole.empty());
  for (std::size_t length = 0; length < whole.size(); length += 7) {
    EXPECT_THROW(static_cast<void>(test::import_bytes(whole.substr(0, length))), UserError) << length << " bytes";
  }
}

TEST(Hostile, flipped_bits_are_survived) {
  std::mt19937 random(20240229);
  for (const std::string& whole : {zoo(), file("lenet5.onnx")}) {
    for (int trial = 0; trial < 3000; ++trial) {
      std::string bytes = whole;
      for (unsigned flips = 1 + random() % 3; flips > 0; --flips) {
        bytes[random() % bytes.size()] ^= static_cast<char>(1U << random() % 8);
      }
      ASSERT_TRUE(survives(bytes)) << "trial " << trial;
    }
  }
}

TEST(Hostile, random_numbers_in_every_attribute_and_constant_are_survived) {
  std::mt19937 random(7);
  const Ints nasty{-1, 0, 1, 2, 3, 5, 100, -100, std::int64_t{1} << 31, std::int64_t{1} << 40, INT64_MAX, INT64_MIN};
  onnx::ModelProto whole;
  ASSERT_TRUE(whole.ParseFromString(zoo()));
  for (int trial = 0; trial < 3000; ++trial) {
    onnx::ModelProto model = whole;
    const std::int64_t value = nasty[random() % nasty.size()];
    auto& graph = *model.mutable_graph();
    auto* node = graph.mutable_node(static_cast<int>(random() % static_cast<unsigned>(graph.node_size())));
    auto* constant =
        graph.mutable_initializer(static_cast<int>(random() % static_cast<unsigned>(graph.initializer_size())));
    if (random() % 2 == 0 && node->attribute_size() > 0) {
      auto* changed =
          node->mutable_attribute(static_cast<int>(random() % static_cast<unsigned>(node->attribute_size())));
      if (changed->ints_size() > 0)
        changed->set_ints(static_cast<int>(random() % static_cast<unsigned>(changed->ints_size())), value);
      if (changed->has_i()) changed->set_i(value);
    } else if (constant->int64_data_size() > 0) {
      constant->set_int64_data(static_cast<int>(random() % static_cast<unsigned>(constant->int64_data_size())), value);
    } else {
      graph.mutable_input(0)
          ->mutable_type()
          ->mutable_tensor_type()
          ->mutable_shape()
          ->mutable_dim(static_cast<int>(random() % 4))
          ->set_dim_value(value);
    }
    ASSERT_TRUE(survives(model.SerializeAsString())) << "trial " << trial;
  }
}

TEST(Hostile, the_undamaged_zoo_imports) {
  EXPECT_EQ(test::import_bytes(zoo()).nodes.size(), 10U) << "the sums and the shape they feed are folded or dead";
}

TEST(Hostile, more_than_2_to_the_40_elements_are_refused_and_less_are_not_allocated) {
  const auto with_weight = [](const Ints& shape) {
    return Model()
        .input("x", {1, shape[1]})
        .fill("w", shape, 1.0F)
        .node("Gemm", {"x", "w"}, {"y"}, {attribute("transB", std::int64_t{1})})
        .output("y");
  };
  EXPECT_EQ(with_weight({1000000, 1000000}).faults(), "");
  EXPECT_NE(with_weight({std::int64_t{1} << 32, std::int64_t{1} << 32}).faults().find("more than 2^40 elements"),
            std::string::npos);
}

}  // namespace
}  // namespace systole
