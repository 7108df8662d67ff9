#pragma once

#include <array>
#include <cstdint>
#include <iosfwd>
#include <string>
#include <vector>

#include "traces/run_observer.h"

namespace systole {

/// What a timeline needs to know of the run before it begins.
struct TimelineOptions {
  std::string title;                    ///< of the process: network and machine
  std::vector<std::string> layers;      ///< names, by index
  int channels = 0;                     ///< of the memory; 0 for the ideal one
  int burst_bytes = 0;                  ///< of a column command
  std::int64_t plain_slices = 1000000;  ///< from here on neighbours are merged
};

/// A run as a Chrome trace (JSON object format), which Perfetto and speedscope open. One microsecond of the trace is
/// one accelerator cycle. Tracks: the blocks by their leading layer; for each unit its states (idle left out); for the
/// array and the SIMD unit their tiles; for each DMA engine its transfers; for each DRAM channel the direction of its
/// bus and refreshes. Counters, each an average over 1024 cycles: the busy part of each port's data bus and its bursts
/// on their way, bytes a cycle of the memory and the bursts at it.
///
/// Nothing is kept: slices are written as they end. A track's neighbours are merged while they fit into a span that
/// grows with the number of slices: above `plain_slices` 256 cycles, above twice as many 1024, .. A merged slice of
/// states has the cycles of each state in its args, so the sums over a track stay exact; the file says in `otherData`
/// how many were merged.
class Timeline : public RunObserver {
 public:
  /// Writes to `out`, whose state tells whether that works; it is flushed behind each event.
  Timeline(std::ostream& out, TimelineOptions options);

  void state(const StateSpan& span) override;
  void block_ends(const BlockSpan& block) override;
  void tile(const TileSpan& tile) override;
  void transfer_ends(const TransferSpan& transfer) override;
  void level(const LevelChange& change) override;
  void dram(const DramEvent& event) override;

  /// The run has ended: the last slices and the end of the file, which says so when events are lost.
  void close(Cycles end);

  /// The number of events that a full disk has taken; some before them may be lost, too.
  [[nodiscard]] std::int64_t lost() const { return lost_; }

 private:
  /// Slices of a track that are not written yet: one, or several that became one.
  struct Track {
    int number = 0;
    std::int64_t slices = 0;  ///< that are waiting
    Cycles from;
    Cycles until;
    std::string name;                                ///< of the first
    std::string args;                                ///< JSON members of the first
    std::array<std::int64_t, kUnitStates> states{};  ///< cycles by state, on a track of states
  };
  /// A quantity that is summed over spans of equal length.
  struct Counter {
    std::string name;
    Cycles begin;  ///< of the span
    std::int64_t sum = 0;
  };

  /// A level as the sum of what it was in each cycle.
  struct Occupancy {
    Counter counter;
    Cycles since;
    std::int64_t level = 0;
  };

  Track track(const std::string& name);
  void slice(Track& track, Cycles from, Cycles until, std::string name, std::string args);
  void write(Track& track);
  void occupy(Occupancy& occupancy, Cycles at, std::int64_t value);
  void count(Counter& counter, Cycles at, std::int64_t amount, double unit);
  void write(Counter& counter, double unit);
  void event(const std::string& json);
  [[nodiscard]] Cycles merge_span() const;
  [[nodiscard]] std::string layer(int index) const;

  std::ostream& out_;
  TimelineOptions options_;
  int tracks_ = 0;
  std::int64_t slices_ = 0;
  std::int64_t merged_ = 0;
  std::int64_t lost_ = 0;
  bool first_ = true;
  Track blocks_;
  std::array<Track, kUnits> states_;
  std::array<Track, 2> tiles_;                     ///< systolic array, SIMD unit
  std::array<std::array<Track, 2>, 5> transfers_;  ///< by port: load, store
  std::vector<Track> channels_;
  std::array<Counter, 5> buses_;  ///< busy cycles of the ports' data buses
  std::array<Cycles, 5> bus_since_{};
  Counter memory_;                        ///< bytes that column commands move
  std::array<Occupancy, 5> outstanding_;  ///< bursts of the ports
  Occupancy at_memory_;                   ///< bursts
};

}  // namespace systole
