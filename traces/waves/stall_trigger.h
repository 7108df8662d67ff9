#pragma once

#include <optional>
#include <string>

#include "traces/run_observer.h"

namespace systole {

/// `dma_ibuf stall>1000`: the unit waits for more than so many cycles on end.
struct StallCondition {
  Unit unit = Unit::systolic_array;
  std::optional<Stall> reason;  ///< one that the unit can have; without: any, and they may follow one another
  Cycles longer_than;
  std::string text;  ///< as the user wrote it
};

/// Reads `UNIT stall>CYCLES` or `UNIT REASON>CYCLES`; a unit's name may have a dot in place of its first underscore
/// (`dma.ibuf`). Throws UserError, which names `option`, with the nearest unit or reason.
StallCondition parse_stall(const std::string& option, const std::string& text);

/// Waits for the first stall that fulfils a condition, from what the unit tells of its states.
class StallTrigger {
 public:
  explicit StallTrigger(StallCondition condition) : condition_(std::move(condition)) {}

  struct Span {
    Cycles from;
    Cycles until;
    [[nodiscard]] Cycles length() const { return until - from; }
  };

  /// Spans of other units are left aside, and so is everything after the end of the stall.
  void state(const StateSpan& span);

  [[nodiscard]] const StallCondition& condition() const { return condition_; }
  /// The stall has lasted long enough.
  [[nodiscard]] bool fired() const { return present_.length() > condition_.longer_than; }
  /// It is over.
  [[nodiscard]] bool ended() const { return ended_; }
  /// The stall, as far as it is known. Before it has fired: the one that may become it, empty when the unit does not
  /// wait; an earlier cycle will not be its first.
  [[nodiscard]] const Span& stall() const { return present_; }
  /// The longest so far.
  [[nodiscard]] const Span& longest() const { return longest_; }

 private:
  [[nodiscard]] bool counts(UnitState state) const;

  StallCondition condition_;
  Span present_;
  Span longest_;
  bool ended_ = false;
};

}  // namespace systole
