// One lane: read, execute, write back. Its control arrives from the issue side three stages later (decode and address generation lie between) and a cycle later a
// lane. All values are 32-bit integers; the opcodes that need a table or a float unit are not in this reference.
module simd_lane
  import simd_types::*;
#(
    parameter int WORDS = 256,
    parameter int IMMEDIATES = 32,
    localparam int ADDR_BITS = $clog2(WORDS)
) (
    input logic clk,
    input logic reset,

    input logic                 load,
    input space_t               load_space,
    input logic [ADDR_BITS-1:0] load_addr,
    input logic [31:0]          load_data,

    // at the read stage
    input logic                 valid,
    input logic                 active,
    input opcode_t              opcode,
    input logic [3:0]           occupancy,
    input space_t               destination_space, source1_space, source2_space,
    input logic [ADDR_BITS-1:0] destination, source1, source2,

    // write back
    output logic                 result_valid,
    output space_t               result_space,
    output logic [ADDR_BITS-1:0] result_addr,
    output logic [31:0]          result
);
  logic [31:0] obuf[WORDS];
  logic [31:0] vmem1[WORDS];
  logic [31:0] vmem2[WORDS];
  logic [31:0] imm[IMMEDIATES];

  function automatic logic [31:0] read(input space_t space, input logic [ADDR_BITS-1:0] addr);
    case (space)
      SPACE_OBUF: read = obuf[addr];
      SPACE_VMEM1: read = vmem1[addr];
      SPACE_VMEM2: read = vmem2[addr];
      default: read = imm[addr[$clog2(IMMEDIATES)-1:0]];
    endcase
  endfunction

  // Execute stage: operands of the instruction and the cycles it still needs.
  logic                 busy, enabled;
  logic [3:0]           left;
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

  function automatic logic [31:0] compute(input opcode_t code, input logic [31:0] x, input logic [31:0] y,
                                          input logic [31:0] z);
    logic signed [31:0] sx, sy;
    sx = x;
    sy = y;
    case (code)
      OP_ADD: compute = x + y;
      OP_SUB: compute = x - y;
      OP_MUL: compute = x * y;
      OP_MAC: compute = z + x * y;
      OP_MAX: compute = sx > sy ? x : y;
      OP_MIN: compute = sx < sy ? x : y;
      OP_SHIFT_LEFT: compute = x << y[4:0];
      OP_SHIFT_RIGHT: compute = sx >>> y[4:0];
      OP_AND: compute = x & y;
      OP_OR: compute = x | y;
      OP_XOR: compute = x ^ y;
      OP_MOVE: compute = x;
      OP_CONDITIONAL_MOVE: compute = y != 0 ? x : z;
      OP_RELU: compute = sx > 0 ? x : 32'd0;
      OP_ABSOLUTE: compute = sx < 0 ? -x : x;
      OP_NEGATE: compute = -x;
      OP_SIGN: compute = sx > 0 ? 32'd1 : sx < 0 ? 32'hFFFFFFFF : 32'd0;
      OP_EQUAL: compute = 32'(x == y);
      OP_NOT_EQUAL: compute = 32'(x != y);
      OP_GREATER: compute = 32'(sx > sy);
      OP_GREATER_EQUAL: compute = 32'(sx >= sy);
      OP_LESS: compute = 32'(sx < sy);
      OP_LESS_EQUAL: compute = 32'(sx <= sy);
      OP_DIVIDE: compute = y == 0 ? 32'd0 : y == 32'hFFFFFFFF ? -x : 32'(sx / sy);
      OP_REQUANTIZE: compute = requantize(z, x, y[5:0]);
      default: compute = 32'd0;
    endcase
  endfunction

  always_ff @(posedge clk) begin
    if (load) begin
      case (load_space)
        SPACE_OBUF: obuf[load_addr] <= load_data;
        SPACE_VMEM1: vmem1[load_addr] <= load_data;
        SPACE_VMEM2: vmem2[load_addr] <= load_data;
        default: imm[load_addr[$clog2(IMMEDIATES)-1:0]] <= load_data;
      endcase
    end

    // read -> execute
    if (valid) begin
      op <= opcode;
      a <= read(source1_space, source1);
      b <= read(source2_space, source2);
      d <= read(destination_space, destination);
      space <= destination_space;
      addr <= destination;
      enabled <= active;
      left <= occupancy;
    end else if (left != 0) begin
      left <= left - 4'd1;
    end
    busy <= !reset && (valid || left > 4'd1);

    // execute -> write back
    result_valid <= !reset && busy && left == 4'd1 && enabled;
    result_space <= space;
    result_addr <= addr;
    result <= compute(op, a, b, d);

    // write back
    if (result_valid) begin
      case (result_space)
        SPACE_OBUF: obuf[result_addr] <= result;
        SPACE_VMEM1: vmem1[result_addr] <= result;
        SPACE_VMEM2: vmem2[result_addr] <= result;
        default: ;
      endcase
    end
  end
endmodule
