#pragma once

#include <algorithm>
#include <array>
#include <cstddef>

namespace systole::analytical {

/// Something shared that does one thing at a time: a port's bus, the memory. Work is placed into the time that is still
/// free after its start, so work that is announced late but could start early finds the idle time that was left for it.
/// Idle time is kept as the last few gaps; older ones are joined into one in which the idle time counts as spread
/// evenly.
class Server {
 public:
  struct Gap {
    double begin = 0;
    double end = 0;
    double idle = 0;  ///< free time in it, at most end - begin
  };
  static constexpr std::size_t kGaps = 4;

  /// When `work` is done that may begin at `start`.
  double reserve(double start, double work) {
    double left = work;
    for (std::size_t i = 0; i < count_ && left > 0;) {
      if (gaps_[i].end <= start) {
        ++i;
        continue;
      }
      const double done = take(i, start, left);
      if (left <= 0) return done;
      if (gaps_[i].idle > 0) {
        ++i;
      } else {
        erase(i);
      }
    }
    const double begin = std::max(free_, start);
    if (left <= 0) return begin;
    if (begin > free_) insert(count_, {free_, begin, begin - free_});
    free_ = begin + left;
    return free_;
  }

  /// How long after `start` it is busy without a break until the next gap; 0 if there is none.
  [[nodiscard]] double busy_before_gap(double start) const {
    for (std::size_t i = 0; i < count_; ++i) {
      if (gaps_[i].end > start) return std::max(0.0, gaps_[i].begin - start);
    }
    return 0;
  }

  /// Fields for whoever extrapolates them: all grow linearly in a steady state.
  double free_ = 0;
  std::array<Gap, kGaps> gaps_{};
  std::size_t count_ = 0;

 private:
  /// Uses what gap `i` has after `start`; returns when the work would be done if that was enough.
  double take(std::size_t i, double start, double& left) {
    const Gap gap = gaps_[i];
    const double from = std::max(start, gap.begin);
    const double density = gap.idle / (gap.end - gap.begin);
    const double here = (gap.end - from) * density;
    const double taken = std::min(left, here);
    const double done = density > 0 ? from + taken / density : gap.end;
    left -= taken;
    const Gap front{gap.begin, from, (from - gap.begin) * density};
    const Gap back{done, gap.end, here - taken};
    const bool keep_front = front.idle > kNothing;
    const bool keep_back = back.idle > kNothing;
    if (keep_front && keep_back) {
      gaps_[i] = back;
      insert(i, front);
    } else if (keep_front || keep_back) {
      gaps_[i] = keep_front ? front : back;
    } else {
      gaps_[i].idle = 0;
    }
    return done;
  }

  void insert(std::size_t at, const Gap& gap) {
    if (count_ == kGaps) {
      gaps_[1] = {gaps_[0].begin, gaps_[1].end, gaps_[0].idle + gaps_[1].idle};
      std::copy(gaps_.begin() + 1, gaps_.end(), gaps_.begin());
      --count_;
      at = at > 0 ? at - 1 : 0;
    }
    std::copy_backward(gaps_.begin() + static_cast<std::ptrdiff_t>(at),
                       gaps_.begin() + static_cast<std::ptrdiff_t>(count_),
                       gaps_.begin() + static_cast<std::ptrdiff_t>(count_ + 1));
    gaps_[at] = gap;
    ++count_;
  }

  void erase(std::size_t at) {
    std::copy(gaps_.begin() + static_cast<std::ptrdiff_t>(at + 1), gaps_.begin() + static_cast<std::ptrdiff_t>(count_),
              gaps_.begin() + static_cast<std::ptrdiff_t>(at));
    --count_;
  }

  static constexpr double kNothing = 1e-9;
};

}  // namespace systole::analytical
