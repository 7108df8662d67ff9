# Installs into a folder of its own and runs the program from there: cmake -DBUILD=.. -DPREFIX=.. -P install_test.cmake
file(REMOVE_RECURSE ${PREFIX})
execute_process(COMMAND ${CMAKE_COMMAND} --install ${BUILD} --prefix ${PREFIX} OUTPUT_QUIET COMMAND_ERROR_IS_FATAL ANY)
foreach(file bin/systole share/systole/configs/hardware/inference_64x64.textproto share/systole/configs/dram/ddr4_2400.textproto
             share/systole/configs/energy/generic_45nm.textproto share/systole/configs/networks/lenet5.onnx share/systole/configs/spaces/splits_64k.textproto
             share/systole/rtl/files.txt share/systole/rtl/cosim_testbench.sv share/man/man1/systole.1 include/systole/base/errors.h include/systole/configs/machine.pb.h)
  if(NOT EXISTS ${PREFIX}/${file})
    message(FATAL_ERROR "the installation has no ${file}")
  endif()
endforeach()
# A machine that only the installation has: found beside the program, not in the sources.
file(RENAME ${PREFIX}/share/systole/configs/hardware/inference_16x16.textproto
     ${PREFIX}/share/systole/configs/hardware/installed_16x16.textproto)
execute_process(COMMAND ${PREFIX}/bin/systole run lenet5 --hw installed_16x16 --json
                OUTPUT_VARIABLE summary COMMAND_ERROR_IS_FATAL ANY)
string(JSON hardware GET "${summary}" hardware)
if(NOT hardware MATCHES "16x16")
  message(FATAL_ERROR "the installed program simulated '${hardware}'")
endif()
file(REMOVE_RECURSE ${PREFIX})
