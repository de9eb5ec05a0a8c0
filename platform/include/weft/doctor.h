/* SPDX-License-Identifier: MIT */
#ifndef WEFT_DOCTOR_H
#define WEFT_DOCTOR_H

/*
 * Why does the program hang? Every thread, what it holds and since when, what it waits
 * for and since when, and the circle if threads wait for each other.
 *
 *     weft_doctor_on_request();     // in main(): Ctrl-\ (Windows: Ctrl-Break) asks for it
 *
 *     weft doctor: 3 threads
 *     1 MainThread: waits for thread Thread-2, 3.1 s
 *     2 Thread-1: holds mutex 0x4040, 3.1 s; waits for mutex 0x4048 of 3 Thread-2, 3.1 s
 *     3 Thread-2: holds mutex 0x4048, 3.1 s; waits for mutex 0x4040 of 2 Thread-1, 3.1 s
 *     circle: 2 Thread-1 -> mutex 0x4048 -> 3 Thread-2 -> mutex 0x4040 -> 2 Thread-1
 *
 * What a thread holds, and the check of the order of locks, cost time at every acquire:
 * they are in builds with WEFT_CHECKS (on with tests and in Debug builds). What threads
 * wait for, who owns it, and circles are in every build.
 */

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/** The report on standard error. Threads: any, also while others hang. Python:
 * faulthandler.dump_traceback. */
void weft_doctor(void);

/**
 * The report as a text.
 *
 * @param text    receives at most `size` bytes with the ending 0; NULL with 0
 * @param length  receives the bytes of the whole report, without the 0; NULL: not wanted
 * @return 0; WEFT_ETRUNCATED: it is longer than the room
 *
 * Threads: any.
 */
int weft_doctor_report(char *text, size_t size, size_t *length);

/**
 * From now on Ctrl-\ (POSIX: SIGQUIT; Windows: Ctrl-Break) prints the report, and the
 * program goes on. Installs a handler for that signal, which nothing else in weft does.
 *
 * It is for this process. The keys reach its children too, and end them unless they do
 * the same: called before weft_main(), it is called in child processes too.
 *
 * @return 0, also when done before; WEFT_ELIMIT, WEFT_ESYSTEM: the system refused
 *
 * Threads: any.   Python: faulthandler.register(signal.SIGQUIT).
 */
int weft_doctor_on_request(void);

#ifdef __cplusplus
}
#endif

#endif
