// Walks the array loops of a tile: one input vector a cycle, held back by the OBUF hazard.
//
// Loop 0 is the outermost. Counts are iterations of this tile (tails already applied by whoever starts it); a loop that is not used counts 1. A
// loop whose obuf_stride is 0 is a reduction loop. Source: isa/manual.md section 3, models/cycle/timing.md section 5.
module array_sequencer #(
    parameter int LOOPS = 8,
    parameter int ADDR_BITS = 16,
    parameter int LATENCY = 2  // obuf_accumulate_latency
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
  logic [LOOPS*32-1:0] index;
  logic                running;

  // Which loops are in their last iteration, and which advance with the next vector: those inside which all are.
  logic [LOOPS-1:0] at_end, advance;
  logic             at_start;
  generate
    for (genvar g = 0; g < LOOPS; g++) begin : odometer
      assign at_end[g] = index[g*32+:32] + 1 == count[g*32+:32];
      if (g == LOOPS - 1) begin : innermost
        assign advance[g] = 1'b1;
      end else begin : outer
        assign advance[g] = &at_end[LOOPS-1:g+1];
      end
    end
  endgenerate

  always_comb begin
    ibuf_addr = '0;
    wbuf_addr = '0;
    obuf_addr = '0;
    bbuf_addr = '0;
    at_start = 1'b1;
    row_tail = row_loop == 4'(LOOPS);
    column_tail = column_loop == 4'(LOOPS);
    for (int l = 0; l < LOOPS; l++) begin
      ibuf_addr = ibuf_addr + ADDR_BITS'(index[l*32+:32]) * ibuf_stride[l*ADDR_BITS+:ADDR_BITS];
      wbuf_addr = wbuf_addr + ADDR_BITS'(index[l*32+:32]) * wbuf_stride[l*ADDR_BITS+:ADDR_BITS];
      obuf_addr = obuf_addr + ADDR_BITS'(index[l*32+:32]) * obuf_stride[l*ADDR_BITS+:ADDR_BITS];
      bbuf_addr = bbuf_addr + ADDR_BITS'(index[l*32+:32]) * bbuf_stride[l*ADDR_BITS+:ADDR_BITS];
      if (obuf_stride[l*ADDR_BITS+:ADDR_BITS] == '0 && index[l*32+:32] != 0) at_start = 1'b0;
      if (row_loop == 4'(l)) row_tail = at_end[l];
      if (column_loop == 4'(l)) column_tail = at_end[l];
    end
  end

  assign fresh = start_from_bias && at_start;

  // OBUF is read LATENCY - 1 cycles before the sum is written: words of the vectors since then are not there yet.
  logic hazard;
  generate
    if (LATENCY > 1) begin : accumulate
      localparam int DEPTH = LATENCY - 1;
      logic [DEPTH-1:0]           recent_valid;
      logic [DEPTH*ADDR_BITS-1:0] recent;
      logic [DEPTH-1:0]           meets;
      for (genvar g = 0; g < DEPTH; g++) begin : compare
        assign meets[g] = recent_valid[g] && recent[g*ADDR_BITS+:ADDR_BITS] == obuf_addr;
      end
      assign hazard = !fresh && |meets;
      always_ff @(posedge clk) begin
        recent_valid <= reset ? '0 : DEPTH'({recent_valid, valid});
        recent <= (DEPTH * ADDR_BITS)'({recent, obuf_addr});
      end
    end else begin : immediate
      assign hazard = 1'b0;
    end
  endgenerate
  assign valid = running && !hazard;
  assign last = valid && &at_end;

  always_ff @(posedge clk) begin
    if (reset || start || last) begin
      running <= start && !reset;
      index <= '0;
    end else if (valid) begin
      for (int l = 0; l < LOOPS; l++) begin
        if (advance[l]) index[l*32+:32] <= at_end[l] ? 32'd0 : index[l*32+:32] + 1;
      end
    end
  end
endmodule
