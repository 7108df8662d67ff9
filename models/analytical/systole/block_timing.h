#pragma once

#include <array>
#include <vector>

#include "isa/block.h"
#include "models/analytical/systole/block_parts.h"
#include "models/analytical/systole/server.h"
#include "models/analytical/systole/sharing.h"

namespace systole::analytical {

/// What a stream did in a block. Times are cycles from the block's start.
struct StreamResult {
  double start = 0, end = 0;
  double bytes = 0, elements = 0;
};
struct ArrayResult {
  double end = 0;
  double busy = 0, hazard = 0, macs = 0;
  double ibuf_reads = 0, bbuf_reads = 0, obuf_reads = 0, obuf_writes = 0;  ///< elements
};
struct NestResult {
  double start = 0, end = 0;
  double busy = 0, hazard = 0, conflict = 0, operations = 0;
  std::array<double, 4> reads{}, writes{};  ///< elements, by isa::Namespace
};
struct BlockResult {
  double cycles = 0;    ///< from the block's start until every unit has finished it
  double simd_end = 0;  ///< the SIMD unit is done with its instructions
  std::array<StreamResult, isa::kMaxStreams> streams{};
  ArrayResult array;
  std::vector<NestResult> nests;
};

/// The times of one block: a recurrence over its tiles. Each thing starts at the latest of what it waits for (its own
/// unit or sequencer, full slots, free slots) and ends after the closed form for its kind of tile; ports' buses and the
/// memory are shared (server.h). Loops are walked until an iteration changes every time like the ones before, or for 48
/// iterations; the others are then multiplied, so the cost hardly depends on how many tiles there are. Source:
/// isa/manual.md sections 1 to 4 and timing.md sections 3 to 6.
class BlockTiming {
 public:
  /// The references must outlive the object. Of `machine` it uses everything but the data ports.
  BlockTiming(BlockParts& parts, const MachineModel& machine, const MemoryModel& memory);

  /// In one setting of the parts' after the other.
  BlockResult run(const BlockParts::Setting& setting);

 private:
  static constexpr std::size_t kPorts = 4;
  static constexpr std::size_t kMemory = 0;  ///< its server; then two for each port that loads and stores
  static constexpr std::size_t kHistory = 5;
  /// Iterations after which a loop counts as one that does not become steady, and after which its pace is measured.
  static constexpr std::int64_t kPatience = 48;
  static constexpr std::int64_t kMark = 16;

  /// Everything that changes from tile to tile; times and sums grow linearly in a steady state.
  struct State {
    std::vector<double> times;
    std::vector<double> amounts;  ///< of work that waits; do not grow
    std::vector<double> sums;
    std::vector<Server> servers;  ///< the memory; of each port that loads and stores its bus and its bursts
    Flights flights;
  };
  /// Which part of a tile is looked at: what feeds the array and the array, or what feeds the SIMD unit and that one.
  enum class Side { both, array, simd };

  /// Places of a stream's numbers in State.
  struct StreamPlaces {
    int stream = 0;
    bool load = true;
    std::size_t sequencer = 0;  ///< time: free
    std::size_t slots = 0;      ///< times: when the last `depth` generations were given back, oldest first
    std::size_t depth = 1;
    std::size_t ready = 0;     ///< time: end of the last transfer
    std::size_t foreseen = 0;  ///< work by which its next transfer was already said to hold up others
    std::size_t sums = 0;      ///< bytes, elements
    Side side = Side::array;
    bool through_obuf = false;
    bool copied = false;      ///< a load that stores drain directly
    bool first_copy = false;  ///< the first of the stores that drain the same load
    double start = -1;        ///< of the first transfer; negative: none yet
    TransferModel* transfers = nullptr;
  };
  void lay_out();
  void begin(const BlockParts::Setting& setting);
  void lay_out(int stream);
  std::size_t times(std::size_t count);
  std::size_t amounts(std::size_t count);
  std::size_t sums(std::size_t count);

