#include "traces/rtl_vectors.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <regex>

#include "base/errors.h"

namespace systole {

namespace {

constexpr std::size_t kArrayLoops = 8;
constexpr std::size_t kSimdLoops = 7;
constexpr std::uint32_t kNoArrayLoop = 8;
constexpr std::uint32_t kNoLaneLoop = 15;
constexpr std::int64_t kLeastResults = 4096;

std::uint32_t word(std::int64_t value) {
  return static_cast<std::uint32_t>(value);
}

/// Lines for $readmemh: one 32-bit word each.
std::string hex_words(const std::vector<std::uint32_t>& words) {
  std::string text;
  for (const std::uint32_t each : words) fmt::format_to(std::back_inserter(text), "{:08x}\n", each);
  return text;
}

/// Appends `count` elements of `bits` bits as one hexadecimal number, the first in the least significant bits.
void append_packed(std::string& text, const std::int32_t* elements, std::int64_t count, int bits) {
  if (bits == 32) {
    for (std::int64_t i = count; i-- > 0;) fmt::format_to(std::back_inserter(text), "{:08x}", word(elements[i]));
    return;
  }
  std::string digits;  // least significant first
  std::uint64_t waiting = 0;
  int filled = 0;
  for (std::int64_t i = 0; i < count; ++i) {
    waiting |= std::uint64_t{word(elements[i]) & ((1U << bits) - 1U)} << filled;
    for (filled += bits; filled >= 4; filled -= 4, waiting >>= 4) digits += "0123456789abcdef"[waiting & 15U];
  }
  if (filled > 0) digits += "0123456789abcdef"[waiting & 15U];
  text.append(digits.rbegin(), digits.rend());
}

/// `columns` elements of `bits` bits a line; the address of the first line.
std::string image_text(const RtlImage& image, std::int64_t first_line, std::int64_t elements_a_line, int bits) {
  std::string text = fmt::format("@{:x}\n", first_line);
  for (std::int64_t at = 0; at < static_cast<std::int64_t>(image.elements.size()); at += elements_a_line) {
    append_packed(text, image.elements.data() + at, elements_a_line, bits);
    text += '\n';
  }
  return text;
}

std::vector<std::uint32_t> instructions_of(const RtlArrayTile& tile) {
  const auto loop = [](int number) { return number < 0 ? kNoArrayLoop : word(number); };
  std::vector<std::uint32_t> words = {(tile.start_from_bias ? 1U : 0U) | (tile.biased ? 2U : 0U),
                                      loop(tile.row_loop),
                                      word(tile.rows),
                                      loop(tile.column_loop),
                                      word(tile.columns),
                                      word(tile.ibuf_base),
                                      word(tile.wbuf_base),
                                      word(tile.obuf_base),
                                      word(tile.bbuf_base)};
  std::vector<RtlArrayTile::Loop> loops = tile.loops;
  loops.resize(kArrayLoops);
  for (const RtlArrayTile::Loop& each : loops) {
    for (const std::int32_t value :
         {each.count, each.ibuf_stride, each.wbuf_stride, each.obuf_stride, each.bbuf_stride}) {
      words.push_back(word(value));
    }
  }
  return words;
}

std::vector<std::uint32_t> instructions_of(const RtlSimdTile& tile) {
  std::vector<std::uint32_t> body;
  std::vector<std::uint32_t> nests;
  for (const RtlSimdTile::Nest& nest : tile.nests) {
    std::vector<std::int32_t> counts = nest.counts;
    counts.resize(kSimdLoops, 1);
    for (const std::int32_t count : counts) nests.push_back(word(count));
    nests.push_back(word(static_cast<std::int64_t>(body.size())));
    body.insert(body.end(), nest.body.begin(), nest.body.end());
    nests.push_back(word(static_cast<std::int64_t>(body.size()) - 1));
    nests.push_back(nest.lane_loop < 0 ? kNoLaneLoop : word(nest.lane_loop));
    nests.push_back(word(nest.lanes));
  }
  std::vector<std::uint32_t> words = {
      word(static_cast<std::int64_t>(tile.nests.size())), word(static_cast<std::int64_t>(body.size())),
      word(static_cast<std::int64_t>(tile.iterators.size())), word(static_cast<std::int64_t>(tile.immediates.size()))};
  words.insert(words.end(), nests.begin(), nests.end());
  words.insert(words.end(), body.begin(), body.end());
  for (const RtlSimdTile::Iterator& iterator : tile.iterators) {
    for (const std::int32_t stride : iterator.stride) words.push_back(word(stride));
    words.push_back(word(iterator.space));
    words.push_back(word(iterator.base));
  }
  words.insert(words.end(), tile.immediates.begin(), tile.immediates.end());
  return words;
}

/// Values from the last lane to the first, then memory and lanes, word, cycle.
std::string results_text(const std::vector<RtlResult>& results, int columns) {
  std::string text;
  std::vector<std::int32_t> lanes;
  for (const RtlResult& result : results) {
    lanes = result.values;
    lanes.resize(static_cast<std::size_t>(columns), 0);
    append_packed(text, lanes.data(), columns, 32);
    const auto space = result.memory == RtlMemory::obuf ? 0U : result.memory == RtlMemory::vmem1 ? 1U : 2U;
    fmt::format_to(std::back_inserter(text), "_{:08x}_{:08x}_{:08x}\n", space << 16 | result.values.size(),
                   word(result.word), word(result.cycle));
  }
  return text;
}

std::int64_t words_of(const RtlTarget& target, RtlMemory memory, const RtlImage& image) {
  std::int64_t lanes = target.columns;
  if (memory == RtlMemory::ibuf) lanes = target.rows;
  if (memory == RtlMemory::wbuf) lanes = std::int64_t{target.rows} * target.columns;
  const auto elements = static_cast<std::int64_t>(image.elements.size());
  check(elements % lanes == 0, "rtl vectors", "an image is not made of whole words");
  return elements / lanes;
}

}  // namespace

bool is_rtl_vector_file(std::string_view name) {
  static const std::regex pattern(
      R"(index\.(hex|csv)|parameters\.txt|tile[0-9]{4,}(_(instructions|results|ibuf|wbuf|bbuf|obuf|vmem1|vmem2))?\.hex)");
  return std::regex_match(name.begin(), name.end(), pattern);
}

RtlVectorWriter::RtlVectorWriter(const RtlTarget& target, WriteFile write)
    : target_(target), write_(std::move(write)), index_("tile,unit,block,layer,tile_of_block,cycles,results\n") {}

void RtlVectorWriter::add(const RtlTile& tile) {
  const std::string name = fmt::format("tile{:04}", tiles_);
  const bool simd = tile.unit == RtlUnit::simd_unit;
  const std::vector<std::uint32_t> instructions = simd ? instructions_of(tile.simd) : instructions_of(tile.array);
  const auto results = static_cast<std::int64_t>(tile.results.size());
  std::vector<std::uint32_t> header = {simd ? 1U : 0U, word(tile.cycles), word(results),
                                       word(static_cast<std::int64_t>(instructions.size()))};
  for (int m = 0; m < kRtlMemories; ++m) {
    const auto memory = static_cast<RtlMemory>(m);
    const RtlImage& image = tile.images[static_cast<std::size_t>(m)];
    const std::int64_t words = words_of(target_, memory, image);
    header.push_back(word(image.first));
    header.push_back(word(words));
    if (words == 0) continue;
    const bool weights = memory == RtlMemory::wbuf;
    const bool inputs = memory == RtlMemory::ibuf;
    write_(fmt::format("{}_{}.hex", name, kRtlMemoryNames[static_cast<std::size_t>(m)]),
           image_text(image, image.first * (weights ? target_.rows : 1), inputs ? target_.rows : target_.columns,
                      inputs    ? target_.activation_bits
                      : weights ? target_.weight_bits
                                : 32));
  }
  write_(name + ".hex", hex_words(header));
  write_(name + "_instructions.hex", hex_words(instructions));
  write_(name + "_results.hex", results_text(tile.results, target_.columns));
  index_ += fmt::format("{},{},{},{},{},{},{}\n", tiles_, simd ? "simd_unit" : "systolic_array", tile.block, tile.layer,
                        tile.tile, tile.cycles, results);
  most_results_ = std::max(most_results_, results);
  ++tiles_;
}

std::vector<std::string> RtlVectorWriter::parameters() const {
  std::int64_t results = kLeastResults;
  while (results < most_results_) results *= 2;
  const RtlTarget& t = target_;
  return {fmt::format("ROWS={}", t.rows),
          fmt::format("COLUMNS={}", t.columns),
          fmt::format("WEIGHT_BITS={}", t.weight_bits),
          fmt::format("ACTIVATION_BITS={}", t.activation_bits),
          fmt::format("IBUF_WORDS={}", t.ibuf_words),
          fmt::format("WBUF_WORDS={}", t.wbuf_words),
          fmt::format("BBUF_WORDS={}", t.bbuf_words),
          fmt::format("OBUF_WORDS={}", t.obuf_words),
          fmt::format("VMEM_WORDS={}", t.vmem_words),
          fmt::format("OBUF_ACCUMULATE_LATENCY={}", t.obuf_accumulate_latency),
          fmt::format("DIVIDE_LATENCY={}", t.divide_latency),
          fmt::format("RESULTS={}", results)};
}

void RtlVectorWriter::finish() {
  const RtlTarget& t = target_;
  std::vector<std::uint32_t> index = {kRtlVectorFormat,
                                      word(tiles_),
                                      word(t.rows),
                                      word(t.columns),
                                      word(t.weight_bits),
                                      word(t.activation_bits),
                                      word(t.ibuf_words),
                                      word(t.wbuf_words),
                                      word(t.bbuf_words),
                                      word(t.obuf_words),
                                      word(t.vmem_words),
                                      word(t.obuf_accumulate_latency),
                                      word(t.divide_latency),
                                      word(most_results_),
                                      0U,
                                      0U};
  write_("index.hex", hex_words(index));
  write_("index.csv", index_);
  write_("parameters.txt", fmt::format("{}\n", fmt::join(parameters(), "\n")));
}

}  // namespace systole
