"use strict";
// Data, number formats and the few drawing helpers that all charts share.
const data = JSON.parse(document.getElementById("data").textContent);
const run = data.summary;
const layers = run.layers;
const WIDTH = 1180;

const unitColors = {systolic_array: "#2f6db3", simd_unit: "#e08a2c", none: "#9aa5b1"};
const unitLabels = {systolic_array: "systolic array", simd_unit: "SIMD unit", none: "transfers only"};
const unitLabel = layer => layer.unit === "none" && !layer.cycles ? "no work" : unitLabels[layer.unit];
// Cycles: calm colours for busy and idle, warm and distinct ones for the reasons to stall.
const busyColor = "#2f6db3", idleColor = "#e3e8ed";
const palette = ["#d1495b", "#edae49", "#7b5ea7", "#3a8f5c", "#8c564b", "#e377a2", "#17a2b8", "#9c9f2e", "#f2803c",
                 "#5f7f95", "#b5179e", "#6a994e", "#bc6c25", "#4361ee", "#a68a64", "#c77dff", "#577590"];

/** 12345678 -> "12.3 M"; digits are those in front of the prefix and one after the point below 100. */
function short(value, unit = "") {
  const prefixes = ["", "k", "M", "G", "T", "P", "E"];
  let power = 0, scaled = Math.abs(value);
  while (scaled >= 999.95 && power < prefixes.length - 1) { scaled /= 1000; ++power; }
  const digits = scaled >= 99.95 || (power === 0 && Number.isInteger(scaled)) ? 0 : scaled >= 9.995 ? 1 : 2;
  return (value < 0 ? "-" : "") + scaled.toFixed(digits) + (power || unit ? " " + prefixes[power] + unit : "");
}
const exact = value => String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, "\u2009");
const percent = share => (100 * share).toFixed(share < 0.0995 ? 2 : 1) + " %";
/** Three digits and a prefix for what is often below one: 1.33e-5, "J" -> "13.3 \u00b5J". */
function small(value, unit) {
  const [scale, prefix] = [[1, ""], [1e3, "m"], [1e6, "\u00b5"], [1e9, "n"]].find(([scale]) => value * scale >= 1) || [1e12, "p"];
  return (value * scale).toPrecision(3) + " " + prefix + unit;
}
const joule = picojoules => small(picojoules * 1e-12, "J");

/** A label on an axis: "50 k" for "50.0 k", and a plain zero. */
const tick = (format, value) => value === 0 ? "0" : format(value).replace(/\.0+(?=\D|$)|(\.\d*?)0+(?=\D|$)/, "$1");

function add(parent, tag, attributes, text) {
  const element = document.createElementNS(parent.namespaceURI, tag);
  for (const [name, value] of Object.entries(attributes || {})) element.setAttribute(name, value);
  if (text !== undefined) element.textContent = text;
  return parent.appendChild(element);
}

/** An empty drawing `height` units high; its width is WIDTH units and fills the page. */
function canvas(id, height) {
  const svg = document.getElementById(id);
  svg.setAttribute("viewBox", `0 0 ${WIDTH} ${height}`);
  svg.setAttribute("role", "img");
  svg.replaceChildren();
  return svg;
}

/** A rectangle with a tooltip; `layer` (an index) makes it lead to the table. */
function bar(parent, x, y, width, height, color, tip, layer) {
  const attributes = {x, y, width: Math.max(width, 0.3), height, fill: color, class: "hit", "data-tip": tip};
  if (layer !== undefined) attributes["data-layer"] = layer;
  return add(parent, "rect", attributes);
}

function legend(id, entries) {
  const box = document.getElementById(id);
  box.replaceChildren();
  for (const [label, color] of entries) {
    const entry = add(box, "span");
    add(entry, "i", {style: `background:${color}`});
    entry.append(label);
  }
}

/** Round steps from 0 to at least `top`: about `count` of them. */
function steps(top, count) {
  const raw = top / count || 1, size = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 5, 10].map(n => n * size).find(n => n >= raw * 0.999);
  const values = [];
  for (let n = 0; n * step <= top * 1.0001; ++n) values.push(n * step);
  return values;
}

const layerTip = layer => `${layer.index}: ${layer.name}\n${layer.op}, ${unitLabel(layer)}` +
  (layer.fused_into ? `, fused into ${layer.fused_into}` : "");

// One tooltip for the page.
const tip = document.getElementById("tip");
document.addEventListener("mousemove", event => {
  const text = event.target.dataset && event.target.dataset.tip;
  tip.hidden = !text;
  if (!text) return;
  tip.textContent = text;
  tip.style.left = Math.min(event.clientX + 14, innerWidth - tip.offsetWidth - 8) + "px";
  tip.style.top = Math.min(event.clientY + 14, innerHeight - tip.offsetHeight - 8) + "px";
});
