#include <algorithm>

#include "kernels/reference/operators.h"

namespace systole::reference {

namespace {

/// Each element of the result from the element at source(index).
template <typename Source>
Array gather(const Array& in, const Shape& out, Source source) {
  Array result = array_of(out);
  std::size_t place = 0;
  for_each_index(out, [&](const std::vector<std::int64_t>& at) {
    result.data[place++] = in.data[place_of(in.shape, source(at))];
  });
  return result;
}

}  // namespace

Array concat(const ConcatAttributes& attributes, const Operands& in, const Shape& out) {
  Array result = array_of(out);
  const auto axis = static_cast<std::size_t>(attributes.axis);
  std::int64_t start = 0;
  for (const Array* part : in) {
    std::size_t element = 0;
    for_each_index(part->shape, [&](std::vector<std::int64_t> at) {
      at[axis] += start;
      result.data[place_of(out, at)] = part->data[element++];
    });
    start += part->shape[axis];
  }
  return result;
}

Array split(const SplitAttributes& attributes, const Array& in, std::int64_t start, const Shape& out) {
  return gather(in, out, [&](std::vector<std::int64_t> at) {
    at[static_cast<std::size_t>(attributes.axis)] += start;
    return at;
  });
}

Array expand(const Array& in, const Shape& out) {
  return gather(in, out, [](const std::vector<std::int64_t>& at) { return at; });
}

Array slice(const SliceAttributes& attributes, const Array& in, const Shape& out) {
  return gather(in, out, [&](std::vector<std::int64_t> at) {
    for (std::size_t d = 0; d < at.size(); ++d) at[d] = attributes.starts[d] + at[d] * attributes.steps[d];
    return at;
  });
}

Array transpose(const TransposeAttributes& attributes, const Array& in, const Shape& out) {
  return gather(in, out, [&](const std::vector<std::int64_t>& at) {
    std::vector<std::int64_t> from(at.size());
    for (std::size_t d = 0; d < at.size(); ++d) from[static_cast<std::size_t>(attributes.permutation[d])] = at[d];
    return from;
  });
}

Array pad(const PadAttributes& attributes, const Array& in, const Shape& out) {
  Array result = array_of(out);
  std::size_t place = 0;
  for_each_index(out, [&](std::vector<std::int64_t> at) {
    bool inside = true;
    for (std::size_t d = 0; d < at.size(); ++d) {
      const std::int64_t last = in.shape[d] - 1;
      at[d] -= attributes.begin[d];
      inside = inside && at[d] >= 0 && at[d] <= last;
      if (attributes.mode == PadMode::Edge) at[d] = std::clamp<std::int64_t>(at[d], 0, last);
      if (attributes.mode == PadMode::Reflect && last > 0) {
        while (at[d] < 0 || at[d] > last) at[d] = at[d] < 0 ? -at[d] : 2 * last - at[d];
      }
    }
    const bool constant = attributes.mode == PadMode::Constant && !inside;
    result.data[place++] = constant ? attributes.value : in.data[place_of(in.shape, at)];
  });
  return result;
}

}  // namespace systole::reference
