#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "isa/program.pb.h"

/// The program file: 24 bytes of header (8 bytes of magic, then length and FNV-1a checksum of the message, 64 bits
/// each, little endian) and a message `Program` in protobuf's binary form. The same program always gives the same
/// bytes.
namespace systole::isa {

constexpr std::uint32_t kProgramSchema = 1;

/// Do these first bytes of a file belong to a program? (An ONNX file, for one, begins differently.)
bool is_program(std::string_view bytes);

std::string to_bytes(const Program& program);
/// Throws UserError when the bytes are no program, truncated, damaged, of another schema, or name layers that do not
/// exist; `file` is the name for messages. Whether the words are right is for validate() of isa/validate.h.
Program from_bytes(std::string_view bytes, const std::string& file);

/// As from_bytes(); EnvironmentError when the file cannot be read.
Program read_program(const std::string& path);
/// Writes the whole file or none: under another name first, then renamed. EnvironmentError when that fails (disk full,
/// no rights).
void write_program(const Program& program, const std::string& path);

/// Why a program compiled for `needed` cannot run on `machine`: one sentence a field, none when it can.
std::vector<std::string> differences(const Target& needed, const Target& machine);

/// Where the words of all blocks lie in memory; nullptr when the memory plan has no such region.
const Region* instruction_region(const Program& program);
std::int64_t word_count(const Program& program);

/// "Conv_3" for a layer of the program, "-" for index -1: for messages.
std::string layer_name(const Program& program, int index);

}  // namespace systole::isa
