# cmake --install: bin/systole, its configs and man page, and the libraries with their headers (included from include/systole, as here).
install(TARGETS systole RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
install(DIRECTORY configs/hardware configs/dram configs/energy configs/networks configs/spaces
        DESTINATION ${CMAKE_INSTALL_DATADIR}/systole/configs
        FILES_MATCHING PATTERN "*.textproto" PATTERN "*.onnx")
install(DIRECTORY models/rtl/ DESTINATION ${CMAKE_INSTALL_DATADIR}/systole/rtl FILES_MATCHING PATTERN "*.sv" PATTERN "files.txt")
install(FILES docs/systole.1 DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
install(FILES LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})

get_property(libraries GLOBAL PROPERTY SYSTOLE_LIBRARIES)
install(TARGETS ${libraries} ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR}/systole)
foreach(room base isa configs traces kernels models explore)
  install(DIRECTORY ${PROJECT_SOURCE_DIR}/${room} DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/systole
          FILES_MATCHING PATTERN "*.h")
  if(EXISTS ${PROJECT_BINARY_DIR}/${room})  # what protoc made
    install(DIRECTORY ${PROJECT_BINARY_DIR}/${room} DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/systole
            FILES_MATCHING PATTERN "*.pb.h" PATTERN CMakeFiles EXCLUDE)
  endif()
endforeach()
