// A processing element of the weight-stationary array: one multiply-accumulate a cycle.
//
// The activation, the read request and the scratchpad address move right, the partial sum moves down, one register a hop.
// Source of the behaviour: isa/manual.md section 3, models/cycle/timing.md section 5.
module processing_element #(
    parameter int ACT_BITS = 8,
    parameter int WGT_BITS = 8,
    parameter int ACC_BITS = 32,
    parameter int WORDS = 16,  // weights in the scratchpad, both halves
    localparam int ADDR_BITS = $clog2(WORDS)
) (
    input  logic                       clk,
    // weight load, through the PARAMBUF port
    input  logic                       load,
    input  logic        [ADDR_BITS-1:0] load_addr,
    input  logic signed [WGT_BITS-1:0] load_data,
    // from the left
    input  logic signed [ACT_BITS-1:0] act_in,
    input  logic        [ADDR_BITS-1:0] addr_in,
    // from above
    input  logic signed [ACC_BITS-1:0] psum_in,
    // to the right, a cycle later
    output logic signed [ACT_BITS-1:0] act_out,
    output logic        [ADDR_BITS-1:0] addr_out,
    // downwards: registered for the row below, and as it is for the foot of the column
    output logic signed [ACC_BITS-1:0] psum_out,
    output logic signed [ACC_BITS-1:0] psum_now
);
  logic signed [WGT_BITS-1:0] weights[WORDS];
  logic signed [WGT_BITS-1:0] weight;
  logic signed [ACT_BITS+WGT_BITS-1:0] product;

  assign weight = weights[addr_in];
  assign product = act_in * weight;
  assign psum_now = psum_in + ACC_BITS'(product);

  always_ff @(posedge clk) begin
    if (load) weights[load_addr] <= load_data;
    act_out <= act_in;
    addr_out <= addr_in;
    psum_out <= psum_now;
  end
endmodule
