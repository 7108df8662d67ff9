function header() {
  document.title = `${run.model} on ${run.hardware} - Systole`;
  document.getElementById("title").textContent = `${run.model} on ${run.hardware}`;
  document.getElementById("subtitle").textContent =
    `${run.mode}, batch ${run.batch}; ${data.rows} x ${data.columns} array at ${short(run.clock_hz, "Hz")}; ` +
    `memory ${data.memory}; ${run.engine === "cycle" ? "simulated cycle by cycle" : "analytical model"}; ${layers.length} layers`;
  const bytes = run.dram.read_bytes + run.dram.write_bytes;
  const tiles = [
    [small(run.seconds, "s"), "time"],
    [short(run.cycles), "cycles"],
    [short(run.macs), "multiply-accumulates"],
    [percent(run.utilization), "utilisation of the array"],
    [short(run.batch / run.seconds), "images/s"],
    [short(bytes, "B"), "memory traffic"],
    [short(run.dram.bandwidth_bytes_per_s, "B/s"), run.dram.peak_bytes_per_s
      ? `bandwidth, ${percent(run.dram.bandwidth_bytes_per_s / run.dram.peak_bytes_per_s)} of the peak` : "bandwidth, no limit set"],
  ];
  if (run.energy) tiles.push([joule(run.energy.total_pj), "energy"], [small(run.energy.average_power_w, "W"), "average power"]);
  if (run.footprint) tiles.push([short(run.footprint.peak_bytes, "B"), "of memory taken at most"]);
  for (const [value, label] of tiles) {
    const tile = add(document.getElementById("tiles"), "div", {class: "tile"});
    add(tile, "b", {}, value);
    add(tile, "span", {}, label);
  }
}

const LEFT = 130;  // where bars begin, right of their labels

/** One row of parts that add up to the run's cycles: [label, cycles, colour]. */
function cycleRow(svg, y, name, parts) {
  add(svg, "text", {x: LEFT - 8, y: y + 14, "text-anchor": "end"}, name);
  let x = LEFT;
  for (const [label, cycles, color] of parts) {
    if (cycles === 0) continue;
    const width = cycles / run.cycles * (WIDTH - LEFT);
    bar(svg, x, y, width, 20, color, `${name}: ${label}\n${exact(cycles)} cycles, ${percent(cycles / run.cycles)}`);
    const caption = `${label} ${Math.round(100 * cycles / run.cycles)}%`;
    if (width > caption.length * 6.6 + 6) {
      add(svg, "text", {x: x + 5, y: y + 14, "pointer-events": "none", style: `fill:${color === idleColor ? "#5b6775" : "#fff"}`}, caption);
    }
    x += width;
  }
}

function cycles() {
  const kinds = run.cycles_by_kind;
  if (kinds) {
    const parts = [["conv/GEMM only", kinds.conv_gemm, unitColors.systolic_array], ["both", kinds.overlap, "#3a8f5c"],
                   ["other only", kinds.other, unitColors.simd_unit]];
    cycleRow(canvas("kinds", 26), 2, "kind of work", parts);
    legend("kinds-legend", parts.map(([label, , color]) => [label, color]));
  }
  const units = Object.entries(run.units || {});
  const reasons = [...new Set(units.flatMap(([, unit]) => Object.keys(unit.stalls).filter(reason => unit.stalls[reason])))];
  const color = Object.fromEntries(reasons.map((reason, n) => [reason, palette[n % palette.length]]));
  const svg = canvas("units", Math.max(units.length * 26, 1));
  units.forEach(([name, unit], row) => cycleRow(svg, row * 26 + 3, name, [["busy", unit.busy, busyColor],
    ...Object.entries(unit.stalls).map(([reason, count]) => [reason, count, color[reason]]), ["idle", unit.idle, idleColor]]));
  if (units.length) legend("units-legend", [["busy", busyColor], ...reasons.map(reason => [reason, color[reason]]), ["idle", idleColor]]);
}

