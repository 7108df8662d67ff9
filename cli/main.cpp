#include <iostream>

#include "cli/commands.h"
#include "cli/interrupt.h"

int main(int argc, char** argv) {
  systole::handle_interrupts();
  return systole::run_systole({argv + 1, argv + argc}, std::cout, std::cerr);
}
