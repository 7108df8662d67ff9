const best = run.best[0], fieldsOf = machine => Object.entries(machine.values || {});
/** A buffer and its port have the same name otherwise. */
const name = field => field.startsWith("ports.") ? field.slice(6) + " port" : field.slice(field.indexOf(".") + 1).replace(/_bits$/, "");
const fields = Object.keys(best.values);
const fieldColor = Object.fromEntries(fields.map((field, n) => [field, palette[n % palette.length]]));
const times = factor => factor.toFixed(factor < 1.0995 ? 3 : 2) + " x";
/** Buffers are counted in bits, and read in kB; ports have a width. */
const isBuffer = field => field.startsWith("buffers.") && field.endsWith("_bits");
const unitOf = field => isBuffer(field) ? "kB" : field.startsWith("ports.") ? "bit" : "";
const number = (field, value) => isBuffer(field) ? (value / 8192).toLocaleString("en", {maximumFractionDigits: 2}).replaceAll(",", "\u2009") : exact(value);
const amount = (field, value) => number(field, value) + (unitOf(field) && " " + unitOf(field));
const valuesTip = machine => fieldsOf(machine).map(([field, value]) => `${field}: ${amount(field, value)}`).join("\n");
const square = mm2 => `${mm2.toPrecision(4)} mm\u00b2`;
/** What cycles are drawn against: area where it is an objective, else energy. */
const [otherKey, otherName, otherText] = run.objective.wants_area ? ["area_mm2", "area", square] : ["energy_pj", "energy", joule];
const isCycles = run.objective.name === "cycles", goal = isCycles ? "cycles" : `${run.objective.name} (${run.objective.unit})`;
/** Cycles in words; other objectives are numbers of any size. */
const price = value => isCycles ? short(value) : value.toPrecision(4);
/** The best ones and the baselines, each {name, cost, cycles, energy_pj, area_mm2, values}. */
const machines = [...run.best.map((machine, n) => ({name: n ? `number ${n + 1}` : "best", ...machine})), ...run.baselines];

function searchHeader() {
  document.title = `${run.space} - Systole search`;
  document.getElementById("title").textContent = `The best of ${run.space}`;
  document.getElementById("subtitle").textContent = `${run.workloads.join(", ")} on ${run.hardware}; ` +
    `${run.model === "simdit" ? "the published model" : `the corrected model, memory ${run.memory}`}, ${run.method} search` +
    (run.proven ? ": proven best of the space" : ": the best seen, not proven");
  const tiles = [[price(best.cost), `${goal} of the best`]];
  if (!isCycles) tiles.push([short(best.cycles), "its cycles"]);
  tiles.push([joule(best.energy_pj), "its energy"]);
  if (best.area_mm2) tiles.push([square(best.area_mm2), "its area"]);
  tiles.push([short(run.points), "points costed"]);
  for (const baseline of run.baselines) if (baseline.cost !== null) tiles.push([times(baseline.times_best), baseline.name]);
  for (const memory of run.finalists || []) {
    const quickest = memory.machines.filter(machine => machine.finalist && machine.simulated_cycles !== null)
      .reduce((least, machine) => Math.min(least, machine.simulated_cycles), Infinity);
    if (quickest < Infinity) tiles.push([short(quickest), `simulated on ${memory.memory}, quickest finalist`]);
  }
  for (const [value, label] of tiles) {
    const tile = add(document.getElementById("tiles"), "div", {class: "tile"});
    add(tile, "b", {}, value);
    add(tile, "span", {}, label);
  }
}

