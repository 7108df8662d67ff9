// What `systole explain` has measured, once it has.
const explanation = JSON.parse(document.getElementById("explanation-data").textContent);
const ROWS_SHOWN = 15;

/** A table of rows [cycles, text, text, ..]; the first column is followed by its share of the run. */
function explanationTable(title, headings, rows) {
  const place = document.getElementById("explanation");
  add(place, "h3", {}, title);
  if (!rows.length) { add(place, "p", {class: "note"}, "Nothing of what was tried."); return; }
  const table = add(add(place, "div", {class: "scroll"}), "table");
  const head = add(add(table, "thead"), "tr"), body = add(table, "tbody");
  ["cycles", "share", ...headings].forEach((heading, n) => add(head, "th", {class: n > 1 ? "text" : ""}, heading));
  for (const [cycles, ...texts] of rows.slice(0, ROWS_SHOWN)) {
    const row = add(body, "tr");
    add(row, "td", {}, exact(cycles));
    const share = cycles / explanation.cycles;
    add(row, "td", {class: "share", style: `--share: ${(100 * share).toFixed(1)}%`}, percent(share));
    for (const text of texts) add(row, "td", {class: "text", title: text}, text);
  }
  if (rows.length > ROWS_SHOWN) add(place, "p", {class: "note"}, `and ${rows.length - ROWS_SHOWN} more`);
}

/** The cause that bounds the most cycles, and the change that saves the most. */
function inAWord() {
  const causes = {};
  for (const layer of explanation.layers) causes[layer.bound] = (causes[layer.bound] || 0) + layer.cycles;
  const [cause, cycles] = Object.entries(causes).reduce((most, entry) => entry[1] > most[1] ? entry : most);
  const best = explanation.advice[0];
  return `Layers with ${percent(cycles / explanation.cycles)} of the cycles are bound by: ${cause}. ` + (best && best.gain > 0
    ? `Of what was tried, ${best.change} helps most: ${percent(best.gain / explanation.cycles)} of the cycles saved.`
    : "Nothing of what was tried helps.");
}

function explain() {
  if (!explanation) return;
  document.getElementById("explanation-note").textContent = "Every gain is the difference of two simulations: the run, and the run with this one change.";
  add(document.getElementById("explanation"), "p", {}, inAWord());
  const longest = waits => Object.entries(waits).reduce((most, entry) => entry[1] > most[1] ? entry : most, ["", 0])[0];
  const paths = {};
  for (const layer of explanation.layers) {
    for (const [path, cycles] of Object.entries(layer.waits)) paths[path] = (paths[path] || 0) + cycles;
  }
  const gains = changes => changes.filter(change => change.gain > 0).map(({gain, change, text}) => [gain, change, text]);
  explanationTable("What bounds its layers", ["layer", "bound by", "who mostly waits for whom"],
                   explanation.layers.map(layer => [layer.cycles, layer.name, layer.bound, longest(layer.waits)]));
  explanationTable("Who waits for whom, and where it ends", ["chain of waits"],
                   Object.entries(paths).sort((a, b) => b[1] - a[1]).map(([path, cycles]) => [cycles, path]));
  explanationTable("What would help: cycles saved", ["give to systole run", "what it is"], gains(explanation.advice));
  explanationTable("What each cause costs: cycles saved by a machine that is spared it and nothing else", ["switch", "what it is"], gains(explanation.spared));
}
explain();
