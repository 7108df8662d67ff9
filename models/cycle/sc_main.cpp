#include <systemc>

/// libsystemc has a main() that calls this, and the linker wants it resolved. Our programs have a main() of their own.
int sc_main(int, char**) {
  return 0;
}
