#pragma once

#include <string>

#include "isa/program.pb.h"

/// Programs as text, one instruction a line:
///
///     .program machine="small" model="example" mode="inference" batch=1     ; fields of the message, see
///     isa/program.proto .target rows=4 columns=8 ... .layer index=0 name="conv" ... ; one for each layer and region
///     .region name="x" address=0x10000 bytes=3200 ...
///     .data hex=0001feff                                                    ; more bytes of the region above it
///     .block array_layer=0 ...                                              ; the words that follow are its
///        0: SA_LOOP level=tile id=0 iterations=2                            ; `0:` is the word's index and may be left
///        out 7: .word bits=0x03000001                                           ; a raw word
///
/// Fields that have their default may be left out (array_layer and fused_into: -1). A value that needs an IMM_HIGH gets
/// it.
namespace systole::isa {

struct Operation;

/// One instruction, as a line of a disassembled program has it.
std::string instruction_text(const Operation& operation);

/// Words that are no instruction become `.word`.
std::string disassemble(const Program& program);

/// The inverse: assemble(disassemble(p)) has the bytes of p, for every p whose blocks decode. Throws UserError with all
/// faults by line and column: syntax, names, ranges, and what decode() says about each block.
Program assemble(const std::string& text, const std::string& file);

}  // namespace systole::isa
