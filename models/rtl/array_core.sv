// The compute core: sequencer, IBUF, array, accumulators. What the lockstep run drives.
//
// Memories are loaded element by element through the load port while the core is idle; then `start` runs one tile. Cycle 0 of the tile is the cycle after `start`. A
// tile of t vectors has its last result written at the end of cycle t + (ROWS-1) + (COLUMNS-1) - 1, plus hazards; `busy` falls then.
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
    localparam int ADDR_BITS = 16
) (
    input  logic clk,
    input  logic reset,

    // load port: which memory, element address (word, lane; WBUF: word, row, column)
    input  logic [2:0]                 load_memory,  // 0 none, 1 IBUF, 2 WBUF, 3 BBUF, 4 OBUF
    // verilator lint_off UNUSEDSIGNAL
    input  logic [ADDR_BITS-1:0]       load_word,  // as wide as the largest memory needs
    // verilator lint_on UNUSEDSIGNAL
    input  logic [31:0]                load_row,
    input  logic [31:0]                load_column,
    input  logic signed [ACC_BITS-1:0] load_data,

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

  array_sequencer #(.LOOPS(LOOPS), .ADDR_BITS(ADDR_BITS)) sequencer (
      .clk, .reset, .start, .count, .ibuf_stride, .wbuf_stride, .obuf_stride, .bbuf_stride, .start_from_bias,
      .row_loop, .column_loop, .valid, .last, .ibuf_addr, .wbuf_addr, .obuf_addr, .bbuf_addr, .fresh, .row_tail,
      .column_tail
  );

  // IBUF: a bank a row. Its output register belongs to the address generator's pipeline, one cycle ahead; seen from the array, the word of a vector is there in the
  // vector's cycle.
  logic [ROWS*ACT_BITS-1:0] vector;
  genvar r, c;
  generate
    for (r = 0; r < ROWS; r++) begin : ibuf
      logic signed [ACT_BITS-1:0] bank[IBUF_WORDS];
      logic [IADDR_BITS-1:0] word;
      logic active;
      assign word = IADDR_BITS'(ibuf_base + ibuf_addr);
      assign active = valid && (!row_tail || 32'(r) < row_tail_count);
      assign vector[r*ACT_BITS+:ACT_BITS] = active ? bank[word] : '0;
      always_ff @(posedge clk) begin
        if (load_memory == 3'd1 && load_row == 32'(r)) bank[IADDR_BITS'(load_word)] <= ACT_BITS'(load_data);
      end
    end
  endgenerate

  logic [COLUMNS*ACC_BITS-1:0] foot;
  systolic_array #(
      .ROWS(ROWS), .COLUMNS(COLUMNS), .ACT_BITS(ACT_BITS), .WGT_BITS(WGT_BITS), .ACC_BITS(ACC_BITS), .WORDS(WBUF_WORDS)
  ) array (
      .clk,
      .load(load_memory == 3'd2),
      .load_row, .load_column,
      .load_addr(WADDR_BITS'(load_word)),
      .load_data(WGT_BITS'(load_data)),
      .vector,
      .weight_addr(WADDR_BITS'(wbuf_base + wbuf_addr)),
      .foot
  );

  // What belongs to a vector travels beside it: ROWS-2 cycles to the OBUF read of column 0, then one cycle a column.
  localparam int TAG_BITS = 4 + OADDR_BITS + BADDR_BITS;
  logic [TAG_BITS-1:0] tag_at_entry;
  logic [TAG_BITS-1:0] tag[COLUMNS+1];
  assign tag_at_entry = {valid, last, fresh, column_tail, OADDR_BITS'(obuf_base + obuf_addr), BADDR_BITS'(bbuf_base + bbuf_addr)};
  skew_register #(.BITS(TAG_BITS), .DEPTH(ROWS - 2)) down (.clk, .in(tag_at_entry), .out(tag[0]));

  generate
    for (c = 0; c < COLUMNS; c++) begin : column
      // tag[c]: one cycle before the sum of column c is at the foot; tag[c+1]: with it.
      logic now_valid, now_fresh, now_tail;
      logic [OADDR_BITS-1:0] now_obuf;
      logic [BADDR_BITS-1:0] now_bbuf;
      skew_register #(.BITS(TAG_BITS), .DEPTH(1)) right (.clk, .in(tag[c]), .out(tag[c+1]));
      assign {now_fresh, now_tail, now_obuf, now_bbuf} = tag[c+1][TAG_BITS-3:0];
      assign now_valid = tag[c+1][TAG_BITS-1];
      accumulator_column #(
          .ACC_BITS(ACC_BITS), .WORDS(OBUF_WORDS), .BIAS_WORDS(BBUF_WORDS)
      ) accumulator (
          .clk,
          .read_addr(tag[c][BADDR_BITS+:OADDR_BITS]),
          .valid(now_valid && !reset && (!now_tail || 32'(c) < column_tail_count)),
          .fresh(now_fresh),
          .biased,
          .addr(now_obuf),
          .bias_addr(now_bbuf),
          .sum(foot[c*ACC_BITS+:ACC_BITS]),
          .load(load_memory == 3'd4 && load_column == 32'(c)),
          .load_bias(load_memory == 3'd3 && load_column == 32'(c)),
          .load_addr(OADDR_BITS'(load_word)),
          .load_bias_addr(BADDR_BITS'(load_word)),
          .load_data,
          .result_valid(result_valid[c]),
          .result_addr(result_addr[c*OADDR_BITS+:OADDR_BITS]),
          .result(result[c*ACC_BITS+:ACC_BITS])
      );
    end
  endgenerate

  // The tile ends with the cycle in which the last vector's sum is at the foot of the last column.
  logic drained;
  assign drained = tag[COLUMNS][TAG_BITS-1] && tag[COLUMNS][TAG_BITS-2];
  always_ff @(posedge clk) begin
    if (reset || drained) busy <= 1'b0;
    else if (start) busy <= 1'b1;
  end
endmodule