/** Rows for layers [start, end, layer] that may overlap (fused ones do): each goes to the first row that is free again. */
function packed(spans) {
  const free = [];
  const rows = spans.map(([start, end]) => {
    let row = free.findIndex(until => until <= start);
    if (row < 0) row = free.length;
    free[row] = end;
    return row;
  });
  return {rows, count: Math.max(free.length, 1)};
}

/** Lanes for the units over time, with zoom. Without start and end (the analytical model) layers follow one another. */
function timeline() {
  let clock = 0;
  const spans = layers.map(layer => [...(layer.start !== undefined ? [layer.start, layer.end] : [clock, clock += layer.cycles]), layer])
    .filter(([start, end]) => end > start).sort((a, b) => a[0] - b[0]);
  const lanes = ["systolic_array", "simd_unit", "none"].map(unit => ({unit, spans: spans.filter(([, , layer]) => layer.unit === unit)}))
    .filter(lane => lane.spans.length);
  for (const lane of lanes) Object.assign(lane, packed(lane.spans));
  const whole = [0, Math.max(run.cycles, 1)], laneHeight = 48, height = lanes.length * laneHeight + 26;
  let [from, to] = whole;
  const scale = t => LEFT + (t - from) / (to - from) * (WIDTH - LEFT);

  function drawLayer(svg, [start, end, layer], y, rowHeight) {
    if (end < from || start > to) return;
    const x = Math.max(scale(start), LEFT), width = Math.min(scale(end), WIDTH) - x;
    const rectangle = bar(svg, x, y, width, rowHeight, unitColors[layer.unit], `${layerTip(layer)}\n${exact(start)} to ${exact(end)}: ` +
      `${exact(layer.cycles)} cycles, busy ${percent(layer.compute_cycles / layer.cycles)}`, layer.index);
    rectangle.setAttribute("stroke", "#fff");
    rectangle.setAttribute("stroke-width", width > 3 ? 0.8 : 0.15);
    const caption = [layer.name, layer.op].find(text => text.length * 6.6 + 8 < width);
    if (caption && rowHeight > 12) add(svg, "text", {x: x + 4, y: y + rowHeight / 2 + 4, "pointer-events": "none", style: "fill:#fff"}, caption);
  }
  function draw() {
    const svg = canvas("timeline", height);
    for (const t of steps(to - from, 10)) {
      add(svg, "line", {x1: scale(from + t), x2: scale(from + t), y1: 0, y2: height - 20, class: "grid"});
      add(svg, "text", {x: Math.min(scale(from + t), WIDTH - 26), y: height - 6, class: "soft", "text-anchor": "middle"}, tick(short, from + t));
    }
    add(svg, "text", {x: 4, y: height - 6, class: "soft"}, "cycle");
    lanes.forEach((lane, n) => {
      const rowHeight = (laneHeight - 8) / lane.count;
      lane.spans.forEach((span, i) => drawLayer(svg, span, n * laneHeight + 4 + lane.rows[i] * rowHeight, rowHeight));
      add(svg, "text", {x: LEFT - 8, y: n * laneHeight + 28, "text-anchor": "end"}, unitLabels[lane.unit]);
    });
  }
  function show(start, length) {
    length = Math.min(Math.max(length, 20), whole[1]);
    from = Math.min(Math.max(start, 0), whole[1] - length);
    to = from + length;
    draw();
  }
  const svg = document.getElementById("timeline");
  const cycleAt = event => from + ((event.clientX - svg.getBoundingClientRect().left) * WIDTH / svg.clientWidth - LEFT) / (WIDTH - LEFT) * (to - from);
  svg.addEventListener("wheel", event => {
    event.preventDefault();
    const at = cycleAt(event), factor = event.deltaY > 0 ? 1.25 : 0.8;
    show(at - (at - from) * factor, (to - from) * factor);
  }, {passive: false});
  svg.addEventListener("mousemove", event => {
    if (event.buttons === 1) show(from - event.movementX * (to - from) * WIDTH / svg.clientWidth / (WIDTH - LEFT), to - from);
  });
  svg.addEventListener("dblclick", () => show(0, whole[1]));
  draw();
  legend("timeline-legend", lanes.map(lane => [unitLabels[lane.unit], unitColors[lane.unit]]));
}

