#include "kernels/tiling/greedy.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/units.h"

namespace systole {

namespace {

/// Up to this kernel the rule cuts space only where nothing is left over.
constexpr std::int64_t kSmallKernel = 3;

class Greedy {
 public:
  Greedy(const ArrayProblem& problem, const FusedWork& fused, const Machine& machine)
      : p_(problem), fused_(fused), m_(machine) {}

  std::optional<Tiling> run() {
    t_.batch = t_.oh = t_.ow = 1;
    cut_kernel();
    grow_channels(t_.ic, p_.ic, m_.rows, [&] { return weights_fit() && one_pixel_fits(); });
    while (!cut_space()) {
      if (t_.ic <= m_.rows) return std::nullopt;
      t_.ic = (ceil_div(t_.ic, m_.rows) - 1) * m_.rows;
    }
    grow_batch();
    const std::int64_t most = std::min(p_.oc, p_.most_oc);
    grow_channels(t_.oc, most, m_.columns, [&] { return fits(); });
    return t_;
  }

 private:
  void cut_kernel() {
    const std::array<std::pair<std::int64_t, std::int64_t>, 3> cuts{
        {{p_.h.kernel, p_.w.kernel}, {1, p_.w.kernel}, {1, 1}}};
    t_.ic = std::min(p_.ic, m_.rows);
    t_.oc = std::min(p_.oc, m_.columns);
    for (const auto& [kh, kw] : cuts) {
      t_.kh = kh;
      t_.kw = kw;
      if (weights_fit() && one_pixel_fits()) return;
    }
  }

  [[nodiscard]] bool weights_fit() const {
    return t_.kh * t_.kw * round_up(t_.ic, m_.rows) * round_up(t_.oc, m_.columns) <= m_.wbuf_half_elements;
  }
  [[nodiscard]] bool one_pixel_fits() const {
    return t_.kh * t_.kw * round_up(t_.ic, m_.rows) <= m_.ibuf_half_elements;
  }
  [[nodiscard]] bool fits() const { return overflow_of(geometry_of(p_, t_, m_), fused_, m_).buffer == nullptr; }

  /// Grows by whole blocks until the first that does not fit.
  template <typename Fits>
  static void grow_channels(std::int64_t& tile, std::int64_t all, std::int64_t block, Fits fits) {
    while (tile < all) {
      const std::int64_t before = tile;
      tile = std::min(all, round_up(tile, block) + block);
      if (fits()) continue;
      tile = before;
      return;
    }
  }

  bool cut_space() {
    const bool any = p_.h.kernel > kSmallKernel || p_.w.kernel > kSmallKernel;
    return cut_space(any) || (!any && cut_space(true));
  }

  bool cut_space(bool any) {
    for (std::int64_t i = 1; i <= std::max(p_.h.out, p_.w.out); ++i) {
      if (!any && (p_.h.out % i != 0 || p_.w.out % i != 0)) continue;
      t_.oh = ceil_div(p_.h.out, i);
      t_.ow = ceil_div(p_.w.out, i);
      if (fits()) return true;
    }
    return false;
  }

  void grow_batch() {
    for (std::int64_t k = 1; k <= p_.batch; ++k) {
      if (p_.batch % k != 0) continue;
      t_.batch = p_.batch / k;
      if (fits()) return;
    }
  }

  const ArrayProblem& p_;
  const FusedWork& fused_;
  const Machine& m_;
  Tiling t_;
};

}  // namespace

std::optional<Tiling> greedy_tiling(const ArrayProblem& problem, const FusedWork& fused, const Machine& machine) {
  return Greedy(problem, fused, machine).run();
}

std::optional<Choice> greedy_choice(const ArrayProblem& problem, const FusedWork& fused, const Machine& machine) {
  const std::optional<Tiling> tiling = greedy_tiling(problem, fused, machine);
  if (!tiling) return std::nullopt;
  const Geometry geometry = geometry_of(problem, *tiling, machine);
  const AxisLoad h = axis_load(problem.h, geometry.h, tiling->oh, tiling->kh);
  const AxisLoad w = axis_load(problem.w, geometry.w, tiling->ow, tiling->kw);
  return Choice{problem, *tiling, geometry, estimate(problem, *tiling, geometry, h, w, fused, machine)};
}

}  // namespace systole
