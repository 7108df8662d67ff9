#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "configs/memory.pb.h"
#include "models/analytical/systole/machine_model.h"

namespace systole::analytical {

/// Where a transfer goes in memory: segments of equal length, their addresses a base and up to four strided dimensions,
/// outermost first. `step` divides the distance of any two addresses that the segments of the block's tiles begin at.
struct AccessPattern {
  struct Dimension {
    std::int64_t count = 1;
    std::int64_t stride = 0;  ///< bytes
  };
  std::int64_t base = 0;
  std::int64_t bytes = 0;  ///< of a segment
  double segments = 0;
  std::int64_t step = 1;
  std::vector<Dimension> dimensions;
};

/// What the off-chip memory costs, in accelerator cycles, derived from the device's and the controller's parameters;
/// the rules are those of the data sheet (distances of commands), applied to whole transfers and not to single
/// commands.
class MemoryModel {
 public:
  MemoryModel(const config::Memory& memory, const config::Machine& machine);

  /// Neither limit nor latency: only the ports' widths count, and everything below is zero.
  [[nodiscard]] bool ideal() const { return kind_ == Kind::ideal; }

  /// From the issue of a transfer's first read until its first byte leaves the memory, when the row it needs must be
  /// opened with this probability; and from the last byte of a burst until the port has it.
  [[nodiscard]] double read_request(double row_change) const { return read_hit_ + row_change * row_change_; }
  [[nodiscard]] double response() const { return response_; }
  /// From the issue of a write until the port knows that the memory has taken it.
  [[nodiscard]] double write_round() const { return write_round_; }
  /// Work that writes may leave behind in the queues when they are acknowledged.
  [[nodiscard]] double posted() const { return posted_; }

  /// That the first row of a transfer is not open any more: because it moves `bytes` from the transfer before, or
  /// because one of the block's other streams has used the bank.
  [[nodiscard]] double row_change(std::int64_t bytes, int other_streams) const;

  /// How many of the port's bursts, of at most `port_burst` bytes, find their row closed, on average; `row_change` is
  /// the probability that a transfer begins in other rows than the one before.
  [[nodiscard]] double rows_a_burst(const AccessPattern& pattern, std::int64_t port_burst, double row_change) const;

  /// How long a read of so many consecutive bytes waits on average for refreshes of single banks that are under way
  /// where it goes.
  [[nodiscard]] double refresh_wait(std::int64_t bytes) const;

  /// How long the memory's data buses take for one of the port's bursts.
  [[nodiscard]] double burst_time(std::int64_t address, std::int64_t bytes) const;

  /// How long the memory works for a transfer: device bursts moved whole, over the channels, bank groups and rows that
  /// the addresses fall in, as far as the queue cannot hide it; and its part of refresh. `bursts` is the number of the
  /// port's bursts, of which the interconnect passes one a cycle.
  [[nodiscard]] double work(const AccessPattern& pattern, double bursts) const;

  /// Time that one turn to writing and back costs the channels together, when the rows of the two directions are in the
  /// same bank with this probability: the bus turns, and there rows are closed and opened.
  [[nodiscard]] double turn(double same_bank) const { return turn_ + same_bank * reopen_; }
  /// Device bursts of writes between two turns.
  [[nodiscard]] double write_batch() const { return write_batch_; }
  /// How long a channel is away from reading for a batch of writes, with the turn.
  [[nodiscard]] double batch_time(double same_bank) const {
    return write_batch_ * burst_clocks_ * cycles_a_clock_ + turn(same_bank) * channels_;
  }
  /// Time lost for each device burst of two streams that are read in turns from different rows of a bank. Hits go
  /// first, so a row is left when a queue full of bursts has been served from it; meanwhile bank groups that the
  /// shorter of the streams' bursts, of so many device bursts, leave alone go on.
  [[nodiscard]] double row_switch(double device_bursts) const;

  /// The bank that an address lies in, of those of one bank group, and how many there are.
  [[nodiscard]] int bank_of(std::int64_t address) const {
    return banks_in_period_[static_cast<std::size_t>(address % period_ / row_block_)];
  }
  [[nodiscard]] int banks_of_group() const { return banks_ / groups_; }
  /// Channels that so many consecutive bytes lie in.
  [[nodiscard]] double channels_of(std::int64_t bytes) const;

