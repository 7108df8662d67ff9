#include "kernels/onnx/converters.h"
#include "kernels/onnx/fold_elements.h"

namespace systole::fold {
namespace {

bool is_uniform(const NodeImport& node) {
  return std::holds_alternative<Fill>(node.operand(0).values);
}

/// The first operand's elements at `offsets`, in that order.
Values picked(const NodeImport& node, const std::vector<std::size_t>& offsets) {
  return folded(node, {0}, [&](const auto& sources) {
    std::decay_t<decltype(sources[0])> result;
    result.reserve(offsets.size());
    for (const std::size_t offset : offsets) result.push_back(sources[0].at(offset));
    return result;
  });
}

Values strided(const NodeImport& node, std::int64_t base, const std::vector<std::int64_t>& strides) {
  if (is_uniform(node)) return node.operand(0).values;
  if (!node.may_write_out()) return Absent{};
  return picked(node, strided_offsets(node.output().shape, base, strides));
}

}  // namespace

std::vector<std::int64_t> row_major_strides(const Shape& shape) {
  std::vector<std::int64_t> strides(shape.size(), 1);
  for (std::size_t i = shape.size(); i-- > 1;) strides[i - 1] = strides[i] * shape[i];
  return strides;
}

std::vector<std::int64_t> broadcast_strides(const Shape& in, const Shape& out) {
  const std::vector<std::int64_t> own = row_major_strides(in);
  std::vector<std::int64_t> strides(out.size(), 0);
  for (std::size_t i = 0; i < in.size(); ++i) {
    if (in[i] != 1) strides[out.size() - in.size() + i] = own[i];
  }
  return strides;
}

std::vector<std::size_t> strided_offsets(const Shape& out, std::int64_t base,
                                         const std::vector<std::int64_t>& strides) {
  std::vector<std::size_t> offsets;
  offsets.reserve(static_cast<std::size_t>(element_count(out)));
  std::vector<std::int64_t> index(out.size(), 0);
  std::int64_t offset = base;
  for (std::int64_t n = element_count(out); n > 0; --n) {
    offsets.push_back(static_cast<std::size_t>(offset));
    for (std::size_t d = out.size(); d-- > 0;) {
      offset += strides[d];
      if (++index[d] < out[d]) break;
      offset -= strides[d] * out[d];
      index[d] = 0;
    }
  }
  return offsets;
}

Values copy(const NodeImport& node) {
  return node.operand(0).values;
}

Values transpose(const NodeImport& node) {
  const std::vector<std::int64_t> in = row_major_strides(node.shape(0));
  std::vector<std::int64_t> strides;
  for (const std::int64_t axis : convert::permutation(node)) strides.push_back(in.at(static_cast<std::size_t>(axis)));
  return strided(node, 0, strides);
}

Values slice(const NodeImport& node) {
  const SliceAttributes slice = convert::slice_attributes(node);
  std::vector<std::int64_t> strides = row_major_strides(node.shape(0));
  std::int64_t base = 0;
  for (std::size_t i = 0; i < strides.size(); ++i) {
    base += slice.starts[i] * strides[i];
    strides[i] *= slice.steps[i];
  }
  return strided(node, base, strides);
}

Values gather(const NodeImport& node) {
  const Shape& data = node.shape(0);
  if (data.empty()) throw Rejected("its data are a scalar");
  const auto axis = static_cast<std::size_t>(from_front(node.integer("axis", 0), node.rank(0)));
  const std::int64_t extent = data.at(axis);
  const std::int64_t inner = row_major_strides(data)[axis];
  if (extent == 0) throw Rejected("its data " + to_string(data) + " are empty");
  const std::int64_t outer = element_count(data) / (extent * inner);
  if (is_uniform(node)) return node.operand(0).values;
  if (!node.may_write_out() || !has_values(node.operand(1).values)) return Absent{};
  const std::vector<std::int64_t> indices = node.constant_integers(1).value();
  std::vector<std::size_t> offsets;
  for (std::int64_t o = 0; o < outer; ++o) {
    for (const std::int64_t index : indices) {
      const std::int64_t from = from_front(index, extent);
      if (from < 0 || from >= extent)
        throw Rejected("index " + std::to_string(index) + " is outside " + to_string(data));
      for (std::int64_t i = 0; i < inner; ++i)
        offsets.push_back(static_cast<std::size_t>((o * extent + from) * inner + i));
    }
  }
  return picked(node, offsets);
}

Values concat(const NodeImport& node) {
  const auto axis = static_cast<std::size_t>(from_front(node.integer("axis", 0), node.rank(0)));
  const Shape& out = node.output().shape;
  std::int64_t outer = 1;
  for (std::size_t i = 0; i < axis; ++i) outer *= out.at(i);
  std::vector<std::size_t> operands;
  for (std::size_t i = 0; i < node.input_count(); ++i) operands.push_back(i);
  return folded(node, operands, [&](const auto& sources) {
    std::decay_t<decltype(sources[0])> result;
    for (std::int64_t o = 0; o < outer; ++o) {
      for (const auto& source : sources) {
        const auto run = static_cast<std::ptrdiff_t>(source.size()) / outer;
        result.insert(result.end(), source.begin() + o * run, source.begin() + (o + 1) * run);
      }
    }
    return result;
  });
}

}  // namespace systole::fold
