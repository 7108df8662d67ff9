#include "isa/program.h"

#include <fmt/format.h>
#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <memory>

#include "base/errors.h"
#include "base/files.h"

namespace systole::isa {

namespace {

constexpr std::string_view kMagic = "\x89SYSTOLE";  // the first byte is no text and no field of an ONNX model
constexpr std::size_t kHeaderBytes = 24;
constexpr const char* kCompileAgain = "compile the model again with `systole compile MODEL -o PROGRAM`";

/// FNV-1a, 64 bits (Fowler, Noll, Vo): enough to notice damage.
std::uint64_t checksum(std::string_view bytes) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const char c : bytes) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  return hash;
}

void put_number(std::string& bytes, std::uint64_t number) {
  for (int shift = 0; shift < 64; shift += 8) bytes += static_cast<char>((number >> shift) & 0xff);
}

std::uint64_t get_number(std::string_view bytes, std::size_t at) {
  std::uint64_t number = 0;
  for (std::size_t i = 8; i-- > 0;) number = number << 8 | static_cast<unsigned char>(bytes[at + i]);
  return number;
}

[[noreturn]] void refuse(const std::string& file, std::string what, std::string hint = kCompileAgain) {
  throw UserError(Diagnostic{file, 0, 0, std::move(what), std::move(hint)});
}

/// Faults in what names things: layers, kinds. An index is right when it is -1 or that of a layer.
std::vector<std::string> structural_faults(const Program& program) {
  std::vector<std::string> faults;
  const auto need_layer = [&](int index, const std::string& who) {
    if (index < -1 || index >= program.layers_size()) {
      faults.push_back(fmt::format("{} names layer {}, there are {}", who, index, program.layers_size()));
    }
  };
  const auto need_region = [&](int index, int least, const std::string& who) {
    if (index < least || index >= program.regions_size()) {
      faults.push_back(fmt::format("{} names region {}, there are {}", who, index, program.regions_size()));
    }
  };
  for (int i = 0; i < program.layers_size(); ++i) {
    const LayerInfo& layer = program.layers(i);
    const std::string who = fmt::format("layer {}", i);
    if (layer.index() != i) faults.push_back(fmt::format("{} says that its index is {}", who, layer.index()));
    if (!LayerInfo::Phase_IsValid(layer.phase())) faults.push_back(who + " has an unknown phase");
    if (!LayerInfo::Unit_IsValid(layer.unit())) faults.push_back(who + " has an unknown unit");
    need_layer(layer.fused_into(), who);
  }
  for (int b = 0; b < program.blocks_size(); ++b) {
    const EncodedBlock& block = program.blocks(b);
    const std::string who = fmt::format("block {}", b);
    need_layer(block.array_layer(), who);
    for (const int layer : block.nest_layers()) need_layer(layer, who);
    for (const int layer : block.stream_layers()) need_layer(layer, who);
    for (const int region : block.stream_regions()) need_region(region, -1, who);
  }
  for (const auto* tensors : {&program.inputs(), &program.outputs()}) {
    for (const Tensor& tensor : *tensors) {
      need_region(tensor.region(), 0, fmt::format("tensor '{}'", tensor.name()));
      if (tensor.shape_size() != tensor.bit_strides_size()) {
        faults.push_back(fmt::format("tensor '{}' has {} extents and {} strides", tensor.name(), tensor.shape_size(),
                                     tensor.bit_strides_size()));
      }
    }
  }
  for (const Region& region : program.regions()) {
    if (!Region::Kind_IsValid(region.kind()))
      faults.push_back(fmt::format("region '{}' has an unknown kind", region.name()));
  }
  return faults;
}

void write_bytes(const std::string& path, std::string_view bytes) {
  std::FILE* file = std::fopen(path.c_str(), "wb");
  if (file == nullptr) throw EnvironmentError(fmt::format("{}: cannot be written ({})", path, std::strerror(errno)));
  const bool written = std::fwrite(bytes.data(), 1, bytes.size(), file) == bytes.size();
  const int reason = errno;
  if (std::fclose(file) != 0 || !written) {
    throw EnvironmentError(fmt::format("{}: cannot be written ({})", path, std::strerror(written ? errno : reason)));
  }
}

}  // namespace

bool is_program(std::string_view bytes) {
  return bytes.substr(0, kMagic.size()) == kMagic;
}

