// One lane: read, execute, write back. Its control arrives from the issue side three stages later (decode and address generation lie between) and a cycle later a
// lane. All values are 32-bit integers (isa/manual.md section 6); the functions of real numbers are not defined on them.
module simd_lane
  import simd_types::*;
#(
    parameter int WORDS = 256,  // of VMEM1, and again of VMEM2
    parameter int OBUF_WORDS = 256,
    parameter int IMMEDIATES = 32,
    parameter int ACT_BITS = 8,  // what `cast` saturates to
    parameter int ADDR_BITS = 12
) (
    input logic clk,
    input logic reset,

    input logic                 load,
    input space_t               load_space,
    // verilator lint_off UNUSEDSIGNAL
    input logic [ADDR_BITS-1:0] load_addr,  // as wide as the largest memory needs
    // verilator lint_on UNUSEDSIGNAL
    input logic [31:0]          load_data,

    // at the read stage
    input logic                 valid,
    input logic                 active,
    input opcode_t              opcode,
    input logic [7:0]           occupancy,
    input space_t               destination_space, source1_space, source2_space,
    // verilator lint_off UNUSEDSIGNAL
    input logic [ADDR_BITS-1:0] destination, source1, source2,
    // verilator lint_on UNUSEDSIGNAL

    // write back
    output logic                 result_valid,
    output space_t               result_space,
    output logic [ADDR_BITS-1:0] result_addr,
    output logic [31:0]          result
);
  logic [31:0] obuf[OBUF_WORDS];
  logic [31:0] vmem1[WORDS];
  logic [31:0] vmem2[WORDS];
  logic [31:0] imm[IMMEDIATES];
  localparam int OBUF_BITS = $clog2(OBUF_WORDS);
  localparam int VMEM_BITS = $clog2(WORDS);
  localparam int IMM_BITS = $clog2(IMMEDIATES);

  // Execute stage: operands of the instruction and the cycles it still needs.
  logic                 busy, enabled;
  logic [7:0]           left;
  opcode_t              op;
  logic [31:0]          a, b, d;
  space_t               space;
  logic [ADDR_BITS-1:0] addr;

  // value * multiplier / 2^shift, rounded to the nearest integer, half to even, and saturated to 32 bits.
  function automatic logic [31:0] requantize(input logic [31:0] value, input logic [31:0] multiplier,
                                             input logic [5:0] shift);
    logic signed [63:0] wide_value, wide_multiplier, product, quotient, rest, half;
    wide_value = {{32{value[31]}}, value};
    wide_multiplier = {{32{multiplier[31]}}, multiplier};
    product = wide_value * wide_multiplier;
    quotient = product >>> shift;
    rest = product - (quotient <<< shift);
    half = shift == 0 ? 64'sd1 : 64'sd1 <<< (shift - 6'd1);
    if (rest > half || (rest == half && quotient[0])) quotient = quotient + 64'sd1;
    if (quotient > 64'sh7FFFFFFF) requantize = 32'h7FFFFFFF;
    else if (quotient < -64'sh80000000) requantize = 32'h80000000;
    else requantize = quotient[31:0];
  endfunction

  logic signed [31:0] sa, sb, quotient;
  logic [4:0]         by;
  logic [31:0]        requantized;
  logic [31:0]        outcome;
  assign sa = a;
  assign sb = b;
  assign by = b[4:0];
  assign quotient = sa / sb;
  assign requantized = requantize(d, a, b[5:0]);
  localparam logic signed [31:0] CAST_MAX = (32'sd1 <<< (ACT_BITS - 1)) - 32'sd1;
  localparam logic signed [31:0] CAST_MIN = -CAST_MAX - 32'sd1;

  always_comb begin
    case (op)
      OP_ADD: outcome = a + b;
      OP_SUB: outcome = a - b;
      OP_MUL: outcome = a * b;
      OP_MAC: outcome = d + a * b;
      OP_MAX: outcome = sa > sb ? a : b;
      OP_MIN: outcome = sa < sb ? a : b;
      OP_SHIFT_LEFT: outcome = a << by;
      OP_SHIFT_RIGHT: outcome = sa >>> by;
      OP_AND: outcome = a & b;
      OP_OR: outcome = a | b;
      OP_XOR: outcome = a ^ b;
      OP_MOVE, OP_FLOOR: outcome = a;
      OP_CONDITIONAL_MOVE: outcome = b != 0 ? a : d;
      OP_RELU: outcome = sa > 0 ? a : 32'd0;
      OP_LEAKY_RELU: outcome = sa < 0 ? a * b : a;
      OP_ABSOLUTE: outcome = sa < 0 ? -a : a;
      OP_NEGATE: outcome = -a;
      OP_SIGN: outcome = sa > 0 ? 32'd1 : sa < 0 ? 32'hFFFFFFFF : 32'd0;
      OP_EQUAL: outcome = 32'(a == b);
      OP_NOT_EQUAL: outcome = 32'(a != b);
      OP_GREATER: outcome = 32'(sa > sb);
      OP_GREATER_EQUAL: outcome = 32'(sa >= sb);
      OP_LESS: outcome = 32'(sa < sb);
      OP_LESS_EQUAL: outcome = 32'(sa <= sb);
      OP_DIVIDE: outcome = b == 0 ? 32'd0 : b == 32'hFFFFFFFF ? -a : quotient;
      OP_REQUANTIZE: outcome = requantized;
      OP_CAST: outcome = sa > CAST_MAX ? CAST_MAX : sa < CAST_MIN ? CAST_MIN : a;
      default: outcome = 32'd0;
    endcase
  end

  function automatic logic [31:0] chosen(input space_t from, input logic [31:0] word_o, input logic [31:0] word_1,
                                         input logic [31:0] word_2, input logic [31:0] word_i);
    case (from)
      SPACE_OBUF: chosen = word_o;
      SPACE_VMEM1: chosen = word_1;
      SPACE_VMEM2: chosen = word_2;
      default: chosen = word_i;
    endcase
  endfunction

  always_ff @(posedge clk) begin
    if (load) begin
      case (load_space)
        SPACE_OBUF: obuf[OBUF_BITS'(load_addr)] <= load_data;
        SPACE_VMEM1: vmem1[VMEM_BITS'(load_addr)] <= load_data;
        SPACE_VMEM2: vmem2[VMEM_BITS'(load_addr)] <= load_data;
        default: imm[IMM_BITS'(load_addr)] <= load_data;
      endcase
    end

    // read -> execute
    if (reset) begin
      left <= '0;
    end else if (valid) begin
      op <= opcode;
      a <= chosen(source1_space, obuf[OBUF_BITS'(source1)], vmem1[VMEM_BITS'(source1)], vmem2[VMEM_BITS'(source1)],
                  imm[IMM_BITS'(source1)]);
      b <= chosen(source2_space, obuf[OBUF_BITS'(source2)], vmem1[VMEM_BITS'(source2)], vmem2[VMEM_BITS'(source2)],
                  imm[IMM_BITS'(source2)]);
      d <= chosen(destination_space, obuf[OBUF_BITS'(destination)], vmem1[VMEM_BITS'(destination)],
                  vmem2[VMEM_BITS'(destination)], 32'd0);
      space <= destination_space;
      addr <= destination;
      enabled <= active;
      left <= occupancy;
    end else if (left != 0) begin
      left <= left - 8'd1;
    end
    busy <= !reset && (valid || left > 8'd1);

    // execute -> write back
    result_valid <= !reset && busy && left == 8'd1 && enabled;
    result_space <= space;
    result_addr <= addr;
    result <= outcome;

    // write back
    if (result_valid) begin
      case (result_space)
        SPACE_OBUF: obuf[OBUF_BITS'(result_addr)] <= result;
        SPACE_VMEM1: vmem1[VMEM_BITS'(result_addr)] <= result;
        SPACE_VMEM2: vmem2[VMEM_BITS'(result_addr)] <= result;
        default: ;
      endcase
    end
  end
endmodule
