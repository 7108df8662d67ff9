// ROWS x COLUMNS processing elements with the skew of the activations inside.
//
// A vector presented in cycle k reaches row r in cycle k + r and column c of that row in cycle k + r + c, so the sum of column c is at the foot in
// cycle k + (ROWS-1) + c. Rows that are not active take part with an activation of zero: the driver sees to that.
module systolic_array #(
    parameter int ROWS = 4,
    parameter int COLUMNS = 4,
    parameter int ACT_BITS = 8,
    parameter int WGT_BITS = 8,
    parameter int ACC_BITS = 32,
    parameter int WORDS = 16,
    localparam int ADDR_BITS = $clog2(WORDS)
) (
    input  logic                              clk,
    // weight load: one row of processing elements a cycle
    input  logic                              load,
    input  logic        [31:0]                load_row,
    input  logic        [ADDR_BITS-1:0]       load_addr,
    input  logic        [COLUMNS*WGT_BITS-1:0] load_data,
    // one vector a cycle
    input  logic        [ROWS*ACT_BITS-1:0]   vector,
    input  logic        [ADDR_BITS-1:0]       weight_addr,
    // sums at the feet of the columns, in the cycle in which the last row computes
    output logic        [COLUMNS*ACC_BITS-1:0] foot
);
  // Activation and address as they enter row r: delayed by r cycles. Element r of delay_* r deep.
  logic signed [ACT_BITS-1:0]  act   [ROWS][COLUMNS+1];
  logic        [ADDR_BITS-1:0] addr  [ROWS][COLUMNS+1];
  logic signed [ACC_BITS-1:0]  psum  [ROWS+1][COLUMNS];
  logic signed [ACC_BITS-1:0]  now   [ROWS][COLUMNS];

  genvar r, c;
  generate
    for (r = 0; r < ROWS; r++) begin : row
      skew_register #(.BITS(ACT_BITS + ADDR_BITS), .DEPTH(r)) skew (
          .clk(clk),
          .in({vector[r*ACT_BITS+:ACT_BITS], weight_addr}),
          .out({act[r][0], addr[r][0]})
      );
      for (c = 0; c < COLUMNS; c++) begin : column
        processing_element #(
            .ACT_BITS(ACT_BITS), .WGT_BITS(WGT_BITS), .ACC_BITS(ACC_BITS), .WORDS(WORDS)
        ) element (
            .clk(clk),
            .load(load && load_row == 32'(r)),
            .load_addr(load_addr),
            .load_data(load_data[c*WGT_BITS+:WGT_BITS]),
            .act_in(act[r][c]),
            .addr_in(addr[r][c]),
            .psum_in(psum[r][c]),
            .act_out(act[r][c+1]),
            .addr_out(addr[r][c+1]),
            .psum_out(psum[r+1][c]),
            .psum_now(now[r][c])
        );
      end
    end
    for (c = 0; c < COLUMNS; c++) begin : edge_of_column
      assign psum[0][c] = '0;
      assign foot[c*ACC_BITS+:ACC_BITS] = now[ROWS-1][c];
    end
  endgenerate
endmodule