std::string to_bytes(const Program& program) {
  std::string message;
  {
    google::protobuf::io::StringOutputStream sink(&message);
    google::protobuf::io::CodedOutputStream coded(&sink);
    coded.SetSerializationDeterministic(true);
    check(program.SerializeToCodedStream(&coded), "isa", "a program cannot be serialised");
  }
  std::string bytes(kMagic);
  put_number(bytes, message.size());
  put_number(bytes, checksum(message));
  return bytes + message;
}

Program from_bytes(std::string_view bytes, const std::string& file) {
  if (!is_program(bytes)) refuse(file, "this is not a Systole program");
  if (bytes.size() < kHeaderBytes) refuse(file, "the program file is cut off inside its header");
  const std::string_view message = bytes.substr(kHeaderBytes);
  const std::uint64_t size = get_number(bytes, 8);
  if (size != message.size()) {
    refuse(file, fmt::format("the program file is {}: {} bytes where its header says {}",
                             message.size() < size ? "cut off" : "too long", message.size(), size));
  }
  Program program;
  if (checksum(message) != get_number(bytes, 16)) {
    refuse(file, "the program file is damaged: its checksum does not match its contents");
  }
  if (message.size() > INT32_MAX || !program.ParseFromArray(message.data(), static_cast<int>(message.size()))) {
    refuse(file, "the program file holds no program: not the fields of a program, or names that are not UTF-8");
  }
  if (program.schema() != kProgramSchema) {
    refuse(file, fmt::format("the program has schema {}, and this version reads schema {}", program.schema(),
                             kProgramSchema));
  }
  Diagnostics diagnostics;
  for (std::string& fault : structural_faults(program)) diagnostics.add({file, 0, 0, std::move(fault), ""});
  diagnostics.throw_if_any();
  return program;
}

Program read_program(const std::string& path) {
  return from_bytes(read_file(path), path);
}

void write_program(const Program& program, const std::string& path) {
  namespace fs = std::filesystem;
  const std::string bytes = to_bytes(program);
  std::error_code error;
  if (fs::exists(path, error) && !fs::is_regular_file(path, error))
    return write_bytes(path, bytes);  // a pipe, a device
  const std::string partial = fmt::format("{}.partial-{}", path, ::getpid());
  try {
    write_bytes(partial, bytes);
  } catch (...) {
    fs::remove(partial, error);
    throw;
  }
  fs::rename(partial, path, error);
  if (!error) return;
  const std::string reason = error.message();
  fs::remove(partial, error);
  throw EnvironmentError(fmt::format("{}: cannot be written ({})", path, reason));
}

std::vector<std::string> differences(const Target& needed, const Target& machine) {
  std::vector<std::string> found;
  const auto& descriptor = *Target::descriptor();
  const auto& reflection = *Target::GetReflection();
  const auto number = [&](const Target& target, const google::protobuf::FieldDescriptor& field) -> std::int64_t {
    using google::protobuf::FieldDescriptor;
    if (field.cpp_type() == FieldDescriptor::CPPTYPE_BOOL) return reflection.GetBool(target, &field) ? 1 : 0;
    if (field.cpp_type() == FieldDescriptor::CPPTYPE_INT32) return reflection.GetInt32(target, &field);
    return reflection.GetInt64(target, &field);
  };
  for (int i = 0; i < descriptor.field_count(); ++i) {
    const auto& field = *descriptor.field(i);
    const std::int64_t wanted = number(needed, field);
    const std::int64_t there = number(machine, field);
    const bool enough = field.number() == Target::kMemoryBytesFieldNumber ? there >= wanted : there == wanted;
    if (!enough)
      found.push_back(fmt::format("{}: the program needs {}, the machine has {}", field.name(), wanted, there));
  }
  return found;
}

const Region* instruction_region(const Program& program) {
  for (const Region& region : program.regions()) {
    if (region.kind() == Region::instruction) return &region;
  }
  return nullptr;
}

std::int64_t word_count(const Program& program) {
  std::int64_t words = 0;
  for (const EncodedBlock& block : program.blocks()) words += block.words_size();
  return words;
}

std::string layer_name(const Program& program, int index) {
  return index < 0 || index >= program.layers_size() ? "-" : program.layers(index).name();
}

}  // namespace systole::isa