  void walk(std::size_t loop);
  std::int64_t skip(std::size_t loop, std::int64_t done);
  [[nodiscard]] bool steady(const State& a, const State& b, const State& c) const;
  void repeat(const State& before, double times);
  void drift(const State& before, double times);
  [[nodiscard]] TransferClasses::Range plain(std::size_t loop) const;

  void array_tile();
  double compute_array();
  void simd_tile();
  double compute_simd();
  void load(StreamPlaces& stream);
  double store(StreamPlaces& stream, double filled);
  double transfer(StreamPlaces& stream, double start);
  double load(StreamPlaces& stream, double begin, const Transfer& work);
  double store(StreamPlaces& stream, double begin, const Transfer& work);
  double rounds(const StreamPlaces& stream, double at_memory, const Transfer& work);
  void make_up(double begin, double owed);
  [[nodiscard]] double tile_number() const;
  double bus(const StreamPlaces& stream, double begin, const Transfer& work);
  double on_their_way(const StreamPlaces& stream, double begin, double time);
  void repay(const StreamPlaces& stream, double begin, double busy, const Flight& mine);
  [[nodiscard]] double work_between(const Flight& mine) const;
  [[nodiscard]] double lost_by_reading(const Flight& mine) const;
  [[nodiscard]] double lost_by_writing(const Flight& mine) const;
  double read(const Flight& mine, double busy);
  double write(double start, const Flight& mine, double busy);
  void turn_once(const Flight& read, double now, double lost);
  [[nodiscard]] double written_between(Flight mine) const;
  [[nodiscard]] double read_later(const StreamPlaces& stream, const Flight& mine);
  void drain(double now);
  void give_back(std::size_t slots, std::size_t depth, double when);
  double& time(std::size_t place) { return state_.times[place]; }
  double& amount(std::size_t place) { return state_.amounts[place]; }
  [[nodiscard]] bool begins(const StreamPlaces& stream) const;
  [[nodiscard]] bool ends(const StreamPlaces& stream) const;
  [[nodiscard]] const isa::Stream& of(const StreamPlaces& stream) const;

  const isa::Block& block_;
  BlockParts& parts_;
  const MachineModel& machine_;
  const MemoryModel& memory_;
  SharedBanks banks_;
  std::array<double, Flights::kKept> same_bank_{};     ///< that the load at hand is in the same bank as each kept write
  std::array<double, isa::kMaxStreams> bits_moved_{};  ///< by stream
  std::array<double, isa::kMaxStreams> disturbance_{};
  TilePosition tile_;
  std::size_t generation_loops_ = 0;  ///< loops at and outside the scope of an OBUF slot
  Side side_ = Side::both;
  bool sides_ = false;  ///< the SIMD unit follows the array generation by generation
  State start_;
  State state_;
  std::vector<State> marks_;                          ///< by loop: after `kMark` iterations
  std::vector<std::array<State, kHistory>> history_;  ///< by loop: after the last iterations
  std::vector<StreamPlaces> streams_;
  std::array<StreamPlaces*, isa::kMaxStreams> by_number_{};
  std::array<std::size_t, kPorts> bus_{};  ///< by port: its bus among the servers, behind it its bursts; 0: not shared
  std::size_t debt_ = 0;                   ///< work by which a transfer has held up others that were timed before
  int debtor_ = isa::kNoStream;            ///< its stream
  std::size_t writes_late_ = 0;            ///< work of reads that went between writes which were timed before
  std::size_t array_free_ = 0, simd_free_ = 0;
  std::size_t reads_end_ = 0;       ///< time: the memory has done all reads so far
  std::size_t writes_end_ = 0;      ///< time: it could have done all writes so far if there were no reads
  std::size_t writes_waiting_ = 0;  ///< work of writes that its queue holds
  std::size_t obuf_slots_ = 0, obuf_depth_ = 1, obuf_filled_ = 0, obuf_drained_ = 0;
  std::size_t array_sums_ = 0, nest_sums_ = 0, nest_ends_ = 0;
  std::vector<double> nest_starts_;
};

}  // namespace systole::analytical
