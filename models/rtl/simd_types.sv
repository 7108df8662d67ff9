// Encodings that the SIMD modules share. Opcode numbers are those of isa/block.h (SimdOpcode), namespaces those of Namespace.
package simd_types;
  typedef logic [1:0] space_t;
  localparam space_t SPACE_OBUF = 2'd0;
  localparam space_t SPACE_VMEM1 = 2'd1;
  localparam space_t SPACE_VMEM2 = 2'd2;
  localparam space_t SPACE_IMM = 2'd3;

  typedef logic [5:0] opcode_t;
  // verilator lint_off UNUSEDPARAM
  // The table is complete; opcodes of the float and table units are not computed here.
  localparam opcode_t OP_ADD = 6'd0;
  localparam opcode_t OP_SUB = 6'd1;
  localparam opcode_t OP_MUL = 6'd2;
  localparam opcode_t OP_MAC = 6'd3;
  localparam opcode_t OP_MAX = 6'd4;
  localparam opcode_t OP_MIN = 6'd5;
  localparam opcode_t OP_SHIFT_LEFT = 6'd6;
  localparam opcode_t OP_SHIFT_RIGHT = 6'd7;
  localparam opcode_t OP_AND = 6'd8;
  localparam opcode_t OP_OR = 6'd9;
  localparam opcode_t OP_XOR = 6'd10;
  localparam opcode_t OP_MOVE = 6'd11;
  localparam opcode_t OP_CONDITIONAL_MOVE = 6'd12;
  localparam opcode_t OP_RELU = 6'd13;
  localparam opcode_t OP_LEAKY_RELU = 6'd14;
  localparam opcode_t OP_SIGMOID = 6'd15;
  localparam opcode_t OP_TANH = 6'd16;
  localparam opcode_t OP_EXP = 6'd17;
  localparam opcode_t OP_LOG = 6'd18;
  localparam opcode_t OP_SQRT = 6'd19;
  localparam opcode_t OP_INVERSE_SQRT = 6'd20;
  localparam opcode_t OP_RECIPROCAL = 6'd21;
  localparam opcode_t OP_DIVIDE = 6'd22;
  localparam opcode_t OP_FLOOR = 6'd23;
  localparam opcode_t OP_ABSOLUTE = 6'd24;
  localparam opcode_t OP_NEGATE = 6'd25;
  localparam opcode_t OP_SIGN = 6'd26;
  localparam opcode_t OP_EQUAL = 6'd27;
  localparam opcode_t OP_NOT_EQUAL = 6'd28;
  localparam opcode_t OP_GREATER = 6'd29;
  localparam opcode_t OP_GREATER_EQUAL = 6'd30;
  localparam opcode_t OP_LESS = 6'd31;
  localparam opcode_t OP_LESS_EQUAL = 6'd32;
  localparam opcode_t OP_CAST = 6'd33;
  localparam opcode_t OP_REQUANTIZE = 6'd34;

  // verilator lint_on UNUSEDPARAM

  // Which operands an opcode reads besides source 1.
  function automatic logic reads_source2(input opcode_t op);
    case (op)
      OP_MOVE, OP_RELU, OP_SIGMOID, OP_TANH, OP_EXP, OP_LOG, OP_SQRT, OP_INVERSE_SQRT, OP_RECIPROCAL, OP_FLOOR,
      OP_ABSOLUTE, OP_NEGATE, OP_SIGN, OP_CAST: reads_source2 = 1'b0;
      default: reads_source2 = 1'b1;
    endcase
  endfunction

  function automatic logic reads_destination(input opcode_t op);
    reads_destination = op == OP_MAC || op == OP_CONDITIONAL_MOVE || op == OP_REQUANTIZE;
  endfunction
endpackage
