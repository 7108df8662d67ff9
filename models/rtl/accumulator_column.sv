// The foot of a column: bias, OBUF bank, accumulation.
//
// The OBUF bank is read LATENCY - 1 cycles before the sum reaches the foot, and the new sum is written at the end of the cycle in which it does: the same word can be
// accumulated on every LATENCY-th cycle (obuf_accumulate_latency).
module accumulator_column #(
    parameter int ACC_BITS = 32,
    parameter int WORDS = 64,
    parameter int BIAS_WORDS = 8,
    parameter int LATENCY = 2,
    localparam int ADDR_BITS = $clog2(WORDS),
    localparam int BIAS_ADDR_BITS = $clog2(BIAS_WORDS)
) (
    input  logic                       clk,
    // LATENCY - 1 cycles ahead of the sum
    input  logic [ADDR_BITS-1:0]       read_addr,
    // with the sum
    input  logic                       valid,
    input  logic                       fresh,
    input  logic                       biased,
    input  logic [ADDR_BITS-1:0]       addr,
    input  logic [BIAS_ADDR_BITS-1:0]  bias_addr,
    input  logic signed [ACC_BITS-1:0] sum,
    // load of partial sums and biases
    input  logic                       load,
    input  logic                       load_bias,
    input  logic [ADDR_BITS-1:0]       load_addr,
    input  logic [BIAS_ADDR_BITS-1:0]  load_bias_addr,
    input  logic signed [ACC_BITS-1:0] load_data,
    // what is written in this cycle
    output logic                       result_valid,
    output logic [ADDR_BITS-1:0]       result_addr,
    output logic signed [ACC_BITS-1:0] result
);
  logic signed [ACC_BITS-1:0] bank[WORDS];
  logic signed [ACC_BITS-1:0] bias[BIAS_WORDS];
  logic signed [ACC_BITS-1:0] partial, word_read, from;

  assign word_read = bank[read_addr];
  skew_register #(.BITS(ACC_BITS), .DEPTH(LATENCY - 1)) read_data (.clk(clk), .in(word_read), .out(partial));

  assign from = !fresh ? partial : biased ? bias[bias_addr] : '0;
  assign result_valid = valid;
  assign result_addr = addr;
  assign result = from + sum;

  always_ff @(posedge clk) begin
    if (valid) bank[addr] <= result;
    if (load) bank[load_addr] <= load_data;
    if (load_bias) bias[load_bias_addr] <= load_data;
  end
endmodule