function distribution() {
  const spread = run.distribution;
  if (!spread) return document.getElementById("distribution-section").remove();
  document.getElementById("distribution-note").textContent = (spread.sampled
    ? `Estimated from ${exact(spread.points)} random points that meet the budgets.` : `All ${exact(spread.points)} points with a cost.`) +
    " Lines: the best, the median and the plain allocations.";
  const height = 190, top = 70, svg = canvas("distribution", height + top + 40), left = 70;
  const low = Math.min(spread.low, best.cost), high = spread.high, most = Math.max(...spread.bars);
  const x = value => left + (value - low) / (high - low || 1) * (WIDTH - left - 20), width = (spread.high - spread.low) / spread.bars.length;
  for (const value of steps(most, 4)) {
    const y = top + height - value / most * height;
    if (y < top - 1) continue;
    add(svg, "line", {x1: left, x2: WIDTH - 20, y1: y, y2: y, class: value ? "grid" : "axis"});
    add(svg, "text", {x: left - 6, y: y + 4, class: "soft", "text-anchor": "end"}, tick(short, value));
  }
  spread.bars.forEach((count, n) => {
    const from = spread.low + n * width, share = count / most * height;
    bar(svg, x(from), top + height - share, Math.max(x(from + width) - x(from) - 1, 1), share, busyColor,
        `${price(from)} to ${price(from + width)} ${goal}\n${exact(count)} points`);
  });
  for (const value of steps(high, 12).filter(value => value >= low && value <= high)) {
    add(svg, "text", {x: x(value), y: top + height + 16, class: "soft", "text-anchor": "middle"}, isCycles ? tick(short, value) : value.toPrecision(2));
  }
  add(svg, "text", {x: WIDTH / 2, y: top + height + 34, class: "soft", "text-anchor": "middle"}, goal);
  add(svg, "text", {x: 12, y: top + height / 2, class: "soft", "text-anchor": "middle", transform: `rotate(-90 12 ${top + height / 2})`}, "points");
  const marks = [{name: "best", cost: best.cost}, ...run.baselines].filter(mark => mark.cost !== null && mark.cost <= high)
    .sort((a, b) => a.cost - b.cost);
  marks.forEach((mark, n) => {
    const at = x(mark.cost), y = 12 + (n % 4) * 15, end = at > WIDTH - 260;
    add(svg, "line", {x1: at, x2: at, y1: y - 8, y2: top + height, stroke: palette[0], "stroke-width": 1.5, "stroke-dasharray": n ? "4 3" : ""});
    add(svg, "text", {x: at + (end ? -5 : 5), y: y + 2, "text-anchor": end ? "end" : "start"}, `${mark.name}: ${price(mark.cost)}`);
  });
}

function splits() {
  const budgets = run.budgets.filter(budget => budget.at_most !== null && budget.terms.length), rows = machines.filter(machine => machine.values);
  if (!budgets.length) return document.getElementById("splits-section").remove();
  const left = 190, right = 150, height = rows.length * 22 + 28, svg = canvas("splits", height);
  const width = (WIDTH - left - right) / budgets.length;
  budgets.forEach((budget, n) => add(svg, "text", {x: left + n * width, y: 14, style: "font-weight:600"}, budget.name));
  add(svg, "text", {x: WIDTH, y: 14, "text-anchor": "end", class: "soft"}, `${run.objective.name}, times best`);
  rows.forEach((machine, row) => {
    const y = row * 22 + 24;
    add(svg, "text", {x: left - 8, y: y + 13, "text-anchor": "end"}, machine.name.length > 28 ? machine.name.slice(0, 27) + "\u2026" : machine.name);
    budgets.forEach((budget, n) => {
      let x = left + n * width;
      const scale = (width - 14) / budget.at_most;
      add(svg, "rect", {x, y, width: width - 14, height: 17, fill: idleColor});
      const part = (field, value, weight, color) => {
        const size = value * weight * scale;
        bar(svg, x, y, size, 17, color, `${machine.name}\n${field}: ${amount(field, value)}${weight > 1 ? `, counted ${weight} times` : ""}` +
            `\n${percent(value * weight / budget.at_most)} of ${budget.name}`);
        if (size > name(field).length * 6.4 + 6) add(svg, "text", {x: x + 4, y: y + 13, "pointer-events": "none", style: "fill:#fff"}, name(field));
        x += size;
      };
      for (const term of budget.terms) part(term.field, machine.values[term.field], term.weight, fieldColor[term.field]);
    });
    add(svg, "text", {x: WIDTH, y: y + 13, "text-anchor": "end"}, machine.cost === null ? "none" : `${price(machine.cost)}, ${times(machine.cost / best.cost)}`);
  });
  legend("splits-legend", [...fields.filter(field => budgets.some(budget => budget.terms.some(term => term.field === field)))
    .map(field => [name(field), fieldColor[field]]), ["not spent, or fixed", idleColor]]);
}