/** A column a layer: parts(layer) gives [label, value, colour] upwards; below(layer) downwards from the zero line. */
function layerColumns(id, unit, parts, below) {
  const sum = list => list.reduce((total, [, value]) => total + value, 0);
  const top = Math.max(...layers.map(layer => sum(parts(layer))), 0), bottom = Math.max(...layers.map(layer => sum(below(layer))), 0);
  const plot = 200, svg = canvas(id, plot + 34), slot = (WIDTH - 70) / Math.max(layers.length, 1);
  const zero = 8 + plot * (top / (top + bottom || 1)), scale = plot / (top + bottom || 1);
  for (const value of new Set([...steps(top, 4), ...steps(bottom, 3).map(v => -v)])) {
    const y = zero - value * scale;
    add(svg, "line", {x1: 70, x2: WIDTH, y1: y, y2: y, class: value ? "grid" : "axis"});
    add(svg, "text", {x: 64, y: y + 4, class: "soft", "text-anchor": "end"}, tick(unit, Math.abs(value)));
  }
  layers.forEach((layer, n) => {
    const x = 70 + n * slot, draw = (list, direction) => {
      let y = zero;
      for (const [label, value, color] of list) {
        if (!value) continue;
        const height = value * scale;
        bar(svg, x, direction > 0 ? y - height : y, Math.max(slot * 0.85, 0.8), height, color, `${layerTip(layer)}\n${label}: ${unit(value)}`, layer.index);
        y -= direction * height;
      }
    };
    draw(parts(layer), 1);
    draw(below(layer), -1);
  });
  const every = Math.ceil(layers.length / 36);
  for (let n = 0; n < layers.length; n += every) {
    add(svg, "text", {x: 70 + (n + 0.5) * slot, y: plot + 26, class: "soft", "text-anchor": "middle"}, layers[n].index);
  }
  add(svg, "text", {x: 4, y: plot + 26, class: "soft"}, "layer");
}

function traffic() {
  layerColumns("traffic", value => short(value, "B"), layer => [["read", layer.dram_read_bytes, "#3a8f5c"]],
               layer => [["written", layer.dram_write_bytes, "#b0567f"]]);
  legend("traffic-legend", [["read (upwards)", "#3a8f5c"], ["written (downwards)", "#b0567f"]]);
}

function energy() {
  if (!run.energy) return document.getElementById("energy-section").remove();
  const parts = Object.entries(run.energy.by_component).sort((a, b) => b[1] - a[1]);
  const color = Object.fromEntries(parts.map(([name], n) => [name, palette[n % palette.length]]));
  const svg = canvas("energy", parts.length * 22 + 2), most = Math.max(...parts.map(part => part[1]), 1e-30);
  parts.forEach(([name, value], row) => {
    const width = value / most * (WIDTH - LEFT - 150);
    add(svg, "text", {x: LEFT - 8, y: row * 22 + 15, "text-anchor": "end"}, name);
    bar(svg, LEFT, row * 22 + 2, width, 17, color[name], `${name}: ${joule(value)}`);
    add(svg, "text", {x: LEFT + width + 6, y: row * 22 + 15, class: "soft"}, `${joule(value)}, ${percent(value / run.energy.total_pj)}`);
  });
  layerColumns("layer-energy", joule, layer => Object.entries(data.layer_energy_pj[layers.indexOf(layer)])
    .map(([name, value]) => [name, value, color[name]]), () => []);
  legend("energy-legend", parts.map(([name]) => [name, color[name]]));
}

