#include "traces/report_html.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <regex>

#include "test/browser.h"
#include "test/traces/sample_result.h"
#include "traces/summary_writer.h"

namespace systole {
namespace {

namespace fs = std::filesystem;

TEST(ReportHtml, HoldsTheSummaryAsData) {
  const std::string page = report_html(sample_result());
  const std::string open = R"(<script type="application/json" id="data">)";
  const std::size_t begin = page.find(open) + open.size();
  const auto data = nlohmann::ordered_json::parse(page.substr(begin, page.find("</script>", begin) - begin));
  EXPECT_EQ(data["summary"], summary_json(sample_result()));
  EXPECT_EQ(data["layer_energy_pj"].size(), 3U);
}

TEST(ReportHtml, NeedsNothingFromOutside) {
  const std::string page = report_html(sample_result());
  EXPECT_FALSE(std::regex_search(page, std::regex(R"((https?:)?//[a-z]+\.|src=|href=|@import|url\()")));
}

TEST(ReportHtml, AHostileNameCannotLeaveTheData) {
  RunResult run = sample_result();
  run.layers[0].name = "</script><script>alert(1)</script>";
  EXPECT_EQ(report_html(run).find("<script>alert"), std::string::npos);
}

TEST(ReportHtml, TheSameResultGivesTheSameBytes) {
  EXPECT_EQ(report_html(sample_result(40)), report_html(sample_result(40)));
}

/// Draws the page in a browser where there is one; an error in a script would leave charts or the table empty.
TEST(ReportHtml, ABrowserDrawsEveryChartAndRow) {
  if (!has_browser()) GTEST_SKIP() << "no chromium";
  const fs::path folder = fs::path(testing::TempDir()) / "systole_report_test";
  fs::remove_all(folder);
  fs::create_directories(folder);
  for (const RunResult& run : {sample_result(175), sample_analytical_result()}) {
    std::ofstream(folder / "report.html") << report_html(run);
    const std::string dom = drawn_by_a_browser(folder / "report.html");
    for (const LayerResult& layer : run.layers)
      EXPECT_NE(dom.find("id=\"layer-" + std::to_string(layer.index) + "\""), std::string::npos);
    for (const char* chart : {"timeline", "traffic", "roofline"}) {
      EXPECT_TRUE(std::regex_search(dom, std::regex("<svg id=\"" + std::string(chart) + R"("[^>]*><(line|rect|text))")))
          << chart;
    }
    EXPECT_EQ(dom.find("NaN"), std::string::npos);
    EXPECT_EQ(dom.find(">undefined"), std::string::npos);
  }
  fs::remove_all(folder);
}

}  // namespace
}  // namespace systole
