#include "models/cycle/values/lane_functions.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <random>
#include <vector>

// What SIMD instructions compute on integers, against sums and quotients in more bits than the machine has.
namespace systole::test {
namespace {

using Op = isa::SimdOpcode;
__extension__ using Wide = __int128;

constexpr std::int64_t kMost = std::numeric_limits<std::int32_t>::max();
constexpr std::int64_t kLeast = std::numeric_limits<std::int32_t>::min();

std::int32_t computed(Op op, std::int32_t d, std::int32_t a, std::int32_t b, int activation_bits = 8) {
  compute_lanes(op, &d, &a, &b, 1, activation_bits);
  return d;
}

std::int32_t wrapped(Wide value) {
  constexpr Wide kRange = Wide{1} << 32;
  Wide rest = value % kRange;
  if (rest < kLeast) rest += kRange;
  if (rest > kMost) rest -= kRange;
  return static_cast<std::int32_t>(rest);
}

/// Rounded to the nearest, half to even, by comparing twice the rest with the divisor.
std::int32_t requantized(Wide d, Wide a, int shift) {
  const Wide unit = Wide{1} << shift;
  Wide quotient = d * a / unit;
  if (quotient * unit > d * a) --quotient;  // rounded down
  const Wide twice = 2 * (d * a - quotient * unit);
  if (twice > unit || (twice == unit && quotient % 2 != 0)) ++quotient;
  return static_cast<std::int32_t>(std::clamp<Wide>(quotient, kLeast, kMost));
}

/// Small numbers, any numbers, and the ends of the range.
std::int32_t draw(std::mt19937& random) {
  switch (random() % 4) {
    case 0:
      return static_cast<std::int32_t>(random() % 17) - 8;
    case 1:
      return static_cast<std::int32_t>(random() % 2 == 0 ? kMost : kLeast);
    default:
      return static_cast<std::int32_t>(random());
  }
}

TEST(IntegerLanes, sums_and_products_wrap) {
  std::mt19937 random(1);
  for (int i = 0; i < 20000; ++i) {
    const std::int32_t d = draw(random);
    const std::int32_t a = draw(random);
    const std::int32_t b = draw(random);
    ASSERT_EQ(computed(Op::add, d, a, b), wrapped(Wide{a} + b));
    ASSERT_EQ(computed(Op::sub, d, a, b), wrapped(Wide{a} - b));
    ASSERT_EQ(computed(Op::mul, d, a, b), wrapped(Wide{a} * b));
    ASSERT_EQ(computed(Op::mac, d, a, b), wrapped(Wide{d} + Wide{a} * b));
    ASSERT_EQ(computed(Op::negate, d, a, b), wrapped(-Wide{a}));
    ASSERT_EQ(computed(Op::absolute, d, a, b), wrapped(a < 0 ? -Wide{a} : Wide{a}));
    ASSERT_EQ(computed(Op::divide, d, a, b), b == 0 ? 0 : wrapped(Wide{a} / b));
    ASSERT_EQ(computed(Op::leaky_relu, d, a, b), a < 0 ? wrapped(Wide{a} * b) : a);
  }
}

TEST(IntegerLanes, requantizing_rounds_the_exact_product_half_to_even) {
  std::mt19937 random(2);
  for (int i = 0; i < 200000; ++i) {
    const std::int32_t d = draw(random);
    const std::int32_t a = draw(random);
    const auto shift = static_cast<std::int32_t>(random() % 64);
    ASSERT_EQ(computed(Op::requantize, d, a, shift), requantized(d, a, shift)) << d << " * " << a << " >> " << shift;
  }
  EXPECT_EQ(computed(Op::requantize, 5, 1, 1), 2);    // 2.5
  EXPECT_EQ(computed(Op::requantize, 7, 1, 1), 4);    // 3.5
  EXPECT_EQ(computed(Op::requantize, -5, 1, 1), -2);  // -2.5
  EXPECT_EQ(computed(Op::requantize, -7, 1, 1), -4);  // -3.5
  EXPECT_EQ(computed(Op::requantize, 1 << 30, 1 << 30, 0), kMost);
  EXPECT_EQ(computed(Op::requantize, -(1 << 30), 1 << 30, 0), kLeast);
}

TEST(IntegerLanes, casts_saturate_to_the_activation_width) {
  for (const int bits : {4, 8, 16, 32}) {
    const std::int64_t limit = std::int64_t{1} << (bits - 1);
    for (const std::int64_t value :
         {kLeast, -limit - 1, -limit, std::int64_t{-1}, std::int64_t{0}, limit - 1, limit, kMost}) {
      const std::int64_t operand = std::clamp(value, kLeast, kMost);
      EXPECT_EQ(computed(Op::cast, 0, static_cast<std::int32_t>(operand), 0, bits),
                std::clamp(operand, -limit, limit - 1));
    }
  }
}

TEST(IntegerLanes, shifts_take_five_bits_and_keep_the_sign) {
  EXPECT_EQ(computed(Op::shift_right, 0, -5, 1), -3);
  EXPECT_EQ(computed(Op::shift_right, 0, -5, 33), -3);
  EXPECT_EQ(computed(Op::shift_left, 0, 3, 31), static_cast<std::int32_t>(kLeast));
}

TEST(IntegerLanes, functions_of_real_numbers_are_not_defined) {
  EXPECT_FALSE(on_integers(Op::sigmoid));
  EXPECT_TRUE(on_integers(Op::requantize));
}

TEST(RealLanes, requantizing_rounds_half_to_even) {
  const auto one = [](float d, float a, float b) {
    compute_lanes(Op::requantize, &d, &a, &b, 1, 8);
    return d;
  };
  EXPECT_EQ(one(5, 0.5F, 0), 2);
  EXPECT_EQ(one(-3, 2, 2), -2);  // -1.5
}

}  // namespace
}  // namespace systole::test
