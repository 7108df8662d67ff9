# Puts traces/report/*.{html,css,js} into one C++ string: cmake -DSOURCE=folder -DOUTPUT=file.cpp -P embed_report.cmake
file(READ ${SOURCE}/page.html page)
file(READ ${SOURCE}/style.css style)
set(script "")
foreach(part draw charts table)
  file(READ ${SOURCE}/${part}.js text)
  string(APPEND script "${text}")
endforeach()
string(REPLACE "/*style*/" "${style}" page "${page}")
string(REPLACE "/*script*/" "${script}" page "${page}")
file(WRITE ${OUTPUT} "namespace systole {\nextern const char* const kReportPage;\n"
     "const char* const kReportPage = R\"page(${page})page\";\n}  // namespace systole\n")
