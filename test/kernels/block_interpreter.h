#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <unordered_map>
#include <utility>
#include <vector>

#include "isa/block.h"

/// What a block computes, by isa/manual.md alone: an oracle for lowerings. Values are doubles, so that order of
/// summation hardly matters. Reading what was never written, on chip or off, leaving a buffer, or loading what the same
/// block stores (nothing orders these two) throws std::logic_error. Double-buffered loads run one generation ahead and
/// double-buffered stores one behind, so that slots that overlap other data are seen.
namespace systole::test {

/// Off-chip memory: an element has a byte address (times 8, plus its bit) and a width.
class ElementMemory {
 public:
  void put(std::int64_t bit_address, int bits, double value) { elements_[bit_address] = {bits, value}; }
  /// Throws when no element of that width begins there.
  [[nodiscard]] double get(std::int64_t bit_address, int bits) const;

 private:
  std::unordered_map<std::int64_t, std::pair<int, double>> elements_;
};

struct InterpreterMachine {
  int rows = 4;
  int columns = 4;
  std::int64_t vmem_words = 64;  ///< all halves of one VMEM
  std::int64_t obuf_words = 64;
  std::int64_t ibuf_words = 64;
  std::int64_t wbuf_words = 64;
  std::int64_t bbuf_words = 64;
  int divide_latency = 9;
  int exponential_latency = 3;
  int inverse_sqrt_latency = 13;
};

class BlockInterpreter {
 public:
  BlockInterpreter(const InterpreterMachine& machine, ElementMemory& memory) : machine_(machine), memory_(memory) {}

  /// Executes the block; buffers are empty before it.
  void run(const isa::Block& block);

  /// Sums over all blocks so far.
  std::array<std::int64_t, isa::kMaxStreams> stream_bytes{};  ///< off-chip bytes by stream number
  std::int64_t load_bytes = 0;
  std::int64_t store_bytes = 0;
  std::int64_t tiles = 0;
  std::int64_t issue_cycles = 0;   ///< SIMD cycles of issue with hazards and bank conflicts (timing.md, section 6)
  std::int64_t hazard_cycles = 0;  ///< of them, waits for an earlier result
  std::int64_t instructions = 0;   ///< SIMD instructions executed
  std::int64_t macs = 0;

 private:
  struct Generation {
    int entry = 0;  ///< tile numbers
    int exit = 0;
    isa::TileIndex index{};
  };
  struct StreamState {
    std::vector<Generation> generations;
    std::size_t moved = 0;  ///< generations loaded or stored so far
    int current = -1;       ///< generation that the units see; -1: none at this tile
  };
  using Cell = std::optional<double>;
  void enumerate_tiles();
  [[nodiscard]] std::vector<Generation> generations(int scope, const isa::Condition& when) const;
  [[nodiscard]] bool holds(const isa::Condition& when, const isa::TileIndex& index) const;
  [[nodiscard]] int count(const isa::Trip& trip, const isa::TileIndex& index) const;
  [[nodiscard]] int lanes_of(isa::Buffer buffer) const;
  [[nodiscard]] std::int64_t slot_base(int stream, int generation) const;
  Cell& cell(isa::Buffer buffer, std::int64_t element);
  double read(isa::Buffer buffer, std::int64_t element);

  void select_generations(int tile);
  void load_streams(int tile);
  void store_streams(int tile, bool end);
  void move(int stream, std::size_t generation);
  template <typename Visit>
  void walk(const isa::Stream& stream, const isa::TileIndex& index, Visit visit) const;
  [[nodiscard]] std::int64_t bytes(const isa::Stream& stream, const isa::TileIndex& index) const;

  void run_array(const isa::TileIndex& index);
  void run_simd(const isa::TileIndex& index);
  void execute(const isa::SimdInstruction& instruction, const std::array<int, isa::kMaxSimdLoops>& at, int lanes);
  std::int64_t word_address(const isa::Iterator& iterator, const std::array<int, isa::kMaxSimdLoops>& at) const;
  void issue(const isa::SimdInstruction& instruction, const std::array<std::int64_t, 3>& words);

  InterpreterMachine machine_;
  ElementMemory& memory_;
  const isa::Block* block_ = nullptr;
  std::vector<isa::TileIndex> tiles_;
  std::array<StreamState, isa::kMaxStreams> states_;
  std::vector<Generation> outputs_;  ///< generations of OBUF slots
  int output_ = -1;
  std::array<std::vector<Cell>, 6> buffers_;
  std::unordered_map<std::int64_t, bool> stored_;               ///< bit addresses that this block has stored
  std::map<std::pair<int, std::int64_t>, std::int64_t> ready_;  ///< namespace, word -> first cycle a reader may issue
};

}  // namespace systole::test
