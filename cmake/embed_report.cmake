# Puts a page, its style and its scripts into one C++ string:
# cmake -DFOLDER=traces/report -DPAGE=page.html -DSCRIPTS=draw,charts -DNAME=kReportPage -DOUTPUT=file.cpp -P embed_report.cmake
file(READ ${FOLDER}/${PAGE} page)
file(READ ${FOLDER}/style.css style)
set(script "")
string(REPLACE "," ";" parts "${SCRIPTS}")
foreach(part ${parts})
  file(READ ${FOLDER}/${part}.js text)
  string(APPEND script "${text}")
endforeach()
string(REPLACE "/*style*/" "${style}" page "${page}")
string(REPLACE "/*script*/" "${script}" page "${page}")
file(WRITE ${OUTPUT} "namespace systole {\nextern const char* const ${NAME};\n"
     "const char* const ${NAME} = R\"page(${page})page\";\n}  // namespace systole\n")
