// The SIMD unit: issue side, decode and address generation, LANES skewed lanes. What the lockstep run drives.
//
// Cycle 0 of a tile is the cycle after `start`. Lane c works c cycles behind lane 0; `busy` falls when the last lane has written the last result back.
module simd_core
  import simd_types::*;
#(
    parameter int LANES = 4,
    parameter int WORDS = 256,       // of VMEM1, and again of VMEM2
    parameter int OBUF_WORDS = 256,
    parameter int IMMEDIATES = 32,
    parameter int LOOPS = 7,
    parameter int NESTS = 32,
    parameter int BODY = 512,
    parameter int ITERATORS = 32,
    parameter int ACT_BITS = 8,
    parameter int DIVIDE_LATENCY = 9,
    parameter int ADDR_BITS = 12  // enough for the largest memory
) (
    input logic clk,
    input logic reset,

    // configuration, a register a cycle while idle. config_write: 1 nest number config_index: field 0..6 iterations of a loop (0 the outermost), 7 and 8 its first and
    // last instruction, 9 the loop whose last iteration has fewer lanes (15: every one has them), 10 how many; 2 instruction number config_index; 3 iterator number
    // config_index: field 0..6 stride of a loop, 7 namespace, 8 base
    input logic [2:0]  config_write,
    input logic [8:0]  config_index,
    input logic [3:0]  config_field,
    input logic [31:0] config_data,

    // load port: a word of all lanes a cycle
    input logic                 load,
    input logic [1:0]           load_space,
    input logic [ADDR_BITS-1:0] load_addr,
    input logic [LANES*32-1:0]  load_data,

    input  logic [5:0] nests,  // in use
    input  logic       start,
    output logic       busy,

    output logic [LANES-1:0]           result_valid,
    output logic [LANES*2-1:0]         result_space,
    output logic [LANES*ADDR_BITS-1:0] result_addr,
    output logic [LANES*32-1:0]        result
);
  logic    issue, done;
  opcode_t opcode;
  logic [7:0] occupancy;
  localparam int LANE_BITS = $clog2(LANES + 1);
  logic [LANE_BITS-1:0] lanes;
  space_t  destination_space, source1_space, source2_space;
  logic [ADDR_BITS-1:0] destination, source1, source2;

  simd_issue #(
      .LANES(LANES), .LOOPS(LOOPS), .NESTS(NESTS), .BODY(BODY), .ITERATORS(ITERATORS), .ADDR_BITS(ADDR_BITS),
      .DIVIDE_LATENCY(DIVIDE_LATENCY)
  ) issue_side (
      .clk, .reset, .config_write, .config_index, .config_field, .config_data, .nests, .start, .issue, .done, .opcode,
      .occupancy, .lanes, .destination_space, .source1_space, .source2_space, .destination, .source1, .source2
  );

  // Fetch in the cycle of issue; decode, address generation, read follow: three registers to the read stage of lane 0.
  localparam int CONTROL_BITS = 1 + 6 + 8 + LANE_BITS + 6 + 3 * ADDR_BITS;
  logic [CONTROL_BITS-1:0] control[LANES];
  skew_register #(.BITS(CONTROL_BITS), .DEPTH(3)) front (
      .clk,
      .in({issue && !reset, opcode, occupancy, lanes, destination_space, source1_space, source2_space, destination, source1, source2}),
      .out(control[0])
  );

  generate
    for (genvar l = 0; l < LANES; l++) begin : lane
      logic                 valid;
      opcode_t              op;
      logic [7:0]           cycles;
      logic [LANE_BITS-1:0] active;
      space_t               d_space, s1_space, s2_space;
      logic [ADDR_BITS-1:0] d, s1, s2;
      if (l > 0) begin : skew
        skew_register #(.BITS(CONTROL_BITS), .DEPTH(1)) right (.clk, .in(control[l-1]), .out(control[l]));
      end
      assign {valid, op, cycles, active, d_space, s1_space, s2_space, d, s1, s2} = control[l];
      simd_lane #(
          .WORDS(WORDS), .OBUF_WORDS(OBUF_WORDS), .IMMEDIATES(IMMEDIATES), .ACT_BITS(ACT_BITS), .ADDR_BITS(ADDR_BITS)
      ) unit (
          .clk, .reset,
          .load, .load_space, .load_addr, .load_data(load_data[l*32+:32]),
          .valid, .active(32'(l) < 32'(active)), .opcode(op), .occupancy(cycles),
          .destination_space(d_space), .source1_space(s1_space), .source2_space(s2_space),
          .destination(d), .source1(s1), .source2(s2),
          .result_valid(result_valid[l]), .result_space(result_space[l*2+:2]), .result_addr(result_addr[l*ADDR_BITS+:ADDR_BITS]),
          .result(result[l*32+:32])
      );
    end
  endgenerate

  // The last instruction's occupancy, five more stages, and the skew of the last lane.
  localparam int DRAIN_BITS = 16;
  logic [DRAIN_BITS-1:0] drain;
  always_ff @(posedge clk) begin
    if (reset) begin
      busy <= 1'b0;
      drain <= '0;
    end else if (start) begin
      busy <= 1'b1;
      drain <= '0;
    end else if (done) begin
      drain <= DRAIN_BITS'(occupancy) + DRAIN_BITS'(5 + LANES - 1 - 1);
    end else if (drain != 0) begin
      drain <= drain - 1;
      if (drain == 1) busy <= 1'b0;
    end
  end
endmodule
