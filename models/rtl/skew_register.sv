// A delay of DEPTH cycles; 0 is a wire.
module skew_register #(
    parameter int BITS = 1,
    parameter int DEPTH = 0
) (
    // verilator lint_off UNUSEDSIGNAL
    input  logic            clk,  // not used by a wire
    // verilator lint_on UNUSEDSIGNAL
    input  logic [BITS-1:0] in,
    output logic [BITS-1:0] out
);
  generate
    if (DEPTH == 0) begin : wire_only
      assign out = in;
    end else begin : delay
      logic [DEPTH*BITS-1:0] stages;
      always_ff @(posedge clk) stages <= (DEPTH * BITS)'({stages, in});
      assign out = stages[(DEPTH-1)*BITS+:BITS];
    end
  endgenerate
endmodule
