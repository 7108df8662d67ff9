#pragma once

namespace systole {

/// From now on Ctrl-C (and SIGTERM, SIGHUP) removes unfinished output and ends the process at once with exit code 128 +
/// signal (130 for Ctrl-C), whatever the program is busy with: a thread of its own waits for the signal. Call it before
/// any other thread begins. A write beyond the file size limit becomes an error of that write.
void handle_interrupts();

}  // namespace systole
