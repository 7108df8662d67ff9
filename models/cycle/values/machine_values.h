#pragma once

#include <array>
#include <map>
#include <string>
#include <vector>

#include "isa/block.h"
#include "models/cycle/slot_places.h"
#include "models/cycle/stream_walker.h"
#include "models/cycle/values/cells.h"
#include "models/cycle/values/memory_image.h"
#include "models/cycle/values/program_values.h"

namespace systole {

/// ProgramValues in one number format: `Cell` is float or std::int32_t.
template <typename Cell>
class MachineValues : public ProgramValues {
 public:
  explicit MachineValues(const isa::Program& program);

  void write(const isa::Tensor& tensor, const std::vector<double>& elements) override;
  [[nodiscard]] std::vector<double> read(const isa::Tensor& tensor) const override;
  [[nodiscard]] std::vector<LayerOverflows> overflows() const override;

  void open(const ProgramBlock& block) override;
  void load(RunningBlock& block, int stream, const StreamWalker& walker) override;
  void store(RunningBlock& block, int stream, const StreamWalker& walker) override;
  void compute_array(RunningBlock& block, const TileWalker& tile) override;
  void compute_simd(RunningBlock& block, const TileWalker& tile) override;

  /// What a buffer holds.
  [[nodiscard]] Cells<Cell>& cells(isa::Buffer buffer) { return buffers_.at(static_cast<std::size_t>(buffer)); }

 private:
  /// A piece of a run whose elements lie side by side on both sides.
  struct Piece {
    std::int64_t on_chip = 0;
    std::int64_t element = 0;  ///< of the run
    std::int64_t count = 0;
  };
  struct SimdPlace {
    isa::Buffer buffer = isa::Buffer::vmem1;
    bool immediate = false;
    std::int64_t element = 0;
  };
  /// Vectors that enter one after the other and use the same weights.
  struct Vectors {
    ArrayPlaces first;
    std::int64_t count = 1;
    std::int64_t ibuf_stride = 0;  ///< elements
    std::int64_t obuf_stride = 0;  ///< elements
    int rows = 0;
    int columns = 0;
    enum class Start { zero, bias, sum } start = Start::zero;
  };

  // Streams.
  [[nodiscard]] MemoryRegion<Cell>& region_of(int stream);
  template <typename Take>
  void for_each_piece(const isa::Stream& stream, std::int64_t on_chip, std::int64_t begin, std::int64_t end,
                      Take take) const;
  void load_run(const StreamWalker::Run& run, const StreamWalker& walker, int stream, std::int64_t base);
  void store_run(const StreamWalker::Run& run, const StreamWalker& walker, int stream, std::int64_t base);
  [[nodiscard]] std::int64_t first_element(const MemoryRegion<Cell>& region, const StreamWalker::Run& run,
                                           const isa::Stream& stream) const;
  [[nodiscard]] Cell fitted(Cell value, int bits) const;
  [[nodiscard]] Cell filling(const isa::Stream& stream) const;

  // The array.
  void run_vectors(const isa::ArrayProgram& array, const std::vector<std::int32_t>& counts, const ArrayPlaces& base,
                   const TileWalker& tile);
  void multiply(const Vectors& vectors);

  // The SIMD unit.
  [[nodiscard]] SimdPlace place_of(RunningBlock& block, const isa::Iterator& iterator, const TileWalker& tile) const;
  void run_nest(RunningBlock& block, int nest, const TileWalker& tile);
  void execute(const isa::SimdInstruction& instruction, const std::array<SimdPlace, isa::kMaxIterators>& places,
               int lanes);

  // Buffers.
  const Cell* readable(isa::Buffer buffer, std::int64_t first, std::int64_t count);
  Cell* writable(isa::Buffer buffer, std::int64_t first, std::int64_t count);

  /// Which part of a block works, for messages.
  enum class Part { load, store, array, nest };
  void begin(Part part, int number, int layer);
  [[nodiscard]] std::int64_t instruction_address() const;
  [[noreturn]] void fault(const std::string& what) const;

  const isa::Program& program_;
  std::int64_t rows_;
  std::int64_t columns_;
  std::array<int, 6> buffer_bits_;
  MemoryImage<Cell> memory_;
  std::array<Cells<Cell>, 6> buffers_;  ///< by isa::Buffer
  std::vector<Cell> immediates_;        ///< each of the block's words, once for every lane

  int block_number_ = -1;
  const ProgramBlock* block_ = nullptr;
  Part part_ = Part::load;
  int part_number_ = 0;   ///< of the stream or nest
  int instruction_ = -1;  ///< of the nest's body; -1: not there
  int layer_ = -1;        ///< whose work it is
  std::map<int, std::int64_t> overflows_;
};

}  // namespace systole
