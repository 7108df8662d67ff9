#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "models/analytical/validate/report.h"

namespace systole::validation {

namespace {

constexpr double kWidth = 1150;
constexpr double kPlot = 440;  ///< side of the scatter plot
constexpr double kMargin = 56;
constexpr double kBar = 16;      ///< height of a layer's row
constexpr double kNames = 300;   ///< width of the column of names
constexpr double kFigures = 90;  ///< width of the column of figures
constexpr std::array<const char*, 17> kColours = {"#4477aa", "#ee6677", "#228833", "#ccbb44", "#66ccee", "#aa3377",
                                                  "#888888", "#332288", "#ddaa77", "#44aa99", "#999933", "#882255",
                                                  "#bb5566", "#000000", "#0077bb", "#cc6600", "#77aadd"};
constexpr const char* kTooSlow = "#ee6677";
constexpr const char* kTooFast = "#4477aa";

constexpr const char* kStyle =
    "body{margin:0 auto;padding:20px 24px 60px;max-width:1240px;background:#f3f5f8;color:#1d2733;"
    "font:14px/1.45 system-ui,'Segoe UI','DejaVu Sans',sans-serif}"
    "h1{margin:0;font-size:24px}h2{margin:0 0 4px;font-size:17px}.note{margin:0 0 8px;color:#5b6775;font-size:13px}"
    "section{margin-top:14px;padding:14px 16px;background:#fff;border:1px solid #d8dee5;border-radius:8px}"
    "svg{display:block;max-width:100%;height:auto}svg text{font-size:12px;fill:#1d2733}"
    ".legend{display:flex;flex-wrap:wrap;gap:2px 14px;margin-bottom:6px;font-size:12px;color:#5b6775}"
    ".legend i{display:inline-block;width:11px;height:11px;margin-right:5px;border-radius:2px}"
    ".scroll{max-height:640px;overflow:auto;border:1px solid #d8dee5}"
    "table{border-collapse:collapse;font-size:12.5px;font-variant-numeric:tabular-nums}"
    "th{position:sticky;top:0;background:#e8edf2}"
    "th,td{padding:3px 8px;border-bottom:1px solid #edf0f3;text-align:right;white-space:nowrap}"
    "th.text,td.text{text-align:left}";

const char* colour(std::size_t index) {
  return kColours[index % kColours.size()];
}

std::string escaped(const std::string& text) {
  std::string result;
  for (const char c : text) {
    switch (c) {
      case '&':
        result += "&amp;";
        break;
      case '<':
        result += "&lt;";
        break;
      case '>':
        result += "&gt;";
        break;
      case '\'':
        result += "&#39;";
        break;
      default:
        result += c;
    }
  }
  return result;
}

std::string section(const char* title, const std::string& note, const std::string& body) {
  return fmt::format("<section>\n<h2>{}</h2>\n<p class='note'>{}</p>\n{}</section>\n", title, note, body);
}

std::string percent(const std::optional<double>& error) {
  return error ? fmt::format("{:+.2f}%", 100 * *error) : "-";
}

/// Cycle level against model, both axes logarithmic, with the line on which they agree.
std::string scatter(const Validation& validation) {
  const auto shown = [](const LayerComparison& layer) { return layer.cycle > 0 && layer.analytical > 0; };
  double low = 1e18;
  double high = 1;
  for (const LayerComparison& layer : validation.layers) {
    if (!shown(layer)) continue;
    low = std::min({low, static_cast<double>(layer.cycle), layer.analytical});
    high = std::max({high, static_cast<double>(layer.cycle), layer.analytical});
  }
  if (low > high) return "";
  const double first = std::floor(std::log10(low));
  const double last = std::max(first + 1, std::ceil(std::log10(high)));
  const auto place = [&](double cycles) { return (std::log10(cycles) - first) / (last - first) * kPlot; };
  const double side = kPlot + 2 * kMargin;
  std::string svg = fmt::format("<svg id='scatter' viewBox='0 0 {0} {0}' width='{0}' height='{0}'>\n", side);
  for (double power = first; power <= last; ++power) {
    const double at = place(std::pow(10, power));
    const double y = kMargin + kPlot - at;
    svg += fmt::format("<path d='M{:.1f} {}V{}M{} {:.1f}H{}' stroke='#d8dee5'/>", kMargin + at, kMargin,
                       kMargin + kPlot, kMargin, y, kMargin + kPlot);
    svg += fmt::format("<text x='{:.1f}' y='{}' text-anchor='middle'>1e{:.0f}</text>", kMargin + at,
                       kMargin + kPlot + 18, power);
    svg += fmt::format("<text x='{}' y='{:.1f}' text-anchor='end'>1e{:.0f}</text>\n", kMargin - 8, y + 4, power);
  }
  svg += fmt::format("<path d='M{0} {1}L{1} {0}' stroke='#8a96a3'/>\n", kMargin, kMargin + kPlot);
  for (const LayerComparison& layer : validation.layers) {
    if (!shown(layer)) continue;
    svg += fmt::format(
        "<circle cx='{:.1f}' cy='{:.1f}' r='4' fill='{}' fill-opacity='.6'><title>{}: {} cycles, model {:.0f}"
        "</title></circle>\n",
        kMargin + place(static_cast<double>(layer.cycle)), kMargin + kPlot - place(layer.analytical), kTooFast,
        escaped(layer.name), layer.cycle, layer.analytical);
  }
  const double middle = kMargin + kPlot / 2;
  return svg + fmt::format(
                   "<text x='{0}' y='{1}' text-anchor='middle'>cycle level [cycles]</text>"
                   "<text transform='translate(14,{0}) rotate(-90)' text-anchor='middle'>model [cycles]</text></svg>\n",
                   middle, side - 12);
}

/// One bar of a row: from `from` to `to`, in the unit of the rows' scale.
struct Bar {
  double from;
  double to;
  const char* colour;
  std::string tip;
};

struct Row {
  std::string name;
  std::vector<Bar> bars;
  std::string figure;
};

/// Rows with bars to both sides of a common zero.
std::string rows_chart(const char* id, const std::vector<Row>& rows) {
  double low = 0;
  double high = 0;
  for (const Row& row : rows) {
    for (const Bar& bar : row.bars) {
      low = std::min({low, bar.from, bar.to});
      high = std::max({high, bar.from, bar.to});
    }
  }
  const double scale = (kWidth - kNames - kFigures) / std::max(high - low, 1e-9);
  const double zero = kNames - low * scale;
  const double height = kBar * static_cast<double>(rows.size());
  std::string svg =
      fmt::format("<svg id='{0}' viewBox='0 0 {1} {2}' width='{1}' height='{2}'>\n", id, kWidth, height + 4);
  double y = 0;
  for (const Row& row : rows) {
    svg += fmt::format("<text x='0' y='{:.0f}'>{}</text>", y + kBar - 4, row.name);
    for (const Bar& bar : row.bars) {
      svg +=
          fmt::format("<rect x='{:.1f}' y='{:.0f}' width='{:.1f}' height='{:.0f}' fill='{}'><title>{}</title></rect>",
                      zero + std::min(bar.from, bar.to) * scale, y + 2, std::abs(bar.to - bar.from) * scale, kBar - 3,
                      bar.colour, bar.tip);
    }
    svg += fmt::format("<text x='{}' y='{:.0f}' text-anchor='end'>{}</text>\n", kWidth, y + kBar - 4, row.figure);
    y += kBar;
  }
  return svg + fmt::format("<path d='M{0:.1f} 0V{1}' stroke='#8a96a3'/></svg>\n", zero, height);
}

std::string name_of(const LayerComparison& layer) {
  return escaped(fmt::format("{:.32} ({})", layer.name, layer.op));
}

/// To the right where the model is too slow.
std::string errors(const Validation& validation) {
  std::vector<Row> rows;
  for (const LayerComparison& layer : validation.layers) {
    const double error = layer.error.value_or(0);
    rows.push_back({name_of(layer), {{0, error, error < 0 ? kTooFast : kTooSlow, ""}}, percent(layer.error)});
  }
  return rows_chart("errors", rows);
}

/// Cycles that the machine takes and the model does not have to the right, cause after cause; those that the model has
/// and the machine does not take to the left.
Row stacked(const std::string& name, const Named<double>& causes) {
  Row row{name, {}, ""};
  double left = 0;
  double right = 0;
  double sum = 0;
  for (std::size_t i = 0; i < causes.size(); ++i) {
    const double cycles = causes[i].second;
    double& end = cycles < 0 ? left : right;
    if (cycles != 0)
      row.bars.push_back({end, end + cycles, colour(i), fmt::format("{} {:+.0f}", causes[i].first, cycles)});
    end += cycles;
    sum += cycles;
  }
  row.figure = fmt::format("{:+.0f}", sum);
  return row;
}

std::string causes(const Validation& validation) {
  std::string html = "<div class='legend'>";
  for (std::size_t i = 0; i < validation.causes.size(); ++i) {
    html += fmt::format("<span><i style='background:{}'></i>{} {:+.0f}</span>", colour(i), validation.causes[i].first,
                        validation.causes[i].second);
  }
  std::vector<Row> rows;
  for (const LayerComparison& layer : validation.layers) rows.push_back(stacked(name_of(layer), layer.causes));
  return html + "</div>\n" + rows_chart("total-causes", {stacked("all layers", validation.causes)}) +
         rows_chart("causes", rows);
}

std::string layer_table(const Validation& validation) {
  std::string html =
      "<div class='scroll'><table><tr><th class='text'>layer</th><th class='text'>operator</th><th>cycle level</th>"
      "<th>model</th><th>error</th>";
  for (const auto& cause : validation.causes) html += fmt::format("<th>{}</th>", cause.first);
  html += "</tr>\n";
  for (const LayerComparison& layer : validation.layers) {
    html += fmt::format("<tr><td class='text'>{}</td><td class='text'>{}</td><td>{}</td><td>{:.0f}</td><td>{}</td>",
                        escaped(layer.name), escaped(layer.op), layer.cycle, layer.analytical, percent(layer.error));
    for (const auto& cause : layer.causes) html += fmt::format("<td>{:+.0f}</td>", cause.second);
    html += "</tr>\n";
  }
  return html + "</table></div>\n";
}

}  // namespace

std::string validation_html(const Validation& validation) {
  const std::string title = fmt::format("{} on {}: the machine against the {} model", escaped(validation.model),
                                        escaped(validation.hardware), validation.analytical_model);
  std::string html = fmt::format(
      "<!DOCTYPE html>\n<html lang='en'><head><meta charset='utf-8'><title>{0}</title>\n<style>{1}</style></head>"
      "<body>\n<h1>{0}</h1>\n<p class='note'>Memory {2}, batch {3}. Cycle level {4} cycles, model {5:.0f} cycles: "
      "{6:+.2f}%. Mean absolute error of a layer {7:.2f}%.</p>\n",
      title, kStyle, escaped(validation.memory), validation.batch, validation.cycle, validation.analytical,
      100 * validation.total_error, 100 * validation.mean_absolute_error);
  html += section("Each layer: machine and model",
                  "On the line both agree; above it the model is too slow. Point at a dot for its layer.",
                  scatter(validation));
  html += section("Error by layer", "Of the model, relative to the machine's cycles.", errors(validation));
  html += section("Causes of the differences",
                  "Cycles that the machine takes and the model does not have, by cause, to the right; what the model "
                  "has too much, to the left. A layer's causes add up to its difference.",
                  causes(validation));
  return html + section("All layers", "Cycles; causes as above.", layer_table(validation)) + "</body></html>\n";
}

}  // namespace systole::validation
