#pragma once

#include <deque>
#include <optional>
#include <systemc>
#include <tlm>
#include <vector>

#include "models/cycle/accelerator_clock.h"
#include "models/cycle/cycle_end.h"
#include "models/cycle/failure.h"
#include "models/cycle/payload_pool.h"
#include "models/cycle/running_block.h"
#include "models/cycle/stream_walker.h"

namespace systole {

/// One AXI port and the engine behind it.
struct DmaParameters {
  int width_bits = 512;             ///< bits a cycle on the data bus, 8..8192
  int max_burst_bytes = 1024;       ///< 64..4096, a power of two; bursts never cross a multiple of it
  int max_outstanding_bursts = 16;  ///< 1..256 of both directions together
  int setup_cycles = 1;             ///< cycles, 0..64: the walker's first address
  int columns = 64;                 ///< of the array, 1..1024: elements of a word of OBUF
  bool transposes = true;           ///< false, an idealization: what is transposed crosses in full beats
  std::array<int, 6> buffer_bits{8, 32, 8, 32, 32, 32};  ///< width of an element on chip, by isa::Buffer

  /// Throws InternalError naming the field; the configuration has been checked before.
  void validate() const;
};

/// The DMA engine of one port: a load sequencer and a store sequencer that walk the tiles of the running block, each
/// moving one generation of one stream at a time, and the data bus that they share. Cycle by cycle it models slots,
/// set-up, the issue of bursts, the limit of bursts on their way, and the bus, first come first served. On chip it
/// models how many beats a transfer takes, not when each is written. Values ride along
/// (values/value_model.h). Source:
/// models/cycle/timing.md section 3.
class DmaEngine : public sc_core::sc_module, private tlm::tlm_bw_transport_if<> {
 public:
  tlm::tlm_initiator_socket<> socket;

  DmaEngine(const sc_core::sc_module_name& name, isa::Port port, const DmaParameters& parameters,
            const AcceleratorClock& clock, CycleEnd& cycle_end, RunningBlock& block, Ledger& ledger, Failure& failure);

  [[nodiscard]] UnitAccount& account() { return account_; }

  /// From now on tells of transfers, of the bus and of bursts on their way; nullptr: nobody.
  void watch(RunObserver* observer) { observer_ = observer; }

  /// Tells a newcomer of the transfers, the bursts and the beat on their way.
  void introduce(RunObserver& newcomer) const;
  [[nodiscard]] std::int64_t bursts() const { return bursts_; }

  /// What each sequencer does and waits for, a line each, for a deadlock report.
  void dump(std::ostream& out) const;

  static constexpr int kSequencers = 2;  ///< each finishes every block

 private:
  enum class Step { idle, slot, setup, moving };

  /// A sequencer and the generation that it moves.
  struct Sequencer {
    explicit Sequencer(isa::Direction d) : direction(d) {}

    isa::Direction direction;
    Step step = Step::idle;
    int stream = 0;
    StreamWalker walker;
    std::int64_t issued = 0;
    std::int64_t answered = 0;
    bool all_issued = false;
    bool data_started = false;
    Cycles first_data;  ///< on the bus; the end of the set-up where there is none
    Cycles beats;       ///< on chip
    sc_core::sc_event done;
    bool wants_credit = false;
    Cycles wants_since;  ///< when it came to want the credit
    sc_core::sc_event credit;
    std::optional<TransferSpan> transfer;  ///< what observers are told of
  };
  struct Timed {
    Cycles cycle;
    tlm::tlm_generic_payload* burst;
  };

  // Processes.
  void load_sequencer() { run(load_); }
  void store_sequencer() { run(store_); }
  void arrive();
  void grant_bus();
  void send_stores();

  // The sequencers' steps.
  void run(Sequencer& sequencer);
  void run_block(Sequencer& sequencer);
  void move(Sequencer& sequencer, const TileWalker& tile);
  void wait_for_slot(Sequencer& sequencer, const SlotGate& gate);
  void set_up(Sequencer& sequencer, const TileWalker& tile);
  void issue_bursts(Sequencer& sequencer);
  void wait_for_credit(Sequencer& sequencer);
  void wait_for_end(Sequencer& sequencer);
  void book(const Sequencer& sequencer, Cycles start);
  void begin_span(Sequencer& sequencer, const TileWalker& tile, Cycles arrived, Cycles start) const;
  void end_span(Sequencer& sequencer) const;
  void tell_outstanding(RunObserver& observer) const;
  void enter(Sequencer& sequencer, Step step);

  // A burst's way.
  void issue(Sequencer& sequencer, const Segment& segment);
  void request(tlm::tlm_generic_payload& burst);
  void accept(tlm::tlm_generic_payload& burst);
  void grant(Sequencer& sequencer, std::int64_t bytes);
  void answer(Sequencer& sequencer, Cycles now);
  [[nodiscard]] std::int64_t on_their_way() const { return unanswered_ + static_cast<std::int64_t>(load_ends_.size()); }
  [[nodiscard]] std::int64_t free_credits();
  void give_credits();
  void ask_for_credits();

  // The socket's backward path.
  tlm::tlm_sync_enum nb_transport_bw(tlm::tlm_generic_payload& burst, tlm::tlm_phase& phase,
                                     sc_core::sc_time& delay) override;
  void invalidate_direct_mem_ptr(sc_dt::uint64, sc_dt::uint64) override {}

  [[nodiscard]] const isa::Stream& stream_of(const Sequencer& sequencer) const;
  [[nodiscard]] Sram sram_of(const isa::Stream& stream) const;

  isa::Port port_;
  DmaParameters parameters_;
  AcceleratorClock clock_;
  CycleEnd& cycle_end_;
  std::size_t crediting_;  ///< decisions of the cycle's end
  std::size_t granting_;
  RunningBlock& block_;
  Ledger& ledger_;
  Failure& failure_;
  UnitAccount account_;
  PayloadPool pool_;
  Sequencer load_{isa::Direction::load};
  Sequencer store_{isa::Direction::store};

  Cycles bus_free_;
  std::int64_t unanswered_ = 0;                           ///< bursts issued and, for loads, not yet granted the bus
  std::deque<Cycles> load_ends_;                          ///< when the loads that have the bus leave it
  std::deque<Timed> arriving_;                            ///< responses on their way back, in order of arrival
  std::vector<tlm::tlm_generic_payload*> loads_for_bus_;  ///< of this cycle
  std::vector<tlm::tlm_generic_payload*> stores_for_bus_;
  std::deque<Timed> sending_;  ///< stores on the bus, and when they leave it
  sc_core::sc_event arrival_;
  sc_core::sc_event store_sent_;
  sc_core::sc_event load_ended_;  ///< somebody waits for its credit
  std::int64_t bursts_ = 0;
  RunObserver* observer_ = nullptr;
};

}  // namespace systole
