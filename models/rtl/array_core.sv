// The compute core: sequencer, IBUF, array, accumulators. What the lockstep run drives.
//
// Memories are loaded through the load port while the core is idle; then `start` runs one tile. Cycle 0 of the tile is the cycle after `start`. A
// tile of t vectors has its last result written at the end of cycle t + (ROWS-1) + (COLUMNS-1) - 1, plus hazards; `busy` falls then. A tile may be started in the last
// cycle of the one before; its inputs are there from then on.
module array_core #(
    parameter int ROWS = 4,
    parameter int COLUMNS = 4,
    parameter int ACT_BITS = 8,
    parameter int WGT_BITS = 8,
    parameter int ACC_BITS = 32,
    parameter int IBUF_WORDS = 4096,
    parameter int WBUF_WORDS = 1024,
    parameter int OBUF_WORDS = 4096,
    parameter int BBUF_WORDS = 64,
    parameter int LOOPS = 8,
    parameter int ADDR_BITS = 16,  // enough for the largest memory
    parameter int OBUF_ACCUMULATE_LATENCY = 2  // 1..ROWS
) (
    input  logic clk,
    input  logic reset,

    // load port: a word a cycle; of WBUF a row of a word
    input  logic [2:0]                  load_memory,  // 0 none, 1 IBUF, 2 WBUF, 3 BBUF, 4 OBUF
    // verilator lint_off UNUSEDSIGNAL
    input  logic [ADDR_BITS-1:0]        load_word,
    // verilator lint_on UNUSEDSIGNAL
    input  logic [31:0]                 load_row,
    input  logic [ROWS*ACT_BITS-1:0]    load_activations,
    input  logic [COLUMNS*WGT_BITS-1:0] load_weights,
    input  logic [COLUMNS*ACC_BITS-1:0] load_sums,

    // one tile
    input  logic                       start,
    input  logic [LOOPS*32-1:0]        count,
    input  logic [LOOPS*ADDR_BITS-1:0] ibuf_stride,
    input  logic [LOOPS*ADDR_BITS-1:0] wbuf_stride,
    input  logic [LOOPS*ADDR_BITS-1:0] obuf_stride,
    input  logic [LOOPS*ADDR_BITS-1:0] bbuf_stride,
    input  logic [ADDR_BITS-1:0]       ibuf_base,
    input  logic [ADDR_BITS-1:0]       wbuf_base,
    input  logic [ADDR_BITS-1:0]       obuf_base,
    input  logic [ADDR_BITS-1:0]       bbuf_base,
    input  logic                       start_from_bias,
    input  logic                       biased,
    input  logic [3:0]                 row_loop,
    input  logic [31:0]                row_tail_count,
    input  logic [3:0]                 column_loop,
    input  logic [31:0]                column_tail_count,

    output logic                        busy,
    output logic [COLUMNS-1:0]          result_valid,
    output logic [COLUMNS*$clog2(OBUF_WORDS)-1:0] result_addr,
    output logic [COLUMNS*ACC_BITS-1:0] result
);
  // Words are addressed modulo the memory's size; the driver keeps within it.
  localparam int IADDR_BITS = $clog2(IBUF_WORDS);
  localparam int WADDR_BITS = $clog2(WBUF_WORDS);
  localparam int OADDR_BITS = $clog2(OBUF_WORDS);
  localparam int BADDR_BITS = $clog2(BBUF_WORDS);

  logic valid, last, fresh, row_tail, column_tail;
  logic [ADDR_BITS-1:0] ibuf_addr, wbuf_addr, obuf_addr, bbuf_addr;

  array_sequencer #(.LOOPS(LOOPS), .ADDR_BITS(ADDR_BITS), .LATENCY(OBUF_ACCUMULATE_LATENCY)) sequencer (
      .clk, .reset, .start, .count, .ibuf_stride, .wbuf_stride, .obuf_stride, .bbuf_stride, .start_from_bias,
      .row_loop, .column_loop, .valid, .last, .ibuf_addr, .wbuf_addr, .obuf_addr, .bbuf_addr, .fresh, .row_tail,
      .column_tail
  );

  logic [IADDR_BITS-1:0] ibuf_word;
  logic [WADDR_BITS-1:0] wbuf_word;
  logic [OADDR_BITS-1:0] obuf_word;
  logic [BADDR_BITS-1:0] bbuf_word;
  assign ibuf_word = IADDR_BITS'(ibuf_base + ibuf_addr);
  assign wbuf_word = WADDR_BITS'(wbuf_base + wbuf_addr);
  assign obuf_word = OADDR_BITS'(obuf_base + obuf_addr);
  assign bbuf_word = BADDR_BITS'(bbuf_base + bbuf_addr);

  // IBUF: a bank a row. Its output register belongs to the address generator's pipeline, one cycle ahead; seen from the array, the word of a vector is there in the
  // vector's cycle.
  logic [ROWS*ACT_BITS-1:0] vector;
  genvar r, c;
  generate
    for (r = 0; r < ROWS; r++) begin : ibuf
      logic signed [ACT_BITS-1:0] bank[IBUF_WORDS];
      logic signed [ACT_BITS-1:0] activation;
      logic active;
      assign active = valid && (!row_tail || 32'(r) < row_tail_count);
      assign activation = bank[ibuf_word];
      assign vector[r*ACT_BITS+:ACT_BITS] = active ? activation : '0;
      always_ff @(posedge clk) begin
        if (load_memory == 3'd1) bank[IADDR_BITS'(load_word)] <= load_activations[r*ACT_BITS+:ACT_BITS];
      end
    end
  endgenerate

  logic [COLUMNS*ACC_BITS-1:0] foot;
  systolic_array #(
      .ROWS(ROWS), .COLUMNS(COLUMNS), .ACT_BITS(ACT_BITS), .WGT_BITS(WGT_BITS), .ACC_BITS(ACC_BITS), .WORDS(WBUF_WORDS)
  ) array (
      .clk,
      .load(load_memory == 3'd2),
      .load_row,
      .load_addr(WADDR_BITS'(load_word)),
      .load_data(load_weights),
      .vector,
      .weight_addr(wbuf_word),
      .foot
  );

  // The last column finishes a tile in the cycle in which the next one may be started: what the columns need is kept from the start on.
  logic        tile_biased;
  logic [31:0] tile_columns;
  always_ff @(posedge clk) begin
    if (start) begin
      tile_biased <= biased;
      tile_columns <= column_tail_count;
    end
  end

  // What belongs to a vector travels beside it: ROWS-1 cycles to the foot of column 0, then one cycle a column. Its OBUF address gets there earlier, to read.
  localparam int TAG_BITS = 4 + OADDR_BITS + BADDR_BITS;
  logic [TAG_BITS-1:0]   tag[COLUMNS];
  logic [OADDR_BITS-1:0] read_addr[COLUMNS];
  skew_register #(.BITS(TAG_BITS), .DEPTH(ROWS - 1)) tag_down (
      .clk, .in({valid, last, fresh, column_tail, obuf_word, bbuf_word}), .out(tag[0])
  );
  skew_register #(.BITS(OADDR_BITS), .DEPTH(ROWS - OBUF_ACCUMULATE_LATENCY)) read_down (
      .clk, .in(obuf_word), .out(read_addr[0])
  );

  generate
    for (c = 0; c < COLUMNS; c++) begin : column
      logic now_valid, now_fresh, now_tail;
      logic [OADDR_BITS-1:0] now_obuf;
      logic [BADDR_BITS-1:0] now_bbuf;
      if (c > 0) begin : right
        skew_register #(.BITS(TAG_BITS), .DEPTH(1)) tag_right (.clk, .in(tag[c-1]), .out(tag[c]));
        skew_register #(.BITS(OADDR_BITS), .DEPTH(1)) read_right (.clk, .in(read_addr[c-1]), .out(read_addr[c]));
      end
      assign now_valid = tag[c][TAG_BITS-1];
      assign {now_fresh, now_tail, now_obuf, now_bbuf} = tag[c][TAG_BITS-3:0];
      accumulator_column #(
          .ACC_BITS(ACC_BITS), .WORDS(OBUF_WORDS), .BIAS_WORDS(BBUF_WORDS), .LATENCY(OBUF_ACCUMULATE_LATENCY)
      ) accumulator (
          .clk,
          .read_addr(read_addr[c]),
          .valid(now_valid && !reset && (!now_tail || 32'(c) < tile_columns)),
          .fresh(now_fresh),
          .biased(tile_biased),
          .addr(now_obuf),
          .bias_addr(now_bbuf),
          .sum(foot[c*ACC_BITS+:ACC_BITS]),
          .load(load_memory == 3'd4),
          .load_bias(load_memory == 3'd3),
          .load_addr(OADDR_BITS'(load_word)),
          .load_bias_addr(BADDR_BITS'(load_word)),
          .load_data(load_sums[c*ACC_BITS+:ACC_BITS]),
          .result_valid(result_valid[c]),
          .result_addr(result_addr[c*OADDR_BITS+:OADDR_BITS]),
          .result(result[c*ACC_BITS+:ACC_BITS])
      );
    end
  endgenerate

  // The tile ends with the cycle in which the last vector's sum is at the foot of the last column.
  logic drained;
  assign drained = tag[COLUMNS-1][TAG_BITS-1] && tag[COLUMNS-1][TAG_BITS-2];
  always_ff @(posedge clk) begin
    if (reset) busy <= 1'b0;
    else if (start) busy <= 1'b1;
    else if (drained) busy <= 1'b0;
  end
endmodule
