#include "models/cycle/values/machine_values.h"

#include <fmt/format.h>

#include <cmath>
#include <limits>

#include "base/units.h"
#include "isa/encoding.h"
#include "isa/program.h"
#include "models/cycle/running_block.h"

namespace systole {

namespace {

constexpr std::array<const char*, 6> kBufferNames = {"WBUF", "BBUF", "IBUF", "OBUF", "VMEM1", "VMEM2"};

/// Calls take(place, element) for each element of a tensor in row-major order; `place` is its first bit in the region.
template <typename Take>
void for_each_element(const isa::Tensor& tensor, Take take) {
  const int rank = tensor.shape_size();
  std::vector<std::int64_t> index(static_cast<std::size_t>(rank), 0);
  std::int64_t place = tensor.bit_offset();
  for (std::int64_t element = 0;; ++element) {
    take(place, element);
    int d = rank - 1;
    for (; d >= 0; --d) {
      place += tensor.bit_strides(d);
      if (++index[static_cast<std::size_t>(d)] < tensor.shape(d)) break;
      place -= tensor.bit_strides(d) * tensor.shape(d);
      index[static_cast<std::size_t>(d)] = 0;
    }
    if (d < 0) return;
  }
}

}  // namespace

template <typename Cell>
MachineValues<Cell>::MachineValues(const isa::Program& program)
    : program_(program),
      rows_(program.target().rows()),
      columns_(program.target().columns()),
      buffer_bits_{program.target().weight_bits(),      program.target().bias_bits(),
                   program.target().activation_bits(),  program.target().accumulator_bits(),
                   program.target().accumulator_bits(), program.target().accumulator_bits()},
      memory_(program) {
  const isa::Target& target = program.target();
  const std::int64_t vmem = target.vmem_words() * columns_;
  const std::array<std::int64_t, 6> sizes = {2 * target.wbuf_half_elements(),
                                             2 * target.bbuf_half_elements(),
                                             2 * target.ibuf_half_elements(),
                                             2 * target.obuf_half_words() * columns_,
                                             vmem,
                                             vmem};
  for (std::size_t buffer = 0; buffer < sizes.size(); ++buffer) buffers_[buffer].resize(sizes[buffer]);
}

template <typename Cell>
void MachineValues<Cell>::write(const isa::Tensor& tensor, const std::vector<double>& elements) {
  MemoryRegion<Cell>& region = memory_.at(tensor.region());
  memory_.revive(tensor.region());
  for_each_element(tensor, [&](std::int64_t bit, std::int64_t element) {
    const std::int64_t place = bit / region.element_bits;
    check(region.cells.contains(place, 1), "values", "a tensor lies outside its region");
    *region.cells.write(place, 1) =
        static_cast<Cell>(elements.at(static_cast<std::size_t>(element)) - static_cast<double>(tensor.offset()));
  });
}

template <typename Cell>
std::vector<double> MachineValues<Cell>::read(const isa::Tensor& tensor) const {
  const MemoryRegion<Cell>& region = memory_.at(tensor.region());
  std::vector<double> elements;
  for_each_element(tensor, [&](std::int64_t bit, std::int64_t element) {
    const std::int64_t place = bit / region.element_bits;
    check(region.cells.contains(place, 1), "values", "a tensor lies outside its region");
    if (!region.live || region.cells.unwritten(place, 1)) {
      throw InternalError("output '" + tensor.name() + "': element " + std::to_string(element) + " was never written");
    }
    elements.push_back(static_cast<double>(*region.cells.read(place)) + static_cast<double>(tensor.offset()));
  });
  return elements;
}

template <typename Cell>
std::vector<LayerOverflows> MachineValues<Cell>::overflows() const {
  std::vector<LayerOverflows> result;
  for (const auto& [layer, sums] : overflows_) result.push_back({layer, sums});
  return result;
}

template <typename Cell>
void MachineValues<Cell>::open(const ProgramBlock& block) {
  ++block_number_;
  block_ = &block;
  for (Cells<Cell>& buffer : buffers_) buffer.forget();
  immediates_.clear();
  for (const std::uint32_t word : block.block.simd.immediates) {
    Cell value{};
    static_assert(sizeof value == sizeof word, "IMM words and operands have 32 bits");
    std::memcpy(&value, &word, sizeof value);
    immediates_.insert(immediates_.end(), static_cast<std::size_t>(columns_), value);
  }
}

template <typename Cell>
const Cell* MachineValues<Cell>::readable(isa::Buffer buffer, std::int64_t first, std::int64_t count) {
  const Cells<Cell>& memory = cells(buffer);
  const char* const name = kBufferNames[static_cast<std::size_t>(buffer)];
  if (!memory.contains(first, count))
    fault("reads outside " + std::string(name) + ": element " + std::to_string(first));
  if (const auto hole = memory.unwritten(first, count)) {
    fault("reads element " + std::to_string(*hole) + " of " + name + ", which was never written");
  }
  return memory.read(first);
}

template <typename Cell>
Cell* MachineValues<Cell>::writable(isa::Buffer buffer, std::int64_t first, std::int64_t count) {
  if (!cells(buffer).contains(first, count)) {
    fault("writes outside " + std::string(kBufferNames[static_cast<std::size_t>(buffer)]) + ": element " +
          std::to_string(first));
  }
  return cells(buffer).write(first, count);
}

template <typename Cell>
void MachineValues<Cell>::begin(Part part, int number, int layer) {
  part_ = part;
  part_number_ = number;
  instruction_ = -1;
  layer_ = layer;
}

/// Where the instruction that works lies in memory: a stream's LD_ST, the start of the array's group, or the one of a
/// nest's body. Read out of the words, so that running costs nothing.
template <typename Cell>
std::int64_t MachineValues<Cell>::instruction_address() const {
  std::int64_t address = 0;
  for (const isa::Region& region : program_.regions()) {
    if (region.kind() == isa::Region::instruction) address = region.address();
  }
  for (int b = 0; b < block_number_; ++b) address += 4 * program_.blocks(b).words_size();
  const isa::EncodedBlock& block = program_.blocks(block_number_);
  const auto words = static_cast<std::size_t>(block.words_size());
  int nest = -1;
  int instruction = -1;
  isa::Operation operation;
  for (std::size_t at = 0; at < words; at += operation.words) {
    operation = isa::read_operation(block.words().data() + at, words - at);
    if (operation.spec == nullptr) break;
    const isa::Opcode opcode = operation.spec->opcode;
    const bool computes = opcode >= isa::Opcode::alu && opcode <= isa::Opcode::datatype_cast;
    if (opcode == isa::Opcode::nest) {
      ++nest;
      instruction = -1;
    } else if (computes) {
      ++instruction;
    }
    const bool stream = part_ == Part::load || part_ == Part::store;
    const bool here = stream                 ? opcode == isa::Opcode::ld_st && operation.values[0] == part_number_
                      : part_ == Part::array ? opcode == isa::Opcode::inst_group && operation.values[0] == 0
                                             : nest == part_number_ && instruction == instruction_;
    if (here) return address + 4 * static_cast<std::int64_t>(at);
  }
  return address;
}

template <typename Cell>
void MachineValues<Cell>::fault(const std::string& what) const {
  std::string part = "the array";
  if (part_ == Part::load) part = fmt::format("load stream {}", part_number_);
  if (part_ == Part::store) part = fmt::format("store stream {}", part_number_);
  if (part_ == Part::nest) part = fmt::format("nest {}", part_number_);
  throw InternalError(fmt::format("instruction at 0x{:x}: block {}, {} (layer '{}') {}", instruction_address(),
                                  block_number_, part, isa::layer_name(program_, layer_), what));
}

std::unique_ptr<ProgramValues> make_program_values(const isa::Program& program) {
  if (program.numbers() == isa::Program::single_precision) return std::make_unique<MachineValues<float>>(program);
  return std::make_unique<MachineValues<std::int32_t>>(program);
}

template class MachineValues<float>;
template class MachineValues<std::int32_t>;

}  // namespace systole