/** Machines by cycles and energy, or area: those the search kept, the front, the best, the baselines, and what was simulated. */
function pareto() {
  const known = machine => machine.cycles > 0 && machine[otherKey] > 0;
  const kept = run.machines.filter(known), front = run.front.filter(known), plain = run.baselines.filter(machine => known(machine) && !machine.name.startsWith("worst"));
  const simulated = (run.finalists || []).flatMap(memory => memory.machines.filter(row => row.finalist && row.simulated_cycles)
    .map(row => ({name: `${row.name}, simulated on ${memory.memory}`, cycles: row.simulated_cycles, [otherKey]: row[otherKey], values: row.values})));
  const all = [best, ...kept, ...front, ...plain, ...simulated].filter(known);
  if (all.length < 2) return document.getElementById("pareto-section").remove();
  document.getElementById("pareto-title").textContent = `Cycles against ${otherName}`;
  document.getElementById("pareto-note").textContent = (run.objective.several
    ? `The front has ${front.length} machines${run.proven ? " and is proven" : "; it is that of what was costed, not proven"}.`
    : "Grey: the cheapest machines of different kinds at each level of cost.") + " Down and to the left is better; both axes are logarithmic.";
  const left = 80, right = 30, height = 340, svg = canvas("pareto", height + 50);
  const axis = key => {
    const logs = all.map(machine => Math.log10(machine[key])), low = Math.min(...logs), high = Math.max(...logs), room = (high - low) * 0.05 || 0.01;
    return [low - room, high + room];
  };
  const [x0, x1] = axis("cycles"), [y0, y1] = axis(otherKey);
  const x = value => left + (Math.log10(value) - x0) / (x1 - x0) * (WIDTH - left - right), y = value => 10 + (y1 - Math.log10(value)) / (y1 - y0) * height;
  const marks = (low, high) => Array.from({length: 6}, (_, n) => 10 ** (low + (high - low) * (n + 0.5) / 6)).map(value => Number(value.toPrecision(3)));
  for (const value of marks(x0, x1)) {
    add(svg, "line", {x1: x(value), x2: x(value), y1: 10, y2: 10 + height, class: "grid"});
    add(svg, "text", {x: x(value), y: height + 26, class: "soft", "text-anchor": "middle"}, short(value));
  }
  for (const value of marks(y0, y1)) {
    add(svg, "line", {x1: left, x2: WIDTH - right, y1: y(value), y2: y(value), class: "grid"});
    add(svg, "text", {x: left - 6, y: y(value) + 4, class: "soft", "text-anchor": "end"}, otherText(value));
  }
  add(svg, "text", {x: (left + WIDTH - right) / 2, y: height + 44, class: "soft", "text-anchor": "middle"}, "cycles");
  add(svg, "text", {x: 12, y: 10 + height / 2, class: "soft", "text-anchor": "middle", transform: `rotate(-90 12 ${10 + height / 2})`}, otherName);
  const dots = (machines, color, r, label) => machines.forEach(machine => add(svg, "circle", {cx: x(machine.cycles), cy: y(machine[otherKey]), r, fill: color,
    "fill-opacity": 0.8, class: "hit", "data-tip": `${machine.name || label}\n${exact(machine.cycles)} cycles, ${otherText(machine[otherKey])}\n${valuesTip(machine)}`}));
  if (front.length > 1) add(svg, "polyline", {points: [...front].sort((a, b) => a.cycles - b.cycles).map(machine => `${x(machine.cycles)},${y(machine[otherKey])}`).join(" "), fill: "none", stroke: "#2f6db3", "stroke-width": 1.2});
  const kinds = [[kept, "#9aa5b1", 3, "kept by the search"], [front, "#2f6db3", 4, "front"], [plain, "#d1495b", 5, "plain allocations"],
                 [simulated, "#3a8f5c", 5, "finalists, simulated"], [[best], "#e08a2c", 6, "best by the search's model"]];
  for (const [machines, color, r, label] of kinds) dots(machines, color, r, label);
  legend("pareto-legend", kinds.filter(([machines]) => machines.length).map(([, color, , label]) => [label, color]));
}

