#include "models/cycle/interconnect.h"

#include <gtest/gtest.h>

#include "models/cycle/memory.h"
#include "test/models/cycle/block_builder.h"

namespace systole::test {
namespace {

/// Takes one burst, answers it `service` later, and only then takes the next: back-pressure all the time.
class SingleFile : public Memory, private tlm::tlm_fw_transport_if<> {
 public:
  SC_HAS_PROCESS(SingleFile);
  explicit SingleFile(const sc_core::sc_time& service) : Memory("memory"), service_(service) {
    socket.bind(*this);
    SC_METHOD(respond);
    sensitive << done_;
    dont_initialize();
  }
  [[nodiscard]] MemoryCounters counters() const override { return counters_; }
  [[nodiscard]] double peak_bytes_per_second() const override { return 1e9; }
  [[nodiscard]] Bytes capacity() const override { return Bytes{std::int64_t{1} << 40}; }
  [[nodiscard]] bool busy() const override { return burst_ != nullptr; }
  void dump(std::ostream&) const override {}

  std::vector<std::int64_t> addresses;  ///< in the order of arrival

 private:
  tlm::tlm_sync_enum nb_transport_fw(tlm::tlm_generic_payload& burst, tlm::tlm_phase&, sc_core::sc_time&) override {
    EXPECT_EQ(burst_, nullptr) << "a second request while the first is not accepted";
    addresses.push_back(static_cast<std::int64_t>(burst.get_address()));
    (burst.is_read() ? counters_.read_bytes : counters_.write_bytes) += burst.get_data_length();
    burst_ = &burst;
    done_.notify(service_);
    return tlm::TLM_ACCEPTED;
  }
  void respond() {
    tlm::tlm_generic_payload& burst = *burst_;
    burst_ = nullptr;
    tlm::tlm_phase phase = tlm::END_REQ;
    sc_core::sc_time delay = sc_core::SC_ZERO_TIME;
    socket->nb_transport_bw(burst, phase, delay);
    phase = tlm::BEGIN_RESP;
    socket->nb_transport_bw(burst, phase, delay);
  }
  void b_transport(tlm::tlm_generic_payload&, sc_core::sc_time&) override {}
  bool get_direct_mem_ptr(tlm::tlm_generic_payload&, tlm::tlm_dmi&) override { return false; }
  unsigned transport_dbg(tlm::tlm_generic_payload&) override { return 0; }

  sc_core::sc_time service_;
  sc_core::sc_event done_;
  tlm::tlm_generic_payload* burst_ = nullptr;
  MemoryCounters counters_;
};

constexpr std::int64_t kFar = 1 << 16;

/// Loads on ports IBUF and PARAMBUF, and a load on SIMD, of the given number of bursts each.
ProgramBlock three_ports(std::int32_t bursts) {
  ProgramBlock block;
  block.block.streams[0] = load(isa::Buffer::ibuf, isa::kNoLoop, 64 * bursts);
  block.block.streams[1] = load(isa::Buffer::wbuf, isa::kNoLoop, 64 * bursts);
  block.block.streams[2] = load(isa::Buffer::vmem1, isa::kNoLoop, 64 * bursts);
  block.block.streams[1].base = kFar;
  block.block.streams[2].base = 2 * kFar;
  return block;
}

TEST(Interconnect, PortsTakeTurns) {
  fresh_kernel();
  SingleFile memory({8.0, sc_core::SC_NS});  // 10 cycles
  simulate(small_machine(), memory, program_of({three_ports(3)}));
  ASSERT_EQ(memory.addresses.size(), 1U + 9U);
  const std::vector<std::int64_t> order(memory.addresses.begin() + 1, memory.addresses.end());
  // parambuf, ibuf, simd in the order of the ports, from the first port after the one that had the instruction word.
  EXPECT_EQ(order, (std::vector<std::int64_t>{kFar, 0, 2 * kFar, kFar + 64, 64, 2 * kFar + 64, kFar + 128, 128,
                                              2 * kFar + 128}));
}

TEST(Interconnect, BackPressureHoldsAllPorts) {
  fresh_kernel();
  SingleFile memory({8.0, sc_core::SC_NS});
  const RunCounters run = simulate(small_machine(), memory, program_of({three_ports(3)}));
  // Set-up, the way there, nine bursts of 10 cycles, the way back, the last burst's data.
  EXPECT_EQ(block_cycles(run), 1 + 4 + 9 * 10 + 4 + 8);
  EXPECT_EQ(run.of(Unit::dram).busy.count(), 10 * 10);
}

TEST(Interconnect, AResponseBetweenTwoEdgesTakesEffectAtTheNext) {
  const auto cycles = [](double nanoseconds) {
    fresh_kernel();
    SingleFile memory({nanoseconds, sc_core::SC_NS});
    ProgramBlock block;
    block.block.streams[0] = load(isa::Buffer::ibuf, isa::kNoLoop, 64);
    return block_cycles(simulate(small_machine(), memory, program_of({block})));
  };
  EXPECT_EQ(cycles(8.0), 1 + 4 + 10 + 4 + 8);
  EXPECT_EQ(cycles(8.001), 1 + 4 + 11 + 4 + 8);
  EXPECT_EQ(cycles(8.8), 1 + 4 + 11 + 4 + 8);
}

TEST(Interconnect, OneBurstPassesACycle) {
  fresh_kernel();
  IdealMemoryParameters parameters;
  parameters.latency_ns = 8.0;
  IdealMemory memory("memory", parameters);
  MachineParameters machine = small_machine();
  for (DmaParameters& port : machine.dma) port.width_bits = 512;  // a burst a cycle
  const RunCounters run = simulate(machine, memory, program_of({three_ports(5)}));
  EXPECT_EQ(block_cycles(run), 1 + 4 + 14 + 10 + 4 + 1);
}

}  // namespace
}  // namespace systole::test
