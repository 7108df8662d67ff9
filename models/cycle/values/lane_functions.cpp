#include "models/cycle/values/lane_functions.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/errors.h"

namespace systole {

namespace {

std::int32_t saturated(double value) {
  using Limits = std::numeric_limits<std::int32_t>;
  if (std::isnan(value)) return 0;
  return static_cast<std::int32_t>(
      std::nearbyint(std::clamp(value, static_cast<double>(Limits::min()), static_cast<double>(Limits::max()))));
}

std::int32_t wrapped(std::int64_t value) {
  return static_cast<std::int32_t>(static_cast<std::uint32_t>(static_cast<std::uint64_t>(value)));
}

/// The arithmetic in which the two formats differ. Everything else is written once below.
struct Float {
  using Number = float;
  static float add(float a, float b) { return a + b; }
  static float subtract(float a, float b) { return a - b; }
  static float multiply(float a, float b) { return a * b; }
  static float divide(float a, float b) { return a / b; }
  static std::int32_t to_bits(float a) { return saturated(a); }
  static float from_bits(std::int32_t a) { return static_cast<float>(a); }
  template <typename Function>
  static float real(Function function, float a) {
    return static_cast<float>(function(static_cast<double>(a)));
  }
  static float requantize(float d, float a, float b) {
    return static_cast<float>(
        std::nearbyint(std::ldexp(static_cast<double>(d) * static_cast<double>(a), -static_cast<int>(b))));
  }
  static float floor(float a) { return std::floor(a); }
  static float cast(float a, int bits) {
    const auto limit = static_cast<float>(std::int64_t{1} << (bits - 1));
    return std::clamp(std::nearbyint(a), -limit, limit - 1);
  }
};

/// value * multiplier / 2^shift, rounded to the nearest integer, half to even, and saturated to 32 bits.
std::int32_t requantized(std::int32_t value, std::int32_t multiplier, unsigned shift) {
  const std::int64_t product = std::int64_t{value} * multiplier;
  std::int64_t quotient = product >> shift;
  const std::uint64_t rest = static_cast<std::uint64_t>(product) & ((std::uint64_t{1} << shift) - 1);
  const std::uint64_t half = shift == 0 ? 1 : std::uint64_t{1} << (shift - 1);
  if (rest > half || (rest == half && quotient % 2 != 0)) ++quotient;
  using Limits = std::numeric_limits<std::int32_t>;
  return static_cast<std::int32_t>(std::clamp<std::int64_t>(quotient, Limits::min(), Limits::max()));
}

struct Integer {
  using Number = std::int32_t;
  static std::int32_t add(std::int32_t a, std::int32_t b) { return wrapped(std::int64_t{a} + b); }
  static std::int32_t subtract(std::int32_t a, std::int32_t b) { return wrapped(std::int64_t{a} - b); }
  static std::int32_t multiply(std::int32_t a, std::int32_t b) { return wrapped(std::int64_t{a} * b); }
  static std::int32_t divide(std::int32_t a, std::int32_t b) { return b == 0 ? 0 : wrapped(std::int64_t{a} / b); }
  static std::int32_t to_bits(std::int32_t a) { return a; }
  static std::int32_t from_bits(std::int32_t a) { return a; }
  static std::int32_t requantize(std::int32_t d, std::int32_t a, std::int32_t b) {
    return requantized(d, a, static_cast<unsigned>(b) & 63U);
  }
  static std::int32_t floor(std::int32_t a) { return a; }
  static std::int32_t cast(std::int32_t a, int bits) {
    const std::int64_t limit = std::int64_t{1} << (bits - 1);
    return static_cast<std::int32_t>(std::clamp<std::int64_t>(a, -limit, limit - 1));
  }
  template <typename Function>
  static std::int32_t real(Function, std::int32_t) {
    fail_check("values", "a function of real numbers on an integer machine");
  }
};

template <typename Format, typename Function>
void each_lane(typename Format::Number* d, const typename Format::Number* a, const typename Format::Number* b,
               int lanes, Function function) {
  for (int lane = 0; lane < lanes; ++lane) d[lane] = function(d[lane], a[lane], b[lane]);
}

template <typename Format>
void compute(isa::SimdOpcode opcode, typename Format::Number* d, const typename Format::Number* a,
             const typename Format::Number* b, int lanes, int activation_bits) {
  using Number = typename Format::Number;
  using Op = isa::SimdOpcode;
  const auto apply = [&](auto function) { each_lane<Format>(d, a, b, lanes, function); };
  const auto real = [&](auto function) { apply([&](Number, Number x, Number) { return Format::real(function, x); }); };
  const auto bits = [&](auto function) {
    apply([&](Number, Number x, Number y) {
      return Format::from_bits(function(Format::to_bits(x), Format::to_bits(y)));
    });
  };
  const auto holds = [&](auto function) {
    apply([&](Number, Number x, Number y) { return function(x, y) ? Number{1} : Number{0}; });
  };
  const auto shift = [](std::int32_t by) { return static_cast<unsigned>(by) & 31U; };
  switch (opcode) {
    case Op::add:
      return apply([](Number, Number x, Number y) { return Format::add(x, y); });
    case Op::sub:
      return apply([](Number, Number x, Number y) { return Format::subtract(x, y); });
    case Op::mul:
      return apply([](Number, Number x, Number y) { return Format::multiply(x, y); });
    case Op::mac:
      return apply([](Number z, Number x, Number y) { return Format::add(z, Format::multiply(x, y)); });
    case Op::max:
      return apply([](Number, Number x, Number y) { return std::max(x, y); });
    case Op::min:
      return apply([](Number, Number x, Number y) { return std::min(x, y); });
    case Op::shift_left:
      return bits([&](std::int32_t x, std::int32_t y) {
        return static_cast<std::int32_t>(static_cast<std::uint32_t>(x) << shift(y));
      });
    case Op::shift_right:
      return bits([&](std::int32_t x, std::int32_t y) { return x >> shift(y); });
    case Op::bit_and:
      return bits([](std::int32_t x, std::int32_t y) { return x & y; });
    case Op::bit_or:
      return bits([](std::int32_t x, std::int32_t y) { return x | y; });
    case Op::bit_xor:
      return bits([](std::int32_t x, std::int32_t y) { return x ^ y; });
    case Op::move:
      return apply([](Number, Number x, Number) { return x; });
    case Op::conditional_move:
      return apply([](Number z, Number x, Number y) { return y != Number{0} ? x : z; });
    case Op::relu:
      return apply([](Number, Number x, Number) { return std::max(x, Number{0}); });
    case Op::leaky_relu:
      return apply([](Number, Number x, Number y) { return x < Number{0} ? Format::multiply(x, y) : x; });
    case Op::sigmoid:
      return real([](double x) { return 1 / (1 + std::exp(-x)); });
    case Op::tanh:
      return real([](double x) { return std::tanh(x); });
    case Op::exp:
      return real([](double x) { return std::exp(x); });
    case Op::log:
      return real([](double x) { return std::log(x); });
    case Op::sqrt:
      return real([](double x) { return std::sqrt(x); });
    case Op::inverse_sqrt:
      return real([](double x) { return 1 / std::sqrt(x); });
    case Op::reciprocal:
      return real([](double x) { return 1 / x; });
    case Op::divide:
      return apply([](Number, Number x, Number y) { return Format::divide(x, y); });
    case Op::floor:
      return apply([](Number, Number x, Number) { return Format::floor(x); });
    case Op::absolute:
      return apply([](Number, Number x, Number) { return x < Number{0} ? Format::subtract(0, x) : x; });
    case Op::negate:
      return apply([](Number, Number x, Number) { return Format::subtract(0, x); });
    case Op::sign:
      return apply([](Number, Number x, Number) {
        if (x == Number{0}) return Number{0};
        return x > Number{0} ? Number{1} : Number{-1};
      });
    case Op::equal:
      return holds([](Number x, Number y) { return x == y; });
    case Op::not_equal:
      return holds([](Number x, Number y) { return x != y; });
    case Op::greater:
      return holds([](Number x, Number y) { return x > y; });
    case Op::greater_equal:
      return holds([](Number x, Number y) { return x >= y; });
    case Op::less:
      return holds([](Number x, Number y) { return x < y; });
    case Op::less_equal:
      return holds([](Number x, Number y) { return x <= y; });
    case Op::cast:
      return apply([&](Number, Number x, Number) { return Format::cast(x, activation_bits); });
    case Op::requantize:
      return apply([](Number z, Number x, Number y) { return Format::requantize(z, x, y); });
  }
  fail_check("values", "unknown SIMD opcode");
}

}  // namespace

bool on_integers(isa::SimdOpcode opcode) {
  using Op = isa::SimdOpcode;
  switch (opcode) {
    case Op::sigmoid:
    case Op::tanh:
    case Op::exp:
    case Op::log:
    case Op::sqrt:
    case Op::inverse_sqrt:
    case Op::reciprocal:
      return false;
    default:
      return true;
  }
}

void compute_lanes(isa::SimdOpcode opcode, float* d, const float* s1, const float* s2, int lanes, int activation_bits) {
  compute<Float>(opcode, d, s1, s2, lanes, activation_bits);
}

void compute_lanes(isa::SimdOpcode opcode, std::int32_t* d, const std::int32_t* s1, const std::int32_t* s2, int lanes,
                   int activation_bits) {
  compute<Integer>(opcode, d, s1, s2, lanes, activation_bits);
}

}  // namespace systole