  /// Channels that a transfer's bursts are spread over, judged by the one that is busy longest.
  [[nodiscard]] double spread(const AccessPattern& pattern) const;
  /// Device bursts that a transfer takes, averaged over where segments begin within a burst.
  [[nodiscard]] double device_bursts(const AccessPattern& pattern) const;
  /// Bytes that the device moves for a transfer: whole device bursts.
  [[nodiscard]] double device_bytes(const AccessPattern& pattern) const;

  [[nodiscard]] double peak_bytes_per_second() const { return peak_; }

  /// Transfers whose addresses are a multiple of so many bytes apart take equally long.
  [[nodiscard]] std::int64_t period() const { return period_; }

  /// From now on it keeps what it finds out about patterns, for somebody who asks often.
  void remember() { known_ = std::make_shared<Known>(); }

 private:
  struct Place {
    int channel = 0;
    int group = 0;
    int bank = 0;  ///< of the channel, group and rank included
    std::int64_t row = 0;
  };
  /// One field, or a part of one, of the address map, from the least significant up.
  struct Part {
    int field;
    int bits;
    int shift;     ///< within the field
    int position;  ///< within the number of the burst
  };
  struct Hash {
    int field;
    int bit;
    int row_bit;
  };

  /// Of a port's bursts, the shares that find their row closed: by the first and by a later access to its bank.
  struct Rows {
    double first = 0;
    double again = 0;
  };
  /// What is kept, by the pattern that it is of; for any number of threads.
  template <typename Value>
  class Table {
   public:
    template <typename Find>
    Value once(const std::string& name, const Find& find);

   private:
    std::mutex mutex_;
    std::unordered_map<std::string, Value> known_;
  };
  struct Known {
    Table<double> clocks;
    Table<double> bursts;
    Table<Rows> rows;
  };

  enum class Kind { ideal, plain, dram };  ///< plain: a bandwidth and a latency

  void set_plain(const config::IdealMemory& memory, const config::Machine& machine);
  void set_dram(const config::Dram& dram, const config::Machine& machine);
  void read_map(const config::Dram& dram);
  [[nodiscard]] std::int64_t period_of_map() const;
  [[nodiscard]] Place place(std::int64_t address) const;
  [[nodiscard]] double clocks_a_burst(const AccessPattern& pattern) const;
  [[nodiscard]] double sampled_clocks(const AccessPattern& pattern) const;
  [[nodiscard]] double most_bursts_in_a_channel(std::int64_t address, std::int64_t bytes) const;
  [[nodiscard]] Rows sampled_rows(const AccessPattern& pattern, std::int64_t port_burst) const;

  Kind kind_ = Kind::ideal;
  double cycles_a_byte_ = 0;   ///< plain memory
  double cycles_a_clock_ = 0;  ///< DRAM
  double response_ = 0;
  double write_round_ = 0;
  double read_hit_ = 0;    ///< to the first byte of an open row
  double row_change_ = 0;  ///< longer when another row must be closed and this one opened
  double posted_ = 0;
  double peak_ = 0;
  std::int64_t period_ = 1;
  double available_ = 1;     ///< share of time that refresh leaves
  double turn_ = 0;          ///< a turn to writing and back, of one channel among all
  double reopen_ = 0;        ///< more, when the other direction's row is in the way both times
  double write_batch_ = 1;   ///< device bursts
  double row_switch_ = 0;    ///< clocks that a bank is away from reading for another of its rows
  double bank_refresh_ = 0;  ///< cycles that a bank is away for its refresh, until its row is open again
  double refreshing_ = 0;    ///< share of time in which a given bank is away

  std::int64_t burst_bytes_ = 64;
  double burst_clocks_ = 4;
  int channels_ = 1;
  int groups_ = 1;
  int banks_ = 1;                   ///< of a channel
  std::int64_t channel_block_ = 1;  ///< consecutive bytes that lie in one channel
  std::int64_t row_block_ = 1;      ///< consecutive bytes that lie in one open row of each bank they touch
  std::array<double, isa::kMaxStreams> in_other_banks_{};  ///< probability, for so many other streams
  int window_ = 32;                                        ///< device bursts among which a channel may choose
  double same_group_ = 0;
  double activate_ = 0;  ///< clocks between two activates at best
  double row_cycle_ = 0;
  std::vector<Part> parts_;
  std::vector<Hash> hashes_;
  std::vector<std::uint8_t> banks_in_period_{0};  ///< by block of a row
  std::shared_ptr<Known> known_;                  ///< null: nothing is kept
};

}  // namespace systole::analytical
