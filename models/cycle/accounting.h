#pragma once

#include <optional>
#include <string>
#include <vector>

#include "isa/block.h"
#include "traces/run_counters.h"
#include "traces/run_observer.h"

namespace systole {

/// What a unit does in a cycle.
class Activity {
 public:
  static constexpr Activity busy() { return Activity{Kind::busy, Stall::drain}; }
  static constexpr Activity idle() { return Activity{Kind::idle, Stall::drain}; }
  constexpr Activity(Stall reason) : Activity(Kind::stalled, reason) {}  // NOLINT: a reason is an activity

  void charge(UnitTime& time, Cycles cycles) const;
  void charge(LayerCounters& layer, Cycles cycles) const;  ///< idle cycles are no layer's
  [[nodiscard]] UnitState state() const;
  [[nodiscard]] const char* name() const { return state_name(state()); }

 private:
  enum class Kind { busy, idle, stalled };
  constexpr Activity(Kind kind, Stall reason) : kind_(kind), reason_(reason) {}

  Kind kind_;
  Stall reason_;
};

/// A unit's state machine: what it does is charged at every change, so that no cycle is counted twice or not at all.
/// The unit says either what it will do until further notice (`rest`), or what it does up to a known cycle (`spend`),
/// after which it rests.
class UnitAccount {
 public:
  explicit UnitAccount(Unit unit) : unit_(unit) {}

  /// From now on, or from the end of what has been spent.
  void rest(Cycles now, Activity activity);

  /// From the end of what has been spent, or from now, until `until`; nothing when that is past.
  void spend(Cycles now, Activity activity, Cycles until);

  /// Whose time it is from now on; nullptr: no layer's. Only the array's and the SIMD unit's cycles belong to layers.
  void serve(Cycles now, LayerCounters* layer);

  /// Charges what it rests on up to now. Changes nothing that is charged in the end.
  void settle(Cycles now) { charge(resting_, now); }

  /// From the next charge on; nullptr: nobody.
  void watch(RunObserver* observer) { observer_ = observer; }

  /// Tells a newcomer of what has been spent beyond the present.
  void introduce(RunObserver& newcomer, Cycles now) const;

  /// All cycles up to the end of the run. Throws InternalError when they do not add up to `end`.
  const UnitTime& close(Cycles end);

  /// Up to where cycles are charged: beyond the present when the unit is in the middle of something.
  [[nodiscard]] Cycles charged_until() const { return charged_until_; }
  /// Since when it rests, or will.
  [[nodiscard]] Cycles resting_since() const { return since_; }
  /// `ibuf_load since cycle 120`, for a failure report.
  [[nodiscard]] std::string to_string() const;
  [[nodiscard]] Unit unit() const { return unit_; }

 private:
  void charge(Activity activity, Cycles until);
  void remember(Cycles now, Activity activity, Cycles until);

  Unit unit_;
  UnitTime time_;
  Activity resting_ = Activity::idle();
  Cycles charged_until_;
  Cycles since_;
  LayerCounters* layer_ = nullptr;
  RunObserver* observer_ = nullptr;
  std::vector<StateSpan> ahead_;  ///< spent; cleared when the present has caught up
};

/// Which layer each part of a block belongs to, for reports; -1: none.
struct BlockLayers {
  int array = -1;
  std::vector<int> nests;
  std::array<int, isa::kMaxStreams> streams = [] {
    std::array<int, isa::kMaxStreams> none{};
    none.fill(-1);
    return none;
  }();

  /// The array's, else the first nest's, else the first stream's.
  [[nodiscard]] int leader() const;
};

/// The run's books: layers, blocks, kinds of cycles and events. Units report spans of time and events as they happen; a
/// block's cycles are divided when it closes.
class Ledger {
 public:
  explicit Ledger(std::size_t layers);

  /// Whom units tell more than the books need; nullptr: nobody.
  void watch(RunObserver* observer) { observer_ = observer; }
  [[nodiscard]] RunObserver* observer() const { return observer_; }

  /// nullptr for -1.
  LayerCounters* layer(int index);

  void open_block(const BlockLayers& layers, bool uses_array, Cycles start);

  /// A transfer of the layer was in flight. In a block that uses the array, `array_side` says that it fed or drained
  /// the array.
  void transfer(int layer, bool array_side, Cycles from, Cycles to);

  /// The array worked for its layer or waited to.
  void array_work(Cycles from, Cycles to);

  /// The SIMD unit waited to work for the layer, and then worked: `working` is `to` when it only waited.
  void simd_work(int layer, Cycles waiting, Cycles working, Cycles to);

  /// The layer that is charged with the SIMD unit's cycles: nullptr for the array's own layer, whose cycles are the
  /// array's.
  LayerCounters* served_by_simd(int layer);

  void add(int layer, const EventCounts& events);
  void add_bytes(int layer, isa::Direction direction, Bytes bytes);

  void close_block(Cycles end, const MemoryCounters& memory);

  [[nodiscard]] std::size_t blocks_done() const { return run_.blocks.size(); }

  /// The counters that the ledger keeps; units and memory are the machine's to add. The ledger is empty afterwards.
  RunCounters take() { return std::move(run_); }

 private:
  struct Span {
    Cycles begin;
    Cycles end;
    [[nodiscard]] Cycles length() const { return end - begin; }
    void cover(Cycles from, Cycles to);
  };
  /// A layer's part in the open block.
  struct Part {
    int layer;
    std::optional<Span> all;
    std::optional<Span> work;
    Cycles charged_before;
  };

  Part& part(int layer);
  static void cover(std::optional<Span>& span, Cycles from, Cycles to);
  void close(const Part& part);
  void divide_by_kind(Cycles end);

  RunCounters run_;
  BlockLayers open_;
  bool uses_array_ = false;
  Cycles start_;
  std::vector<Part> parts_;
  std::optional<Span> conv_gemm_;
  std::optional<Span> other_;
  MemoryCounters memory_before_;
  RunObserver* observer_ = nullptr;
};

}  // namespace systole
