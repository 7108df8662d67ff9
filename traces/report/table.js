// The table of layers: sortable, filtered by text, and where a click on a chart leads.
const columns = [
  ["#", layer => layer.index], ["name", layer => layer.name, "text name"], ["operator", layer => layer.op, "text"],
  ["phase", layer => run.mode === "training" ? layer.phase : "", "text"], ["unit", layer => unitLabel(layer), "text"],
  ["cycles", layer => layer.cycles], ["share", layer => layer.cycles / run.cycles, "", percent],
  ["busy", layer => layer.cycles ? layer.compute_cycles / layer.cycles : 0, "", percent], ["waits most for", layer => mainStall(layer), "text"],
  ["MACs", layer => layer.macs], ["util.", layer => layer.macs && layer.cycles ? layer.macs / (data.rows * data.columns * layer.cycles) : undefined, "", percent],
  ["SIMD ops", layer => layer.ops], ["read", layer => layer.dram_read_bytes, "", value => short(value, "B")],
  ["written", layer => layer.dram_write_bytes, "", value => short(value, "B")],
  ["row hits", layer => rowShare(layer, "row_hits"), "", percent], ["conflicts", layer => rowShare(layer, "row_conflicts"), "", percent],
  ["of peak bandwidth", layer => layer.dram && layer.dram.cycles ? layer.dram.peak_share : undefined, "", percent],
  ["energy", layer => layer.energy_pj, "", joule],
  ["remarks", layer => [layer.fused_into && `fused into ${layer.fused_into}`, layer.note].filter(Boolean).join("; "), "text"],
].filter(([, value]) => layers.some(layer => value(layer) !== undefined && value(layer) !== ""));
let sortBy = 0, order = 1;

function rowShare(layer, outcome) {
  const accesses = layer.dram ? layer.dram.row_hits + layer.dram.row_misses + layer.dram.row_conflicts : 0;
  return accesses ? layer.dram[outcome] / accesses : undefined;
}

function mainStall(layer) {
  const [reason, count] = Object.entries(layer.stalls || {}).reduce((most, entry) => entry[1] > most[1] ? entry : most, ["", 0]);
  return count ? `${reason} ${Math.round(100 * count / layer.cycles)} %` : "";
}

function fillTable() {
  const wanted = document.getElementById("filter").value.toLowerCase();
  const value = columns[sortBy][1];
  const shown = layers.filter(layer => `${layer.name} ${layer.op}`.toLowerCase().includes(wanted))
    .sort((a, b) => { const x = value(a) ?? -1, y = value(b) ?? -1; return order * (x < y ? -1 : x > y ? 1 : 0) || a.index - b.index; });
  const head = document.querySelector("#layers thead"), body = document.querySelector("#layers tbody");
  head.replaceChildren();
  body.replaceChildren();
  const headings = add(head, "tr");
  columns.forEach(([title, , style], n) => {
    const heading = add(headings, "th", {class: style || "", "data-order": n === sortBy ? order : 0}, title);
    heading.addEventListener("click", () => {
      order = n === sortBy ? -order : columns[n][2] ? 1 : -1;  // text from a to z, numbers from the largest
      sortBy = n;
      fillTable();
    });
  });
  for (const layer of shown) {
    const row = add(body, "tr", {id: "layer-" + layer.index});
    for (const [, cell, style, format] of columns) {
      const content = cell(layer);
      const text = content === undefined || content === 0 && cell !== columns[0][1] ? "" : format ? format(content) : typeof content === "number" ? exact(content) : content;
      add(row, "td", style ? {class: style, title: text} : {}, text);
    }
  }
}

document.getElementById("filter").addEventListener("input", fillTable);
document.addEventListener("click", event => {
  const index = event.target.dataset && event.target.dataset.layer;
  if (index === undefined) return;
  document.getElementById("filter").value = "";
  fillTable();
  const row = document.getElementById("layer-" + index);
  row.classList.add("found");
  row.scrollIntoView({block: "center"});
});
fillTable();
