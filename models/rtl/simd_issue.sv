// Fetch side of the SIMD unit: walks the nests of a tile and issues one instruction after the other.
//
// An instruction of latency L that reads k different words of one namespace keeps the pipeline for L + k - 1 cycles; a reader of its result issues two cycles after that
// at the earliest. Loops cost nothing. Source: models/cycle/timing.md section 6.
module simd_issue
  import simd_types::*;
#(
    parameter int LOOPS = 7,
    parameter int NESTS = 4,
    parameter int BODY = 16,       // instructions of all nests together
    parameter int ITERATORS = 32,
    parameter int ADDR_BITS = 12,
    parameter int DIVIDE_LATENCY = 9
) (
    input logic clk,
    input logic reset,

    // configuration, written while idle: 1 nest (loop counts, first and last instruction), 2 instruction, 3 iterator base, 4 iterator stride
    input logic [2:0]  config_write,
    input logic [5:0]  config_index,
    input logic [3:0]  config_loop,
    input logic [31:0] config_data,

    input  logic [3:0] nests,  // in use
    input  logic       start,

    output logic                  issue,
    output logic                  done,       // this is the tile's last instruction
    output opcode_t               opcode,
    output logic [3:0]            occupancy,  // cycles of the pipeline
    output space_t                destination_space, source1_space, source2_space,
    output logic [ADDR_BITS-1:0]  destination, source1, source2
);
  // Loop 0 is the innermost; a loop that is not used counts 1.
  logic [31:0] count[NESTS*LOOPS];
  logic [5:0]  first_of[NESTS], last_of[NESTS];
  logic [20:0] body[BODY];                      // opcode [20:15], destination [14:10], source 1 [9:5], source 2 [4:0]
  logic [31:0] base[ITERATORS];                 // namespace [31:30], address below
  logic [31:0] stride[ITERATORS*LOOPS];

  always_ff @(posedge clk) begin
    case (config_write)
      3'd1: begin
        if (config_loop < 4'(LOOPS)) count[32'(config_index)*LOOPS+32'(config_loop)] <= config_data;
        else if (config_loop == 4'(LOOPS)) first_of[config_index[$clog2(NESTS)-1:0]] <= config_data[5:0];
        else last_of[config_index[$clog2(NESTS)-1:0]] <= config_data[5:0];
      end
      3'd2: body[config_index[$clog2(BODY)-1:0]] <= config_data[20:0];
      3'd3: base[config_index[$clog2(ITERATORS)-1:0]] <= config_data;
      3'd4: stride[32'(config_index)*LOOPS+32'(config_loop)] <= config_data;
      default: ;
    endcase
  end

  logic        running;
  logic [$clog2(NESTS)-1:0] nest;
  logic [5:0]  pc;
  logic [31:0] index[LOOPS];
  logic [3:0]  wait_cycles;  // until the pipeline is free

  logic [20:0] word;
  logic [4:0]  destination_iterator, source1_iterator, source2_iterator;
  assign word = body[pc[$clog2(BODY)-1:0]];
  assign opcode = word[20:15];
  assign destination_iterator = word[14:10];
  assign source1_iterator = word[9:5];
  assign source2_iterator = word[4:0];

  function automatic logic [ADDR_BITS-1:0] address(input logic [4:0] which);
    address = ADDR_BITS'(base[which][29:0]);
    for (int l = 0; l < LOOPS; l++) address = address + ADDR_BITS'(index[l] * stride[32'(which)*LOOPS+l]);
  endfunction

  assign destination = address(destination_iterator);
  assign source1 = address(source1_iterator);
  assign source2 = address(source2_iterator);
  assign destination_space = base[destination_iterator][31:30];
  assign source1_space = base[source1_iterator][31:30];
  assign source2_space = base[source2_iterator][31:30];

  // Reads of a second and third word of a namespace take a cycle each; IMM has a port for each operand.
  logic second_read, third_read;
  logic uses2, uses3;
  assign uses2 = reads_source2(opcode) && source2_space != SPACE_IMM;
  assign uses3 = reads_destination(opcode);
  assign second_read = uses2 && source2_space == source1_space && source2 != source1;
  assign third_read = uses3 && ((destination_space == source1_space && destination != source1) ||
                                (uses2 && destination_space == source2_space && destination != source2)) &&
                      !(destination_space == source1_space && destination == source1) &&
                      !(uses2 && destination_space == source2_space && destination == source2);

  logic [3:0] latency;
  always_comb begin
    latency = (opcode == OP_DIVIDE || opcode == OP_RECIPROCAL) ? 4'(DIVIDE_LATENCY) : 4'd1;
    occupancy = latency + 4'(second_read) + 4'(third_read);
  end

  // Words that the last two instructions write; age counts down to when they may be read.
  space_t               written_space[2];
  logic [ADDR_BITS-1:0] written[2];
  logic [4:0]           age[2];

  function automatic logic pending(input space_t space, input logic [ADDR_BITS-1:0] addr);
    pending = 1'b0;
    for (int i = 0; i < 2; i++) if (age[i] != 0 && written_space[i] == space && written[i] == addr) pending = 1'b1;
  endfunction

  logic hazard;
  assign hazard = pending(source1_space, source1) || (uses2 && pending(source2_space, source2)) ||
                  (uses3 && pending(destination_space, destination));
  assign issue = running && wait_cycles == 0 && !hazard;

  logic [LOOPS-1:0] at_end;
  logic [LOOPS:0]   carry;  // loop l advances
  logic             body_ends;
  assign body_ends = pc == last_of[nest];
  assign carry[0] = body_ends;
  generate
    for (genvar g = 0; g < LOOPS; g++) begin : odometer
      assign at_end[g] = index[g] + 1 == count[32'(nest)*LOOPS+g];
      assign carry[g+1] = body_ends && (&at_end[g:0]);
    end
  endgenerate
  assign done = issue && carry[LOOPS] && 4'(nest) + 4'd1 == nests;

  always_ff @(posedge clk) begin
    if (wait_cycles != 0) wait_cycles <= wait_cycles - 4'd1;
    for (int i = 0; i < 2; i++) if (age[i] != 0) age[i] <= age[i] - 5'd1;
    if (issue) begin
      wait_cycles <= occupancy - 4'd1;
      written_space[0] <= destination_space;
      written[0] <= destination;
      age[0] <= 5'(occupancy) + 5'd1;
      written_space[1] <= written_space[0];
      written[1] <= written[0];
      age[1] <= age[0] == 0 ? 5'd0 : age[0] - 5'd1;
      pc <= carry[0] ? (carry[LOOPS] && !done ? first_of[nest+1] : first_of[nest]) : pc + 6'd1;
      if (carry[LOOPS]) nest <= nest + 1;
      for (int l = 0; l < LOOPS; l++) if (carry[l]) index[l] <= at_end[l] ? '0 : index[l] + 1;
    end
    if (reset || start || done) begin
      running <= start && !reset;
      nest <= '0;
      pc <= first_of[0];
      for (int l = 0; l < LOOPS; l++) index[l] <= '0;
      if (!done) begin
        wait_cycles <= '0;
        age[0] <= '0;
        age[1] <= '0;
      end
    end
  end
endmodule
