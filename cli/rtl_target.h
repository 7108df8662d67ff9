#pragma once

#include "configs/machine.pb.h"
#include "isa/program.pb.h"
#include "models/cycle/machine.h"
#include "traces/result_folder.h"
#include "traces/rtl_vectors.h"

namespace systole {

/// A folder of vectors for RTL (`--export DIR`).
inline constexpr FolderKind kVectorFolder{"--export", is_rtl_vector_file};

/// Throws UserError when the RTL cannot be this machine.
void check_rtl_machine(const config::Machine& machine);

/// What vectors of a program on this machine are made for.
RtlTarget rtl_target(const isa::Target& target, const MachineParameters& machine);

}  // namespace systole
