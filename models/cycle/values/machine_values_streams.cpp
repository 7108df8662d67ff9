#include <cstring>
#include <limits>
#include <type_traits>

#include "models/cycle/running_block.h"
#include "models/cycle/values/machine_values.h"

/// Transfers between memory and buffers: isa/manual.md, section 2.
namespace systole {

template <typename Cell>
MemoryRegion<Cell>& MachineValues<Cell>::region_of(int stream) {
  const isa::EncodedBlock& encoded = program_.blocks(block_number_);
  const int region = stream < encoded.stream_regions_size() ? encoded.stream_regions(stream) : -1;
  if (region < 0) fault("does not say which region it moves, so that its values are unknown");
  return memory_.at(region);
}

/// Elements [begin, end) of a run in pieces that lie side by side on chip.
template <typename Cell>
template <typename Take>
void MachineValues<Cell>::for_each_piece(const isa::Stream& stream, std::int64_t on_chip, std::int64_t begin,
                                         std::int64_t end, Take take) const {
  const std::int64_t block = stream.run.block;
  if (block == 0 || block == stream.run.block_stride) {
    if (end > begin) take(Piece{on_chip + begin, begin, end - begin});
    return;
  }
  for (std::int64_t element = begin; element < end;) {
    const std::int64_t inside = element % block;
    const std::int64_t count = std::min(block - inside, end - element);
    take(Piece{on_chip + element / block * stream.run.block_stride + inside, element, count});
    element += count;
  }
}

template <typename Cell>
std::int64_t MachineValues<Cell>::first_element(const MemoryRegion<Cell>& region, const StreamWalker::Run& run,
                                                const isa::Stream& stream) const {
  const std::int64_t bits = (run.address - region.address) * 8;
  const std::int64_t last = stream.run.broadcast ? 0 : run.end - 1;
  const std::int64_t first = bits / region.element_bits + (stream.run.broadcast ? 0 : run.begin);
  if (stream.element_bits != region.element_bits || bits % region.element_bits != 0) {
    fault("does not move the elements of region '" + region.name + "': they have " +
          std::to_string(region.element_bits) + " bits");
  }
  if (bits / region.element_bits + last >= region.cells.size() || first < 0) {
    fault("leaves region '" + region.name + "' at byte " + std::to_string(run.address - region.address) + " of " +
          std::to_string(region.bytes));
  }
  return bits / region.element_bits;
}

template <typename Cell>
void MachineValues<Cell>::load(RunningBlock& block, int stream, const StreamWalker& walker) {
  begin(Part::load, stream, block.layers().streams[static_cast<std::size_t>(stream)]);
  const std::int64_t base = transfer_place(block, stream, columns_);
  walker.for_each_run([&](const StreamWalker::Run& run) { load_run(run, walker, stream, base); });
}

template <typename Cell>
void MachineValues<Cell>::load_run(const StreamWalker::Run& run, const StreamWalker& walker, int stream,
                                   std::int64_t base) {
  const isa::Stream& self = walker.stream();
  const auto fill = [&](const Piece& piece) {
    Cell* const to = writable(self.buffer, base + piece.on_chip, piece.count);
    std::fill_n(to, piece.count, filling(self));
  };
  for_each_piece(self, run.on_chip, 0, run.begin, fill);
  for_each_piece(self, run.on_chip, run.end, walker.run_elements(), fill);
  if (run.end <= run.begin) return;
  const MemoryRegion<Cell>& region = region_of(stream);
  const std::int64_t zeroth = first_element(region, run, self);
  const std::int64_t count = self.run.broadcast ? 1 : run.end - run.begin;
  const std::int64_t first = self.run.broadcast ? zeroth : zeroth + run.begin;
  const auto hole = region.cells.unwritten(first, count);
  if (!region.live || hole) {
    fault("reads element " + std::to_string(hole.value_or(first)) + " of region '" + region.name +
          (hole ? "', which was never written" : "', which other data have overwritten"));
  }
  const int bits = buffer_bits_[static_cast<std::size_t>(self.buffer)];
  for_each_piece(self, run.on_chip, run.begin, run.end, [&](const Piece& piece) {
    Cell* const to = writable(self.buffer, base + piece.on_chip, piece.count);
    const Cell* const from = region.cells.read(self.run.broadcast ? zeroth : zeroth + piece.element);
    if (self.run.broadcast) {
      std::fill_n(to, piece.count, fitted(*from, bits));
    } else {
      std::transform(from, from + piece.count, to, [&](Cell value) { return fitted(value, bits); });
    }
  });
}

template <typename Cell>
void MachineValues<Cell>::store(RunningBlock& block, int stream, const StreamWalker& walker) {
  begin(Part::store, stream, block.layers().streams[static_cast<std::size_t>(stream)]);
  const std::int64_t base = transfer_place(block, stream, columns_);
  static_cast<void>(region_of(stream));
  memory_.revive(program_.blocks(block_number_).stream_regions(stream));
  walker.for_each_run([&](const StreamWalker::Run& run) { store_run(run, walker, stream, base); });
}

template <typename Cell>
void MachineValues<Cell>::store_run(const StreamWalker::Run& run, const StreamWalker& walker, int stream,
                                    std::int64_t base) {
  if (run.end <= run.begin) return;
  const isa::Stream& self = walker.stream();
  MemoryRegion<Cell>& region = region_of(stream);
  const std::int64_t zeroth = first_element(region, run, self);
  for_each_piece(self, run.on_chip, run.begin, run.end, [&](const Piece& piece) {
    const Cell* const from = readable(self.buffer, base + piece.on_chip, piece.count);
    Cell* const to = region.cells.write(zeroth + piece.element, piece.count);
    std::transform(from, from + piece.count, to, [&](Cell value) { return fitted(value, self.element_bits); });
  });
}

/// A value in `bits` bits: saturated. Floats stay as they are, whatever width the timing charges.
template <typename Cell>
Cell MachineValues<Cell>::fitted(Cell value, int bits) const {
  if constexpr (std::is_same_v<Cell, float>) {
    return value;
  } else {
    if (bits >= 32) return value;
    const std::int32_t limit = std::int32_t{1} << (bits - 1);
    return std::clamp(value, -limit, limit - 1);
  }
}

/// What padded positions get.
template <typename Cell>
Cell MachineValues<Cell>::filling(const isa::Stream& stream) const {
  if (stream.fill == isa::Fill::zero) return Cell{};
  const int bits = buffer_bits_[static_cast<std::size_t>(stream.buffer)];
  if (stream.fill == isa::Fill::lowest) return fitted(std::numeric_limits<Cell>::lowest(), bits);
  Cell value{};
  static_assert(sizeof value == sizeof stream.fill_bits, "fill and cells have 32 bits");
  std::memcpy(&value, &stream.fill_bits, sizeof value);
  return fitted(value, bits);
}

template class MachineValues<float>;
template class MachineValues<std::int32_t>;

}  // namespace systole
