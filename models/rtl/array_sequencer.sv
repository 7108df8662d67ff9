// Walks the array loops of a tile: one input vector a cycle, held back by the OBUF hazard.
//
// Loop 0 is the innermost. Counts are iterations of this tile (tails already applied by whoever starts it); a loop that is not used counts 1. A
// loop whose obuf_stride is 0 is a reduction loop. Source: isa/manual.md section 3, models/cycle/timing.md section 5.
module array_sequencer #(
    parameter int LOOPS = 8,
    parameter int ADDR_BITS = 16
) (
    input  logic                       clk,
    input  logic                       reset,
    input  logic                       start,  // one cycle before the first vector
    input  logic [LOOPS*32-1:0]        count,
    input  logic [LOOPS*ADDR_BITS-1:0] ibuf_stride,
    input  logic [LOOPS*ADDR_BITS-1:0] wbuf_stride,
    input  logic [LOOPS*ADDR_BITS-1:0] obuf_stride,
    input  logic [LOOPS*ADDR_BITS-1:0] bbuf_stride,
    input  logic                       start_from_bias,  // the tile's `start` condition
    input  logic [3:0]                 row_loop,         // loop whose last iteration has fewer rows; LOOPS: every vector
    input  logic [3:0]                 column_loop,

    output logic                 valid,  // a vector enters in this cycle
    output logic                 last,   // it is the last one of the tile
    output logic [ADDR_BITS-1:0] ibuf_addr,
    output logic [ADDR_BITS-1:0] wbuf_addr,
    output logic [ADDR_BITS-1:0] obuf_addr,
    output logic [ADDR_BITS-1:0] bbuf_addr,
    output logic                 fresh,       // the sum starts from bias or zero, not from OBUF
    output logic                 row_tail,    // only the tail rows are active
    output logic                 column_tail
);
  logic [31:0] index[LOOPS];
  logic        running;
  logic        previous_valid;
  logic [ADDR_BITS-1:0] previous_obuf_addr;

  // Which loops are in their last iteration; which one advances next; addresses of the current vector.
  logic [LOOPS-1:0] at_end;
  logic [LOOPS:0]   carry;
  logic             at_start;

  assign carry[0] = 1'b1;
  generate
    for (genvar g = 0; g < LOOPS; g++) begin : odometer
      assign at_end[g] = index[g] + 1 == count[g*32+:32];
      assign carry[g+1] = &at_end[g:0];
    end
  endgenerate

  always_comb begin
    ibuf_addr = '0;
    wbuf_addr = '0;
    obuf_addr = '0;
    bbuf_addr = '0;
    at_start = 1'b1;
    for (int l = 0; l < LOOPS; l++) begin
      ibuf_addr = ibuf_addr + ADDR_BITS'(index[l]) * ibuf_stride[l*ADDR_BITS+:ADDR_BITS];
      wbuf_addr = wbuf_addr + ADDR_BITS'(index[l]) * wbuf_stride[l*ADDR_BITS+:ADDR_BITS];
      obuf_addr = obuf_addr + ADDR_BITS'(index[l]) * obuf_stride[l*ADDR_BITS+:ADDR_BITS];
      bbuf_addr = bbuf_addr + ADDR_BITS'(index[l]) * bbuf_stride[l*ADDR_BITS+:ADDR_BITS];
      if (obuf_stride[l*ADDR_BITS+:ADDR_BITS] == '0 && index[l] != 0) at_start = 1'b0;
    end
  end

  function automatic logic tail_of(input logic [3:0] which, input logic [LOOPS-1:0] ends);
    tail_of = 1'b1;
    for (int l = 0; l < LOOPS; l++) if (which == 4'(l)) tail_of = ends[l];
  endfunction

  assign fresh = start_from_bias && at_start;
  assign row_tail = tail_of(row_loop, at_end);
  assign column_tail = tail_of(column_loop, at_end);

  // OBUF is read one cycle before the sum is written: a word used by the vector just before is not there yet.
  logic hazard;
  assign hazard = previous_valid && !fresh && obuf_addr == previous_obuf_addr;
  assign valid = running && !hazard;
  assign last = valid && carry[LOOPS];

  always_ff @(posedge clk) begin
    previous_valid <= valid;
    previous_obuf_addr <= obuf_addr;
    if (reset || start || last) begin
      running <= start && !reset;
      for (int l = 0; l < LOOPS; l++) index[l] <= '0;
    end else if (valid) begin
      for (int l = 0; l < LOOPS; l++) begin
        if (carry[l]) index[l] <= at_end[l] ? '0 : index[l] + 1;
      end
    end
  end
endmodule
