#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

/// Stimulus and expected results of single tiles, for RTL of the array and the SIMD unit. docs/cosim.md describes the
/// files; this header is their content as plain data, and the writer.
namespace systole {

constexpr std::uint32_t kRtlVectorFormat = 1;

/// What the vectors were made for.
struct RtlTarget {
  int rows = 0;
  int columns = 0;
  int weight_bits = 0;
  int activation_bits = 0;
  std::int64_t ibuf_words = 0;  ///< both halves, as all the others
  std::int64_t wbuf_words = 0;
  std::int64_t bbuf_words = 0;
  std::int64_t obuf_words = 0;
  std::int64_t vmem_words = 0;
  int obuf_accumulate_latency = 0;  ///< cycles
  int divide_latency = 0;           ///< cycles
};

enum class RtlUnit : std::uint8_t { systolic_array, simd_unit };

/// On-chip memories in the order of a tile's header.
enum class RtlMemory : std::uint8_t { ibuf, wbuf, bbuf, obuf, vmem1, vmem2 };
constexpr int kRtlMemories = 6;
constexpr std::array<const char*, kRtlMemories> kRtlMemoryNames = {"ibuf", "wbuf", "bbuf", "obuf", "vmem1", "vmem2"};

/// A stretch of a memory before the tile. A word has one element a lane (IBUF: rows; WBUF: rows*columns, row by row).
struct RtlImage {
  std::int64_t first = 0;              ///< word
  std::vector<std::int32_t> elements;  ///< whole words, one after the other; empty: the tile does not use the memory
};

/// A word that the tile writes, lane l of it l cycles after lane 0. Cycle 0 is the tile's first.
struct RtlResult {
  std::int64_t cycle = 0;
  RtlMemory memory = RtlMemory::obuf;  ///< obuf, vmem1 or vmem2
  std::int64_t word = 0;
  std::vector<std::int32_t> values;  ///< of the active lanes, from lane 0
};

/// A tile of the array as its walkers have it: trips of this tile, bases of its slots in words.
struct RtlArrayTile {
  struct Loop {
    std::int32_t count = 1;
    std::int32_t ibuf_stride = 0, wbuf_stride = 0, obuf_stride = 0, bbuf_stride = 0;  ///< words
  };
  bool start_from_bias = false;  ///< sums start anew where all reduction loops are at 0
  bool biased = false;           ///< .. from BBUF, not from zero
  int row_loop = -1;             ///< the loop whose last iteration has `rows` rows; -1: every one has
  int rows = 0;
  int column_loop = -1;
  int columns = 0;
  std::int64_t ibuf_base = 0, wbuf_base = 0, obuf_base = 0, bbuf_base = 0;
  std::vector<Loop> loops;  ///< outermost first, at most 8
};

/// A tile of the SIMD unit: the nests that it executes, with the trips of this tile.
struct RtlSimdTile {
  struct Nest {
    std::vector<std::int32_t> counts;  ///< outermost first, at most 7
    int lane_loop = -1;                ///< the loop whose last iteration has `lanes` lanes; -1: every one has
    int lanes = 0;
    std::vector<std::uint32_t> body;  ///< opcode << 15 | destination << 10 | source1 << 5 | source2
  };
  struct Iterator {
    std::array<std::int32_t, 7> stride{};  ///< words
    int space = 0;                         ///< 0 OBUF, 1 VMEM1, 2 VMEM2, 3 IMM
    std::int64_t base = 0;                 ///< words
  };
  std::vector<Nest> nests;
  std::vector<Iterator> iterators;
  std::vector<std::uint32_t> immediates;
};

/// One tile with everything that a run of it needs and gives.
struct RtlTile {
  RtlUnit unit = RtlUnit::systolic_array;
  int block = 0;          ///< of the program
  std::string layer;      ///< whose work it is
  std::int64_t tile = 0;  ///< of the block
  RtlArrayTile array;     ///< when it is the array's
  RtlSimdTile simd;       ///< when it is the SIMD unit's
  std::array<RtlImage, kRtlMemories> images;
  std::int64_t cycles = 0;
  std::vector<RtlResult> results;  ///< in the order in which they are written
};

/// Is this a name that RtlVectorWriter writes?
bool is_rtl_vector_file(std::string_view name);

/// Writes the files of tiles, each as it comes, and at the end those about all of them.
class RtlVectorWriter {
 public:
  using WriteFile = std::function<void(const std::string& name, std::string_view text)>;

  RtlVectorWriter(const RtlTarget& target, WriteFile write);

  void add(const RtlTile& tile);
  /// index.hex, index.csv, parameters.txt.
  void finish();

  /// NAME=VALUE for each parameter of the testbench, as in parameters.txt.
  [[nodiscard]] std::vector<std::string> parameters() const;

 private:
  RtlTarget target_;
  WriteFile write_;
  std::int64_t tiles_ = 0;
  std::int64_t most_results_ = 1;
  std::string index_;
};

}  // namespace systole