const lines = [["others_stay", "the other fields stay, whatever the budgets", "#2f6db3"],
               ["within_budgets", "the other fields share what the budgets leave", "#d1495b"]];

function sensitivity() {
  const across = 4, width = WIDTH / across, height = 170, charts = Object.entries(run.sensitivity);
  const svg = canvas("sensitivity", Math.ceil(charts.length / across) * height);
  charts.forEach(([field, {steps: points}], n) => {
    const left = (n % across) * width + 46, top = Math.floor(n / across) * height + 24, w = width - 66, h = height - 62;
    const costs = points.flatMap(point => lines.map(([key]) => point[key])).filter(cost => cost !== null).map(cost => cost / best.cost);
    const low = Math.min(1, ...costs), high = Math.max(Math.min(4, Math.max(...costs)), low + 0.02);
    const first = Math.log2(Math.max(points[0].value, 1)), last = Math.log2(Math.max(points[points.length - 1].value, 2));
    const x = value => left + (Math.log2(Math.max(value, 1)) - first) / (last - first || 1) * w;
    const y = cost => top + (high - Math.min(cost, high)) / (high - low) * h;
    add(svg, "text", {x: left, y: top - 9, style: "font-weight:600"}, name(field));
    for (const cost of [low, (low + high) / 2, high]) {
      add(svg, "line", {x1: left, x2: left + w, y1: y(cost), y2: y(cost), class: "grid"});
      add(svg, "text", {x: left - 5, y: y(cost) + 4, class: "soft", "text-anchor": "end"}, cost.toFixed(2));
    }
    add(svg, "line", {x1: x(best.values[field]), x2: x(best.values[field]), y1: top, y2: top + h, class: "axis", "stroke-dasharray": "3 3"});
    for (const [point, anchor] of [[points[0], "start"], [points[points.length - 1], "end"]]) {
      add(svg, "text", {x: x(point.value), y: top + h + 15, class: "soft", "text-anchor": anchor}, amount(field, point.value));
    }
    for (const [key, label, color] of lines) {
      const shown = points.filter(point => point[key] !== null);
      add(svg, "polyline", {points: shown.map(point => `${x(point.value)},${y(point[key] / best.cost)}`).join(" "), fill: "none", stroke: color, "stroke-width": 1.5});
      for (const point of shown) {
        const ratio = point[key] / best.cost;
        add(svg, "circle", {cx: x(point.value), cy: y(ratio), r: 3.2, fill: ratio > high ? "#fff" : color, stroke: color, class: "hit",
          "data-tip": `${field} = ${amount(field, point.value)}\n${label}\n${isCycles ? exact(point[key]) : price(point[key])} ${goal}, ${times(ratio)}`});
      }
    }
  });
  legend("sensitivity-legend", [...lines.map(([, label, color]) => [label, color]), ["a white dot lies beyond the scale", "#fff;border:1px solid #5b6775"]]);
}

const fieldTitles = fields.map(field => name(field).replace(" port", "") + (unitOf(field) && ", " + unitOf(field)));
const fieldCells = machine => fields.map(field => machine.values ? number(field, machine.values[field]) : "");

/** Rows of text, the first column to the left. */
function table(box, titles, rows) {
  const head = add(add(box, "thead"), "tr"), body = add(box, "tbody");
  titles.forEach((title, n) => add(head, "th", n ? {} : {class: "text"}, title));
  for (const cells of rows) {
    const row = add(body, "tr");
    cells.forEach((cell, n) => add(row, "td", n ? {} : {class: "text"}, cell));
  }
}

const judges = [["analytical_cost", "the search's model", "#9aa5b1"], ["corrected_cost", "the corrected model", "#e08a2c"],
                ["simulated_cost", "simulated", "#2f6db3"]];

