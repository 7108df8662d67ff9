#pragma once

#include <string>
#include <vector>

#include "isa/block.h"
#include "isa/program.pb.h"

/// Does a program keep to the rules of isa/manual.md, and does it fit its machine? The machine relies on it: what
/// passes here stays inside every memory. Each fault is a sentence that names block, stream, loop or nest, and the
/// numbers.
namespace systole::isa {

using Regions = google::protobuf::RepeatedPtrField<Region>;

/// Faults of one block. With regions, every transfer must stay inside one of them, and no store may reach the
/// instructions.
std::vector<std::string> validate(const Block& block, const Target& target, const Regions& regions = {});

/// Faults of the whole program: its words, its blocks on its target, its memory plan.
std::vector<std::string> validate(const Program& program);

}  // namespace systole::isa
