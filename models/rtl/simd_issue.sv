// Fetch side of the SIMD unit: walks the nests of a tile and issues one instruction after the other.
//
// An instruction of latency L that reads k different words of one namespace keeps the pipeline for L + k - 1 cycles; a reader of its result issues two cycles after that
// at the earliest. Loops cost nothing. Source: models/cycle/timing.md section 6.
module simd_issue
  import simd_types::*;
#(
    parameter int LANES = 4,
    parameter int LOOPS = 7,
    parameter int NESTS = 32,
    parameter int BODY = 512,      // instructions of all nests together
    parameter int ITERATORS = 32,
    parameter int ADDR_BITS = 12,
    parameter int DIVIDE_LATENCY = 9,
    localparam int LANE_BITS = $clog2(LANES + 1)
) (
    input logic clk,
    input logic reset,

    // configuration, written while idle: see simd_core
    input logic [2:0]  config_write,
    input logic [8:0]  config_index,
    input logic [3:0]  config_field,
    input logic [31:0] config_data,

    input  logic [5:0] nests,  // in use
    input  logic       start,

    output logic                  issue,
    output logic                  done,       // this is the tile's last instruction
    output opcode_t               opcode,
    output logic [7:0]            occupancy,  // cycles of the pipeline
    output logic [LANE_BITS-1:0]  lanes,      // active
    output space_t                destination_space, source1_space, source2_space,
    output logic [ADDR_BITS-1:0]  destination, source1, source2
);
  localparam int NEST_BITS = $clog2(NESTS);
  localparam int PC_BITS = $clog2(BODY);
  localparam int ITERATOR_BITS = $clog2(ITERATORS);

  // Loop 0 is the outermost; a loop that is not used counts 1. A lane loop of LOOPS or more: none.
  logic [LOOPS*32-1:0]        counts[NESTS];
  logic [PC_BITS-1:0]         first_of[NESTS], last_of[NESTS];
  logic [3:0]                 lane_loop[NESTS];
  logic [LANE_BITS-1:0]       last_lanes[NESTS];
  logic [20:0]                body[BODY];         // opcode [20:15], destination [14:10], source 1 [9:5], source 2 [4:0]
  space_t                     space_of[ITERATORS];
  logic [ADDR_BITS-1:0]       base[ITERATORS];
  logic [LOOPS*ADDR_BITS-1:0] strides[ITERATORS];

  logic [NEST_BITS-1:0] config_nest;
  logic [ITERATOR_BITS-1:0] config_iterator;
  assign config_nest = NEST_BITS'(config_index);
  assign config_iterator = ITERATOR_BITS'(config_index);
  always_ff @(posedge clk) begin
    case (config_write)
      3'd1:
        case (config_field)
          4'd7: first_of[config_nest] <= PC_BITS'(config_data);
          4'd8: last_of[config_nest] <= PC_BITS'(config_data);
          4'd9: lane_loop[config_nest] <= 4'(config_data);
          4'd10: last_lanes[config_nest] <= LANE_BITS'(config_data);
          default: counts[config_nest][config_field*32+:32] <= config_data;
        endcase
      3'd2: body[PC_BITS'(config_index)] <= config_data[20:0];
      3'd3:
        case (config_field)
          4'd7: space_of[config_iterator] <= config_data[1:0];
          4'd8: base[config_iterator] <= ADDR_BITS'(config_data);
          default: strides[config_iterator][config_field*ADDR_BITS+:ADDR_BITS] <= ADDR_BITS'(config_data);
        endcase
      default: ;
    endcase
  end

  logic                 running;
  logic [NEST_BITS-1:0] nest;
  logic [PC_BITS-1:0]   pc;
  logic [LOOPS*32-1:0]  index;
  logic [7:0]           wait_cycles;  // until the pipeline is free

  logic [20:0] word;
  assign word = body[pc];
  assign opcode = word[20:15];

  // Address generation. Operand 0 is the destination, 1 and 2 the sources.
  logic [3*5-1:0]         operands;
  logic [3*ADDR_BITS-1:0] addresses;
  logic [3*2-1:0]         spaces;
  assign operands = {word[4:0], word[9:5], word[14:10]};
  generate
    for (genvar o = 0; o < 3; o++) begin : operand
      logic [ITERATOR_BITS-1:0]   which;
      logic [LOOPS*ADDR_BITS-1:0] stride;
      logic [ADDR_BITS-1:0]       from, address;
      assign which = ITERATOR_BITS'(operands[o*5+:5]);
      assign stride = strides[which];
      assign from = base[which];
      always_comb begin
        address = from;
        for (int l = 0; l < LOOPS; l++) begin
          address = address + ADDR_BITS'(index[l*32+:32]) * stride[l*ADDR_BITS+:ADDR_BITS];
        end
      end
      assign addresses[o*ADDR_BITS+:ADDR_BITS] = address;
      assign spaces[o*2+:2] = space_of[which];
    end
  endgenerate
  assign {source2, source1, destination} = addresses;
  assign {source2_space, source1_space, destination_space} = spaces;

  // Reads of a second and third word of a namespace take a cycle each; IMM has a port for each operand.
  logic uses2, uses3, same_space_12, same_space_d1, same_space_d2, same_12, same_d1, same_d2, second_read, third_read;
  assign uses2 = reads_source2(opcode) && source2_space != SPACE_IMM;
  assign uses3 = reads_destination(opcode);
  assign same_space_12 = uses2 && source2_space == source1_space;
  assign same_space_d1 = destination_space == source1_space;
  assign same_space_d2 = uses2 && destination_space == source2_space;
  assign same_12 = same_space_12 && source2 == source1;
  assign same_d1 = same_space_d1 && destination == source1;
  assign same_d2 = same_space_d2 && destination == source2;
  assign second_read = same_space_12 && !same_12;
  assign third_read = uses3 && (same_space_d1 || same_space_d2) && !same_d1 && !same_d2;

  logic [7:0] latency;
  assign latency = opcode == OP_DIVIDE ? 8'(DIVIDE_LATENCY) : 8'd1;
  assign occupancy = latency + 8'(second_read) + 8'(third_read);

  // Words that the last two instructions write, and the cycles until each may be read.
  space_t               written_space_0, written_space_1;
  logic [ADDR_BITS-1:0] written_0, written_1;
  logic [7:0]           age_0, age_1;

  logic pending_1, pending_2, pending_d, hazard;
  assign pending_1 = (age_0 != 0 && written_space_0 == source1_space && written_0 == source1) ||
                     (age_1 != 0 && written_space_1 == source1_space && written_1 == source1);
  assign pending_2 = (age_0 != 0 && written_space_0 == source2_space && written_0 == source2) ||
                     (age_1 != 0 && written_space_1 == source2_space && written_1 == source2);
  assign pending_d = (age_0 != 0 && written_space_0 == destination_space && written_0 == destination) ||
                     (age_1 != 0 && written_space_1 == destination_space && written_1 == destination);
  assign hazard = pending_1 || (uses2 && pending_2) || (uses3 && pending_d);
  assign issue = running && wait_cycles == 0 && !hazard;

  // Loops that are in their last iteration, and those that advance when the body ends.
  logic [LOOPS*32-1:0]  count;
  logic [LOOPS-1:0]     at_end, advance;
  logic                 body_ends, nest_ends;
  logic [NEST_BITS-1:0] next_nest;
  assign count = counts[nest];
  assign body_ends = pc == last_of[nest];
  assign next_nest = nest + 1'b1;
  generate
    for (genvar g = 0; g < LOOPS; g++) begin : odometer
      assign at_end[g] = index[g*32+:32] + 1 == count[g*32+:32];
      if (g == LOOPS - 1) begin : innermost
        assign advance[g] = body_ends;
      end else begin : outer
        assign advance[g] = body_ends && (&at_end[LOOPS-1:g+1]);
      end
    end
  endgenerate
  assign nest_ends = body_ends && (&at_end);
  assign done = issue && nest_ends && 6'(nest) + 6'd1 == nests;

  logic [3:0] lane_tail;
  logic       in_tail;
  assign lane_tail = lane_loop[nest];
  assign in_tail = lane_tail >= 4'(LOOPS) || ((LOOPS + 1)'({1'b1, at_end} >> lane_tail) & 1) != 0;
  assign lanes = in_tail ? last_lanes[nest] : LANE_BITS'(LANES);

  always_ff @(posedge clk) begin
    if (wait_cycles != 0) wait_cycles <= wait_cycles - 8'd1;
    if (age_0 != 0) age_0 <= age_0 - 8'd1;
    if (age_1 != 0) age_1 <= age_1 - 8'd1;
    if (issue) begin
      wait_cycles <= occupancy - 8'd1;
      written_space_0 <= destination_space;
      written_0 <= destination;
      age_0 <= occupancy + 8'd1;
      written_space_1 <= written_space_0;
      written_1 <= written_0;
      age_1 <= age_0 == 0 ? 8'd0 : age_0 - 8'd1;
      pc <= !body_ends ? pc + 1'b1 : nest_ends && !done ? first_of[next_nest] : first_of[nest];
      if (nest_ends) nest <= next_nest;
      for (int l = 0; l < LOOPS; l++) begin
        if (advance[l]) index[l*32+:32] <= at_end[l] ? 32'd0 : index[l*32+:32] + 1;
      end
    end
    if (reset || start || done) begin
      running <= start && !reset;
      nest <= '0;
      pc <= first_of[0];
      index <= '0;
      if (reset || !done) begin
        wait_cycles <= '0;
        age_0 <= '0;
        age_1 <= '0;
      end
    end
  end
endmodule
