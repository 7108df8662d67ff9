#pragma once

#include <memory>

#include "configs/machine.pb.h"
#include "isa/program.pb.h"
#include "models/cycle/machine.h"

/// From what users write to what the modules take.
namespace systole {

/// The modules' parameters of a machine whose fields are all set and checked (configs/machine.h), and whose
/// idealizations are applied (configs/idealize.h).
MachineParameters machine_parameters(const config::Machine& machine);

/// The memory that a machine or a memory file describes: ideal, or DRAM with its controller. It belongs to the SystemC
/// kernel's current context. Throws UserError when its parameters contradict one another.
std::unique_ptr<Memory> make_memory(const config::Memory& memory);

/// The words of a program file, decoded. Throws UserError with every word that is wrong; whether blocks fit a machine
/// is for isa/validate.h to say before.
MachineProgram load_program(const isa::Program& program);

}  // namespace systole
