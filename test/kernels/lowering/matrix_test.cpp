#include <gtest/gtest.h>

#include "kernels/lowering/array_lowering.h"
#include "test/kernels/lowering/layer_harness.h"

/// Matrix products on a small array give what the definition gives.
namespace systole::test {

namespace {

struct Sizes {
  std::int64_t m, k, n;
};

void expect_gemm(const Sizes& s, GemmAttributes gemm, bool constant_b, const Shape& c_shape, const Machine& machine,
                 const Order& order_a = {0, 1}, const Order& order_y = {0, 1}) {
  LayerHarness h(machine);
  const Shape a_shape = gemm.transpose_a ? Shape{s.k, s.m} : Shape{s.m, s.k};
  const Shape b_shape = gemm.transpose_b ? Shape{s.n, s.k} : Shape{s.k, s.n};
  const TensorId a = h.input(a_shape, -2, 2, order_a);
  const TensorId b = constant_b ? h.constant(b_shape) : h.input(b_shape);
  std::vector<TensorId> inputs{a, b};
  if (!c_shape.empty()) inputs.push_back(constant_b ? h.constant(c_shape) : h.input(c_shape));
  const TensorId y = h.output({s.m, s.n}, order_y);
  h.node(OpKind::Gemm, inputs, {y}, gemm);
  ASSERT_NO_THROW(h.run(lower_array));
  h.expect(
      y,
      [&](const std::vector<std::int64_t>& at) {
        double sum = 0;
        for (std::int64_t k = 0; k < s.k; ++k) {
          sum += h.at(a, gemm.transpose_a ? std::vector{k, at[0]} : std::vector{at[0], k}) *
                 h.at(b, gemm.transpose_b ? std::vector{at[1], k} : std::vector{k, at[1]});
        }
        sum *= gemm.alpha;
        if (c_shape.empty()) return sum;
        std::vector<std::int64_t> c_at(c_shape.size(), 0);
        if (element_count(c_shape) > 1) c_at.back() = at[1];
        return sum + gemm.beta * h.at(inputs[2], c_at);
      },
      1e-5);
}

GemmAttributes gemm(bool transpose_a, bool transpose_b, double alpha = 1, double beta = 1) {
  return {alpha, beta, transpose_a, transpose_b};
}

TEST(Gemm, with_constant_weights_and_bias) {
  for (const bool transpose_b : {false, true}) {
    expect_gemm({3, 10, 9}, gemm(false, transpose_b), true, {9}, small_machine());
    expect_gemm({1, 50, 21}, gemm(false, transpose_b, 0.5, 2), true, {1, 21}, tight_machine(64, 16, 8));
  }
}
TEST(Gemm, with_trained_weights_and_bias) {
  for (const bool transpose_b : {false, true}) {
    expect_gemm({3, 10, 9}, gemm(false, transpose_b), false, {9}, small_machine());
    expect_gemm({5, 50, 24}, gemm(false, transpose_b), false, {1, 24}, tight_machine(64, 32, 8));
  }
}
TEST(Gemm, whose_result_lies_transposed) {
  for (const bool transpose_a : {false, true}) {
    for (const bool transpose_b : {false, true}) {
      expect_gemm({9, 5, 11}, gemm(transpose_a, transpose_b), false, {}, small_machine(), {0, 1}, {1, 0});
      expect_gemm({13, 9, 10}, gemm(transpose_a, transpose_b), false, {}, tight_machine(48, 32, 8), {0, 1}, {1, 0});
    }
  }
}
TEST(Gemm, with_a_scalar_bias) {
  expect_gemm({3, 5, 6}, gemm(false, false), true, {1}, small_machine());
}
TEST(Gemm, without_bias) {
  expect_gemm({7, 9, 10}, gemm(false, false), true, {}, tight_machine(32, 32, 4));
}
TEST(Gemm, of_one_row) {
  expect_gemm({1, 12, 16}, gemm(false, false), true, {16}, small_machine());
}
TEST(Gemm, with_a_transposed_first_matrix) {
  expect_gemm({6, 10, 5}, gemm(true, false), true, {5}, small_machine());
  expect_gemm({9, 10, 5}, gemm(true, false), true, {5}, tight_machine(64, 16, 4));
  expect_gemm({6, 10, 5}, gemm(true, false), true, {5}, small_machine(), {1, 0});
}
TEST(Gemm, of_two_computed_matrices) {
  for (const bool transpose_a : {false, true}) {
    for (const bool transpose_b : {false, true}) {
      expect_gemm({6, 10, 9}, gemm(transpose_a, transpose_b), false, {}, small_machine());
      expect_gemm({6, 10, 9}, gemm(transpose_a, transpose_b), false, {}, tight_machine(32, 16, 4));
    }
  }
}

void expect_matmul(const Shape& a_shape, const Shape& b_shape, const Shape& y_shape, bool constant_b, bool bias,
                   const Machine& machine) {
  LayerHarness h(machine);
  const TensorId a = h.input(a_shape, -2, 2, row_major(a_shape.size()));
  const TensorId b = constant_b ? h.constant(b_shape) : h.input(b_shape, -2, 2, row_major(b_shape.size()));
  const TensorId y = h.output(y_shape, row_major(y_shape.size()));
  std::vector<TensorId> inputs{a, b};
  if (bias) inputs.push_back(h.constant({y_shape.back()}));
  h.node(OpKind::MatMul, inputs, {y});
  ASSERT_NO_THROW(h.run(lower_array));
  const auto index = [](const Shape& shape, std::vector<std::int64_t> at) {
    at.erase(at.begin(), at.end() - static_cast<std::ptrdiff_t>(shape.size()));
    for (std::size_t d = 0; d < shape.size(); ++d) at[d] = shape[d] == 1 ? 0 : at[d];
    return at;
  };
  h.expect(
      y,
      [&](const std::vector<std::int64_t>& at) {
        double sum = bias ? h.at(inputs[2], {at.back()}) : 0;
        for (std::int64_t k = 0; k < a_shape.back(); ++k) {
          std::vector<std::int64_t> in_a = at;
          std::vector<std::int64_t> in_b = at;
          in_a.back() = k;
          in_b[in_b.size() - 2] = k;
          sum += h.at(a, index(a_shape, in_a)) * h.at(b, index(b_shape, in_b));
        }
        return sum;
      },
      1e-5);
}

TEST(MatMul, of_matrices) {
  expect_matmul({5, 9}, {9, 7}, {5, 7}, true, true, small_machine());
  expect_matmul({5, 9}, {9, 7}, {5, 7}, false, false, tight_machine(32, 16, 4));
}
TEST(MatMul, of_a_batch_with_one_constant_matrix) {
  expect_matmul({2, 5, 9}, {9, 7}, {2, 5, 7}, true, true, tight_machine(64, 16, 8));
  expect_matmul({2, 3, 5, 9}, {9, 7}, {2, 3, 5, 7}, true, false, tight_machine(64, 16, 8));
  expect_matmul({2, 2, 3, 5, 9}, {9, 7}, {2, 2, 3, 5, 7}, true, true, tight_machine(64, 16, 8));
}
TEST(MatMul, of_batches_on_both_sides) {
  expect_matmul({2, 3, 5, 9}, {2, 3, 9, 7}, {2, 3, 5, 7}, false, false, tight_machine(64, 16, 8));
  expect_matmul({2, 3, 5, 9}, {3, 9, 7}, {2, 3, 5, 7}, true, true, tight_machine(64, 16, 8));
}
TEST(MatMul, of_a_constant_first_matrix) {
  LayerHarness h;
  const TensorId a = h.constant({3, 5});
  const TensorId b = h.input({2, 5, 6}, -2, 2, row_major(3));
  const TensorId y = h.output({2, 3, 6}, row_major(3));
  h.node(OpKind::MatMul, {a, b}, {y});
  h.run(lower_array);
  h.expect(
      y,
      [&](const std::vector<std::int64_t>& at) {
        double sum = 0;
        for (std::int64_t k = 0; k < 5; ++k) sum += h.at(a, {at[1], k}) * h.at(b, {at[0], k, at[2]});
        return sum;
      },
      1e-5);
}
TEST(MatMul, broadcasts_batches) {
  expect_matmul({3, 1, 5, 9}, {2, 9, 7}, {3, 2, 5, 7}, false, false, small_machine());
  expect_matmul({5, 9}, {2, 9, 7}, {2, 5, 7}, false, false, small_machine());
}

}  // namespace

}  // namespace systole::test
