#include "kernels/onnx/tensor_proto.h"

#include <onnx/onnx_pb.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <limits>
#include <utility>

#include "kernels/onnx/node_import.h"

namespace systole {
namespace {

using onnx::TensorProto;

constexpr std::array<std::pair<int, ElementType>, 13> kTypes = {{
    {TensorProto::FLOAT, ElementType::Float32},
    {TensorProto::FLOAT16, ElementType::Float16},
    {TensorProto::BFLOAT16, ElementType::BFloat16},
    {TensorProto::DOUBLE, ElementType::Float64},
    {TensorProto::INT8, ElementType::Int8},
    {TensorProto::UINT8, ElementType::UInt8},
    {TensorProto::INT16, ElementType::Int16},
    {TensorProto::UINT16, ElementType::UInt16},
    {TensorProto::INT32, ElementType::Int32},
    {TensorProto::UINT32, ElementType::UInt32},
    {TensorProto::INT64, ElementType::Int64},
    {TensorProto::UINT64, ElementType::UInt64},
    {TensorProto::BOOL, ElementType::Bool},
}};

/// Axes, pads, shapes: no list of these that shape inference reads is longer.
constexpr std::int64_t kFewValues = 1024;

/// IEEE 754 binary16; every value is exact in float.
float from_half(std::uint16_t bits) {
  const bool negative = (bits & 0x8000U) != 0;
  const int exponent = (bits >> 10) & 0x1F;
  const int mantissa = bits & 0x3FF;
  float value = 0.0F;
  if (exponent == 0x1F) {
    value = mantissa == 0 ? std::numeric_limits<float>::infinity() : std::numeric_limits<float>::quiet_NaN();
  } else if (exponent == 0) {
    value = std::ldexp(static_cast<float>(mantissa), -24);
  } else {
    value = std::ldexp(static_cast<float>(mantissa + 1024), exponent - 25);
  }
  return negative ? -value : value;
}

/// The upper half of a float.
float from_brain_half(std::uint16_t bits) {
  const std::uint32_t wide = static_cast<std::uint32_t>(bits) << 16;
  float value = 0.0F;
  std::memcpy(&value, &wide, sizeof value);
  return value;
}

/// Little-endian elements of type `Stored`, as ONNX defines raw data; each through `convert`.
template <typename Stored, typename Kept, typename Convert>
std::vector<Kept> unpack(const std::string& raw, Convert convert) {
  std::vector<Kept> values(raw.size() / sizeof(Stored));
  for (std::size_t i = 0; i < values.size(); ++i) {
    Stored stored;
    std::memcpy(&stored, raw.data() + i * sizeof(Stored), sizeof(Stored));
    values[i] = convert(stored);
  }
  return values;
}

template <typename Stored>
std::vector<std::int64_t> unpack_integers(const std::string& raw) {
  return unpack<Stored, std::int64_t>(raw, [](Stored v) { return static_cast<std::int64_t>(v); });
}

std::size_t element_size(ElementType type) {
  switch (type) {
    case ElementType::Int8:
    case ElementType::UInt8:
    case ElementType::Bool:
      return 1;
    case ElementType::Float16:
    case ElementType::BFloat16:
    case ElementType::Int16:
    case ElementType::UInt16:
      return 2;
    case ElementType::Float32:
    case ElementType::Int32:
    case ElementType::UInt32:
      return 4;
    case ElementType::Float64:
    case ElementType::Int64:
    case ElementType::UInt64:
      return 8;
  }
  return 0;
}

Values values_from_raw(const std::string& raw, ElementType type) {
  switch (type) {
    case ElementType::Float32:
      return unpack<float, float>(raw, [](float v) { return v; });
    case ElementType::Float64:
      return unpack<double, float>(raw, [](double v) { return static_cast<float>(v); });
    case ElementType::Float16:
      return unpack<std::uint16_t, float>(raw, from_half);
    case ElementType::BFloat16:
      return unpack<std::uint16_t, float>(raw, from_brain_half);
    case ElementType::Int8:
      return unpack_integers<std::int8_t>(raw);
    case ElementType::UInt8:
    case ElementType::Bool:
      return unpack_integers<std::uint8_t>(raw);
    case ElementType::Int16:
      return unpack_integers<std::int16_t>(raw);
    case ElementType::UInt16:
      return unpack_integers<std::uint16_t>(raw);
    case ElementType::Int32:
      return unpack_integers<std::int32_t>(raw);
    case ElementType::UInt32:
      return unpack_integers<std::uint32_t>(raw);
    case ElementType::Int64:
      return unpack_integers<std::int64_t>(raw);
    case ElementType::UInt64:
      return unpack_integers<std::uint64_t>(raw);
  }
  return Absent{};
}

/// The typed fields of a TensorProto; which one holds a type is in onnx.proto.
Values values_from_fields(const TensorProto& proto, ElementType type) {
  switch (type) {
    case ElementType::Float32:
      return std::vector<float>(proto.float_data().begin(), proto.float_data().end());
    case ElementType::Float64:
      return std::vector<float>(proto.double_data().begin(), proto.double_data().end());
    case ElementType::Float16:
    case ElementType::BFloat16: {
      std::vector<float> values;
      for (const std::int32_t bits : proto.int32_data()) {
        const auto half = static_cast<std::uint16_t>(bits);
        values.push_back(type == ElementType::Float16 ? from_half(half) : from_brain_half(half));
      }
      return values;
    }
    case ElementType::Int64:
      return std::vector<std::int64_t>(proto.int64_data().begin(), proto.int64_data().end());
    case ElementType::UInt32:
    case ElementType::UInt64:
      return std::vector<std::int64_t>(proto.uint64_data().begin(), proto.uint64_data().end());
    default:
      return std::vector<std::int64_t>(proto.int32_data().begin(), proto.int32_data().end());
  }
}

bool has_fields(const TensorProto& proto) {
  return proto.float_data_size() + proto.double_data_size() + proto.int32_data_size() + proto.int64_data_size() +
             proto.uint64_data_size() >
         0;
}

/// The bytes of external data, or nullopt when the file is not there.
std::optional<std::string> read_external(const TensorProto& proto, const std::string& folder, std::int64_t bytes) {
  std::filesystem::path location;
  std::int64_t offset = 0;
  for (const auto& entry : proto.external_data()) {
    if (entry.key() == "location") location = entry.value();
    if (entry.key() == "offset") offset = std::strtoll(entry.value().c_str(), nullptr, 10);
  }
  const std::filesystem::path inside = location.lexically_normal();
  if (inside.empty() || inside.is_absolute() || *inside.begin() == "..") {
    throw Rejected("tensor '" + proto.name() + "' keeps its data outside the model's folder: '" + location.string() +
                   "'");
  }
  const std::filesystem::path path = std::filesystem::path(folder) / inside;
  std::error_code failed;
  const auto size = static_cast<std::int64_t>(std::filesystem::file_size(path, failed));
  if (failed) return std::nullopt;
  if (offset < 0 || offset > size || bytes > size - offset) {
    throw Rejected("tensor '" + proto.name() + "' needs " + std::to_string(bytes) + " bytes at offset " +
                   std::to_string(offset) + ", and '" + path.string() + "' has " + std::to_string(size));
  }
  std::ifstream file(path, std::ios::binary);
  std::string data(static_cast<std::size_t>(bytes), '\0');
  file.seekg(offset);
  if (!file.read(data.data(), bytes)) throw Rejected("cannot read '" + path.string() + "'");
  return data;
}

std::size_t size_of(const Values& values) {
  if (const auto* floats = std::get_if<std::vector<float>>(&values)) return floats->size();
  if (const auto* integers = std::get_if<std::vector<std::int64_t>>(&values)) return integers->size();
  return 0;
}

}  // namespace

std::optional<ElementType> element_type(std::int64_t onnx_type) {
  for (const auto& [theirs, ours] : kTypes) {
    if (theirs == onnx_type) return ours;
  }
  return std::nullopt;
}

int onnx_type(ElementType type) {
  for (const auto& [theirs, ours] : kTypes) {
    if (ours == type) return theirs;
  }
  return TensorProto::UNDEFINED;
}

bool is_integer(ElementType type) {
  return type != ElementType::Float32 && type != ElementType::Float16 && type != ElementType::BFloat16 &&
         type != ElementType::Float64;
}

void require_valid(const Shape& shape, const std::string& name, std::int64_t least) {
  std::int64_t count = 1;
  for (const std::int64_t extent : shape) {
    if (extent < least)
      throw Rejected("tensor '" + name + "' " + to_string(shape) + " has an extent of " + std::to_string(extent));
    if (extent > 0 && count > kMaxElements / extent) {
      throw Rejected("tensor '" + name + "' " + to_string(shape) + " has more than 2^40 elements");
    }
    count *= std::max<std::int64_t>(extent, 1);
  }
}

Tensor tensor_from(const TensorProto& proto, const std::string& folder) {
  const std::optional<ElementType> type = element_type(proto.data_type());
  if (!type)
    throw Rejected("tensor '" + proto.name() + "' has element type " + std::to_string(proto.data_type()) +
                   ", which is not a number");
  Tensor tensor{proto.name(), Shape(proto.dims().begin(), proto.dims().end()), *type, true, Absent{}};
  require_valid(tensor.shape, tensor.name, 0);
  const std::int64_t count = element_count(tensor.shape);
  const auto bytes = count * static_cast<std::int64_t>(element_size(*type));
  if (proto.data_location() == TensorProto::EXTERNAL) {
    const auto raw = read_external(proto, folder, bytes);
    if (raw) tensor.values = values_from_raw(*raw, *type);
    return tensor;
  }
  if (proto.has_raw_data() && static_cast<std::int64_t>(proto.raw_data().size()) == bytes) {
    tensor.values = values_from_raw(proto.raw_data(), *type);
    return tensor;
  }
  const bool no_data = !proto.has_raw_data() && !has_fields(proto);
  if (no_data && count > 0) return tensor;
  if (!proto.has_raw_data()) tensor.values = values_from_fields(proto, *type);
  if (proto.has_raw_data() || static_cast<std::int64_t>(size_of(tensor.values)) != count) {
    throw Rejected("tensor '" + tensor.name + "' " + to_string(tensor.shape) +
                   " has data of another size than its shape");
  }
  return tensor;
}

bool to_proto(const Tensor& tensor, TensorProto& proto) {
  const std::int64_t count = element_count(tensor.shape);
  if (count > kFewValues || !is_integer(tensor.type)) return false;
  const auto integers = as_integers(tensor.values, count);
  if (!integers) return false;
  proto.set_name(tensor.name);
  proto.set_data_type(onnx_type(tensor.type));
  for (const std::int64_t extent : tensor.shape) proto.add_dims(extent);
  for (const std::int64_t value : *integers) {
    if (tensor.type == ElementType::Int64) {
      proto.add_int64_data(value);
    } else {
      proto.add_int32_data(static_cast<std::int32_t>(value));
    }
  }
  return true;
}

}  // namespace systole