function roofline() {
  const dots = [];
  for (const layer of layers) {
    const bytes = layer.dram_read_bytes + layer.dram_write_bytes, work = layer.unit === "systolic_array" ? layer.macs : layer.ops;
    if (work && bytes && layer.cycles) dots.push({layer, intensity: work / bytes, rate: work / (layer.cycles / run.clock_hz)});
  }
  const roofs = [["systolic array", data.rows * data.columns * run.clock_hz, unitColors.systolic_array, "MAC/s"],
                 ["SIMD unit", data.columns * run.clock_hz, unitColors.simd_unit, "OP/s"]];
  const peak = run.dram.peak_bytes_per_s, corner = peak ? roofs[0][1] / peak : 1;
  const decades = values => [Math.floor(Math.log10(Math.min(...values))), Math.ceil(Math.log10(Math.max(...values)))];
  const [left, right] = decades([...dots.map(dot => dot.intensity), corner / 10, corner * 10]);
  const [low, high] = decades([...dots.map(dot => dot.rate), roofs[0][1] * 1.5, roofs[1][1] / 10]);
  const height = 400, svg = canvas("roofline", height + 44);
  const px = intensity => 80 + (Math.log10(intensity) - left) / (right - left) * (WIDTH - 100);
  const py = rate => 8 + (high - Math.log10(rate)) / (high - low) * height;
  for (let power = left; power <= right; ++power) {
    add(svg, "line", {x1: px(10 ** power), x2: px(10 ** power), y1: 8, y2: 8 + height, class: "grid"});
    add(svg, "text", {x: px(10 ** power), y: height + 24, class: "soft", "text-anchor": "middle"}, power < 0 ? (10 ** power).toFixed(-power) : tick(short, 10 ** power));
  }
  for (let power = low; power <= high; ++power) {
    add(svg, "line", {x1: 80, x2: WIDTH - 20, y1: py(10 ** power), y2: py(10 ** power), class: "grid"});
    add(svg, "text", {x: 74, y: py(10 ** power) + 4, class: "soft", "text-anchor": "end"}, tick(value => short(value, "/s"), 10 ** power));
  }
  add(svg, "text", {x: WIDTH / 2, y: height + 40, class: "soft", "text-anchor": "middle"},
      "operations (multiply-accumulates, or SIMD operations) per byte of memory traffic");
  for (const [name, rate, color, unit] of roofs) {
    const start = peak ? Math.max(rate / peak, 10 ** left) : 10 ** left;
    add(svg, "line", {x1: px(Math.min(start, 10 ** right)), x2: WIDTH - 20, y1: py(rate), y2: py(rate), stroke: color, "stroke-width": 2});
    add(svg, "text", {x: WIDTH - 24, y: py(rate) - 6, "text-anchor": "end", style: `fill:${color}`}, `${name}: ${short(rate, unit)}`);
  }
  if (peak) {
    const start = Math.max(10 ** left, 10 ** low / peak);
    add(svg, "line", {x1: px(start), y1: py(start * peak), x2: px(corner), y2: py(corner * peak), stroke: "#555", "stroke-width": 2});
    add(svg, "text", {x: px(corner) - 14, y: py(corner * peak) + 4, "text-anchor": "end", style: "fill:#555"}, `memory: ${short(peak, "B/s")}`);
  }
  for (const {layer, intensity, rate} of dots) {
    add(svg, "circle", {cx: px(intensity), cy: py(rate), r: 4.5, fill: unitColors[layer.unit], "fill-opacity": 0.65, class: "hit", "data-layer": layer.index,
      "data-tip": `${layerTip(layer)}\n${intensity.toPrecision(3)} operations/byte, ${short(rate, "OP/s")}`});
  }
  legend("roofline-legend", ["systolic_array", "simd_unit"].map(unit => [unitLabels[unit], unitColors[unit]]));
}

header();
cycles();
timeline();
traffic();
energy();
roofline();