function finalistsOn(memory, box) {
  add(box, "h3", {}, `memory ${memory.memory}`);
  const tau = memory.kendall_tau, tauText = value => value === null ? "none" : value.toFixed(2);
  add(box, "p", {class: "note"}, `Kendall's tau between the finalists' order and that by simulation: corrected model ${tauText(tau.corrected)}, search's model ${tauText(tau.analytical)}.`);
  const id = `finalists-${memory.memory}`, left = 190, right = 200;
  box.appendChild(document.createElementNS("http://www.w3.org/2000/svg", "svg")).id = id;
  const rows = memory.machines, svg = canvas(id, rows.length * 22 + 34);
  const all = rows.flatMap(row => judges.map(([key]) => row[key])).filter(value => value !== null).map(Math.log10);
  const low = Math.min(...all) - 0.02, high = Math.max(...all) + 0.02, x = value => left + (Math.log10(value) - low) / (high - low) * (WIDTH - left - right);
  const ticks = [];
  for (let power = Math.floor(low); power <= high; ++power) for (const n of high - low < 1 ? [1, 1.5, 2, 3, 4, 5, 6, 8] : [1, 2, 5]) ticks.push(n * 10 ** power);
  for (const value of ticks.filter(value => Math.log10(value) >= low && Math.log10(value) <= high)) {
    add(svg, "line", {x1: x(value), x2: x(value), y1: 0, y2: rows.length * 22 + 4, class: "grid"});
    add(svg, "text", {x: x(value), y: rows.length * 22 + 20, class: "soft", "text-anchor": "middle"}, isCycles ? tick(short, value) : value.toPrecision(2));
  }
  rows.forEach((row, n) => {
    const y = n * 22 + 12;
    add(svg, "text", {x: left - 8, y: y + 4, "text-anchor": "end"}, row.name.length > 28 ? row.name.slice(0, 27) + "\u2026" : row.name);
    const shown = judges.filter(([key]) => row[key] !== null), ends = shown.map(([key]) => x(row[key]));
    if (ends.length) add(svg, "line", {x1: Math.min(...ends), x2: Math.max(...ends), y1: y, y2: y, class: "axis"});
    for (const [key, label, color] of shown) {
      add(svg, "circle", {cx: x(row[key]), cy: y, r: 5, fill: color, "fill-opacity": 0.9, class: "hit",
        "data-tip": `${row.name}, ${label}\n${isCycles ? exact(row[key]) : price(row[key])} ${goal}\n${valuesTip(row)}`});
    }
    const gain = memory.gains.find(gain => gain.over === row.name);
    const note = row.simulated_cycles === null ? "not simulated" : gain && gain.remains !== null ? `${times(gain.simulated)}, ${Math.round(100 * gain.remains)} % of the gain` : `${short(row.simulated_cycles)}, ${joule(row.energy_pj)}`;
    const text = add(svg, "text", {x: WIDTH, y: y + 4, "text-anchor": "end", class: "soft", "data-tip": row.reason || ""}, note);
    text.setAttribute("style", "font-size:12px");
  });
  const costOf = (row, key) => row[key] === null ? "none" : isCycles ? exact(row[key]) : price(row[key]);
  table(add(add(box, "div", {class: "scroll"}), "table"), [goal, ...judges.map(([, label]) => label.replace("the ", "")), "energy", "area", ...fieldTitles],
    rows.map(row => [row.name, ...judges.map(([key]) => costOf(row, key)), row.energy_pj ? joule(row.energy_pj) : "", row.area_mm2 ? square(row.area_mm2) : "", ...fieldCells(row)]));
}

function finalists() {
  if (!run.finalists || !run.finalists.length) return document.getElementById("finalists-section").remove();
  for (const memory of run.finalists) finalistsOn(memory, document.getElementById("finalists"));
  legend("finalists-legend", judges.map(([, label, color]) => [label, color]));
}

function machineTable() {
  table(document.getElementById("machines"), ["machine", goal, "times best", ...(isCycles ? [] : ["cycles"]), "energy", "area", ...fieldTitles],
    machines.map(machine => [machine.name, machine.cost === null ? machine.reason : isCycles ? exact(machine.cost) : price(machine.cost),
      machine.cost === null ? "" : (machine.cost / best.cost).toFixed(3), ...(isCycles ? [] : [machine.cycles ? exact(machine.cycles) : ""]),
      machine.energy_pj ? joule(machine.energy_pj) : "", machine.area_mm2 ? square(machine.area_mm2) : "", ...fieldCells(machine)]));
}

searchHeader();
distribution();
splits();
pareto();
sensitivity();
finalists();
machineTable();
