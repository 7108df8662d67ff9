// Runs the files of `systole cosim --export DIR` (docs/cosim.md) on this RTL and compares every result and its cycle. Plain enough for Verilator and Icarus alike.
//
// The parameters are the lines of DIR/parameters.txt; the folder is the plusarg vectors=DIR. The first difference ends the run with a line
//   DIFFERENCE tile T cycle C unit U signal S expected E got G
// and a run without one with a line PASS.
module cosim_testbench;
  parameter int ROWS = 4;
  parameter int COLUMNS = 4;
  parameter int WEIGHT_BITS = 8;
  parameter int ACTIVATION_BITS = 8;
  parameter int IBUF_WORDS = 512;
  parameter int WBUF_WORDS = 64;
  parameter int BBUF_WORDS = 16;
  parameter int OBUF_WORDS = 512;
  parameter int VMEM_WORDS = 256;
  parameter int OBUF_ACCUMULATE_LATENCY = 2;
  parameter int DIVIDE_LATENCY = 9;
  parameter int RESULTS = 65536;  // words that the longest tile writes, at most

  localparam int ACC_BITS = 32;
  localparam int ADDR_BITS = 24;
  localparam int ARRAY_LOOPS = 8;
  localparam int SIMD_LOOPS = 7;
  localparam int MEMORIES = 6;  // in the order of the header: IBUF, WBUF, BBUF, OBUF, VMEM1, VMEM2
  localparam int HEADER_WORDS = 16;
  localparam int INDEX_WORDS = 16;
  localparam int INSTRUCTION_WORDS = 2048;
  localparam int RESULT_BITS = 96 + COLUMNS * 32;
  localparam int OADDR_BITS = $clog2(OBUF_WORDS);

  // ---- What the files hold.
  string folder;
  logic [31:0] index[INDEX_WORDS];
  logic [31:0] header[HEADER_WORDS];
  logic [31:0] instructions[INSTRUCTION_WORDS];
  logic [ROWS*ACTIVATION_BITS-1:0] ibuf[IBUF_WORDS];
  logic [COLUMNS*WEIGHT_BITS-1:0] wbuf[WBUF_WORDS*ROWS];
  logic [COLUMNS*ACC_BITS-1:0] bbuf[BBUF_WORDS];
  logic [COLUMNS*ACC_BITS-1:0] obuf[OBUF_WORDS];
  logic [COLUMNS*ACC_BITS-1:0] vmem1[VMEM_WORDS];
  logic [COLUMNS*ACC_BITS-1:0] vmem2[VMEM_WORDS];
  logic [RESULT_BITS-1:0] results[RESULTS];

  // ---- The two units. Each has a clock of its own, which stands still while the other works.
  logic array_clk = 0, simd_clk = 0, reset = 1;
  logic simd;  // the tile is the SIMD unit's

  logic [2:0] load_memory = 0;
  logic [ADDR_BITS-1:0] load_word = 0;
  logic [31:0] load_row = 0;
  logic [ROWS*ACTIVATION_BITS-1:0] load_activations = 0;
  logic [COLUMNS*WEIGHT_BITS-1:0] load_weights = 0;
  logic [COLUMNS*ACC_BITS-1:0] load_sums = 0;
  logic array_start = 0;
  logic [ARRAY_LOOPS*32-1:0] count = 0;
  logic [ARRAY_LOOPS*ADDR_BITS-1:0] ibuf_stride = 0, wbuf_stride = 0, obuf_stride = 0, bbuf_stride = 0;
  logic [ADDR_BITS-1:0] ibuf_base = 0, wbuf_base = 0, obuf_base = 0, bbuf_base = 0;
  logic start_from_bias = 0, biased = 0;
  logic [3:0] row_loop = 0, column_loop = 0;
  logic [31:0] row_tail_count = 0, column_tail_count = 0;
  logic array_busy;
  logic [COLUMNS-1:0] array_valid;
  logic [COLUMNS*OADDR_BITS-1:0] array_addr;
  logic [COLUMNS*ACC_BITS-1:0] array_result;
  array_core #(
      .ROWS(ROWS), .COLUMNS(COLUMNS), .ACT_BITS(ACTIVATION_BITS), .WGT_BITS(WEIGHT_BITS), .ACC_BITS(ACC_BITS),
      .IBUF_WORDS(IBUF_WORDS), .WBUF_WORDS(WBUF_WORDS), .OBUF_WORDS(OBUF_WORDS), .BBUF_WORDS(BBUF_WORDS), .LOOPS(ARRAY_LOOPS),
      .ADDR_BITS(ADDR_BITS), .OBUF_ACCUMULATE_LATENCY(OBUF_ACCUMULATE_LATENCY)
  ) array (
      .clk(array_clk), .reset, .load_memory, .load_word, .load_row, .load_activations, .load_weights, .load_sums,
      .start(array_start), .count, .ibuf_stride, .wbuf_stride, .obuf_stride, .bbuf_stride, .ibuf_base, .wbuf_base, .obuf_base,
      .bbuf_base, .start_from_bias, .biased, .row_loop, .row_tail_count, .column_loop, .column_tail_count, .busy(array_busy),
      .result_valid(array_valid), .result_addr(array_addr), .result(array_result)
  );

  logic [2:0] config_write = 0;
  logic [8:0] config_index = 0;
  logic [3:0] config_field = 0;
  logic [31:0] config_data = 0;
  logic simd_load = 0;
  logic [1:0] load_space = 0;
  logic [5:0] nests = 0;
  logic simd_start = 0;
  logic simd_busy;
  logic [COLUMNS-1:0] simd_valid;
  logic [COLUMNS*2-1:0] simd_space;
  logic [COLUMNS*ADDR_BITS-1:0] simd_addr;
  logic [COLUMNS*32-1:0] simd_result;
  simd_core #(
      .LANES(COLUMNS), .WORDS(VMEM_WORDS), .OBUF_WORDS(OBUF_WORDS), .LOOPS(SIMD_LOOPS), .ACT_BITS(ACTIVATION_BITS),
      .DIVIDE_LATENCY(DIVIDE_LATENCY), .ADDR_BITS(ADDR_BITS)
  ) simd_unit (
      .clk(simd_clk), .reset, .config_write, .config_index, .config_field, .config_data, .load(simd_load), .load_space,
      .load_addr(load_word), .load_data(load_sums), .nests, .start(simd_start), .busy(simd_busy), .result_valid(simd_valid),
      .result_space(simd_space), .result_addr(simd_addr), .result(simd_result)
  );

  // What the working unit writes in this cycle.
  logic busy;
  logic [COLUMNS-1:0] valid;
  logic [COLUMNS*32-1:0] value;
  assign busy = simd ? simd_busy : array_busy;
  assign valid = simd ? simd_valid : array_valid;
  assign value = simd ? simd_result : array_result;

  task tick;
    begin
      #1;
      if (simd) simd_clk = 1;
      else array_clk = 1;
      #1;
      array_clk = 0;
      simd_clk = 0;
    end
  endtask

  // ---- One tile.
  integer tile;
  integer at;  // next word of the instructions

  task read_tile;
    integer i;
    begin
      $readmemh($sformatf("%s/tile%04d.hex", folder, tile), header, 0, HEADER_WORDS - 1);
      simd = header[0][0];
      $readmemh($sformatf("%s/tile%04d_instructions.hex", folder, tile), instructions, 0, header[3] - 1);
      if (header[2] > RESULTS) begin
        $display("ERROR tile %0d writes %0d words and RESULTS is %0d", tile, header[2], RESULTS);
        $finish;
      end
      $readmemh($sformatf("%s/tile%04d_results.hex", folder, tile), results, 0, header[2] - 1);
      for (i = 0; i < MEMORIES; i = i + 1) begin
        if (header[5+2*i] != 0) read_image(i, header[4+2*i], header[4+2*i] + header[5+2*i] - 1);
      end
    end
  endtask

  task read_image(input integer memory, input integer first, input integer last);
    case (memory)
      0: $readmemh($sformatf("%s/tile%04d_ibuf.hex", folder, tile), ibuf, first, last);
      1: $readmemh($sformatf("%s/tile%04d_wbuf.hex", folder, tile), wbuf, first * ROWS, last * ROWS + ROWS - 1);
      2: $readmemh($sformatf("%s/tile%04d_bbuf.hex", folder, tile), bbuf, first, last);
      3: $readmemh($sformatf("%s/tile%04d_obuf.hex", folder, tile), obuf, first, last);
      4: $readmemh($sformatf("%s/tile%04d_vmem1.hex", folder, tile), vmem1, first, last);
      default: $readmemh($sformatf("%s/tile%04d_vmem2.hex", folder, tile), vmem2, first, last);
    endcase
  endtask

  task next_instruction(output logic [31:0] word);
    begin
      word = instructions[at];
      at = at + 1;
    end
  endtask

  task load_array;
    integer word, row;
    begin
      load_memory = 1;
      for (word = header[4]; word < header[4] + header[5]; word = word + 1) begin
        load_word = word[ADDR_BITS-1:0];
        load_activations = ibuf[word];
        tick;
      end
      load_memory = 2;
      for (word = header[6]; word < header[6] + header[7]; word = word + 1) begin
        load_word = word[ADDR_BITS-1:0];
        for (row = 0; row < ROWS; row = row + 1) begin
          load_row = row;
          load_weights = wbuf[word*ROWS+row];
          tick;
        end
      end
      load_memory = 3;
      for (word = header[8]; word < header[8] + header[9]; word = word + 1) begin
        load_word = word[ADDR_BITS-1:0];
        load_sums = bbuf[word];
        tick;
      end
      load_memory = 4;
      for (word = header[10]; word < header[10] + header[11]; word = word + 1) begin
        load_word = word[ADDR_BITS-1:0];
        load_sums = obuf[word];
        tick;
      end
      load_memory = 0;
    end
  endtask

  task configure_array;
    integer l;
    logic [31:0] word;
    begin
      at = 0;
      next_instruction(word);
      start_from_bias = word[0];
      biased = word[1];
      next_instruction(word);
      row_loop = word[3:0];
      next_instruction(row_tail_count);
      next_instruction(word);
      column_loop = word[3:0];
      next_instruction(column_tail_count);
      next_instruction(word);
      ibuf_base = word[ADDR_BITS-1:0];
      next_instruction(word);
      wbuf_base = word[ADDR_BITS-1:0];
      next_instruction(word);
      obuf_base = word[ADDR_BITS-1:0];
      next_instruction(word);
      bbuf_base = word[ADDR_BITS-1:0];
      for (l = 0; l < ARRAY_LOOPS; l = l + 1) begin
        next_instruction(word);
        count[l*32+:32] = word;
        next_instruction(word);
        ibuf_stride[l*ADDR_BITS+:ADDR_BITS] = word[ADDR_BITS-1:0];
        next_instruction(word);
        wbuf_stride[l*ADDR_BITS+:ADDR_BITS] = word[ADDR_BITS-1:0];
        next_instruction(word);
        obuf_stride[l*ADDR_BITS+:ADDR_BITS] = word[ADDR_BITS-1:0];
        next_instruction(word);
        bbuf_stride[l*ADDR_BITS+:ADDR_BITS] = word[ADDR_BITS-1:0];
      end
    end
  endtask

  task configure(input integer what, input integer number, input integer fields);
    integer field;
    begin
      config_write = what[2:0];
      config_index = number[8:0];
      for (field = 0; field < fields; field = field + 1) begin
        config_field = field[3:0];
        next_instruction(config_data);
        tick;
      end
      config_write = 0;
    end
  endtask

  task configure_simd;
    integer i, number_of_nests, body, iterators, immediates;
    logic [31:0] word;
    begin
      number_of_nests = instructions[0];
      body = instructions[1];
      iterators = instructions[2];
      immediates = instructions[3];
      at = 4;
      nests = number_of_nests[5:0];
      for (i = 0; i < number_of_nests; i = i + 1) configure(1, i, SIMD_LOOPS + 4);
      for (i = 0; i < body; i = i + 1) configure(2, i, 1);
      for (i = 0; i < iterators; i = i + 1) configure(3, i, SIMD_LOOPS + 2);
      simd_load = 1;
      load_space = 3;
      for (i = 0; i < immediates; i = i + 1) begin
        load_word = i[ADDR_BITS-1:0];
        next_instruction(word);
        load_sums = {COLUMNS{word}};
        tick;
      end
      simd_load = 0;
    end
  endtask

  task load_simd;
    integer word;
    begin
      simd_load = 1;
      load_space = 0;
      for (word = header[10]; word < header[10] + header[11]; word = word + 1) begin
        load_word = word[ADDR_BITS-1:0];
        load_sums = obuf[word];
        tick;
      end
      load_space = 1;
      for (word = header[12]; word < header[12] + header[13]; word = word + 1) begin
        load_word = word[ADDR_BITS-1:0];
        load_sums = vmem1[word];
        tick;
      end
      load_space = 2;
      for (word = header[14]; word < header[14] + header[15]; word = word + 1) begin
        load_word = word[ADDR_BITS-1:0];
        load_sums = vmem2[word];
        tick;
      end
      simd_load = 0;
    end
  endtask

  // ---- Comparison.
  logic differs = 0;
  integer cycle;
  integer next[COLUMNS];  // by lane: the next word that it writes
  integer compared = 0;
  integer cycles = 0;

  task report(input string signal, input integer lane, input integer expected, input integer got);
    begin
      if (!differs) begin
        if (simd) $write("DIFFERENCE tile %0d cycle %0d unit simd_unit signal %s", tile, cycle, signal);
        else $write("DIFFERENCE tile %0d cycle %0d unit systolic_array signal %s", tile, cycle, signal);
        if (lane >= 0) $write("[%0d]", lane);
        $display(" expected %0d got %0d", expected, got);
      end
      differs = 1;
    end
  endtask

  task skip_inactive(input integer lane);
    while (next[lane] < header[2] && {16'd0, results[next[lane]][64+:16]} <= lane) next[lane] = next[lane] + 1;
  endtask

  task compare_cycle;
    integer c;
    logic due;
    logic [RESULT_BITS-1:0] expected;
    logic [ADDR_BITS-1:0] addr;
    logic [1:0] space;
    begin
      if (busy !== (cycle < header[1])) report("busy", -1, {31'd0, cycle < header[1]}, {31'd0, busy});
      for (c = 0; c < COLUMNS; c = c + 1) begin
        expected = next[c] < header[2] ? results[next[c]] : 0;
        due = next[c] < header[2] && expected[31:0] + c == cycle;
        if (valid[c] !== due) report("result_valid", c, {31'd0, due}, {31'd0, valid[c]});
        if (due && !differs) begin
          addr = simd ? simd_addr[c*ADDR_BITS+:ADDR_BITS] : {{(ADDR_BITS - OADDR_BITS) {1'b0}}, array_addr[c*OADDR_BITS+:OADDR_BITS]};
          space = simd ? simd_space[c*2+:2] : 2'd0;
          if (space !== expected[81:80]) report("result_space", c, {30'd0, expected[81:80]}, {30'd0, space});
          if (addr !== expected[32+:ADDR_BITS]) report("result_addr", c, expected[63:32], {{(32 - ADDR_BITS) {1'b0}}, addr});
          if (value[c*32+:32] !== expected[96+c*32+:32]) report("result", c, expected[96+c*32+:32], value[c*32+:32]);
          compared = compared + 1;
          next[c] = next[c] + 1;
          skip_inactive(c);
        end
      end
    end
  endtask

  task run_tile;
    integer c;
    begin
      for (c = 0; c < COLUMNS; c = c + 1) begin
        next[c] = 0;
        skip_inactive(c);
      end
      if (simd) simd_start = 1;
      else array_start = 1;
      tick;
      simd_start = 0;
      array_start = 0;
      // One cycle more: the unit is idle then.
      for (cycle = 0; cycle <= header[1] && !differs; cycle = cycle + 1) begin
        #1;
        compare_cycle;
        tick;
      end
      cycles = cycles + header[1];
    end
  endtask

  task check_target;
    if (index[0] != 1) begin
      $display("ERROR the vectors have format %0d and this testbench reads 1", index[0]);
      $finish;
    end else if (index[2] != ROWS || index[3] != COLUMNS || index[4] != WEIGHT_BITS || index[5] != ACTIVATION_BITS) begin
      $display("ERROR the vectors are for another array: give the parameters of parameters.txt");
      $finish;
    end
  endtask

  initial begin
    if (!$value$plusargs("vectors=%s", folder)) begin
      $display("ERROR the folder of the vectors is missing: +vectors=DIR");
      $finish;
    end else begin
      $readmemh({folder, "/index.hex"}, index, 0, INDEX_WORDS - 1);
      check_target;
      simd = 0;
      tick;
      simd = 1;
      tick;
      reset = 0;
      for (tile = 0; tile < index[1] && !differs; tile = tile + 1) begin
        read_tile;
        if (simd) begin
          configure_simd;
          load_simd;
        end else begin
          configure_array;
          load_array;
        end
        run_tile;
      end
      if (!differs) $display("PASS %0d tiles, %0d results, %0d cycles", index[1], compared, cycles);
      $finish;
    end
  end
endmodule
