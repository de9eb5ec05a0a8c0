/* SPDX-License-Identifier: MIT */
#ifndef WEFT_PROCESS_H
#define WEFT_PROCESS_H

/*
 * Processes: a function of this program in a process of its own, or another
 * program.
 *
 *     int main(int argc, char **argv)
 *     {
 *         weft_main(&argc, &argv);          // children start here, and end here
 *         weft_process *p;
 *         CHECK(weft_process_start(&p, whoami, &label, sizeof(label)));
 *         CHECK(weft_process_join(p, WEFT_FOREVER));
 *         weft_process_close(p);
 *
 * A child is this same program started again: it shares no variable with its
 * parent, gets its argument as a copy, standard output and error from the
 * parent, nothing as standard input, and no other file or socket. It dies when
 * its parent dies, however that ends.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "compiler.h"
#include "task.h"
#include "time.h"
#include "wait_any.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct weft_process weft_process;

/* All zero is the default. */
typedef struct weft_process_options {
    const char *name; /* copied, UTF-8; NULL: "Process-1", "Process-2", ... */
} weft_process_options;

/* How a process ended. */
typedef struct weft_process_status {
    bool exited;         /* false: it has not ended yet, and the rest means nothing */
    int code;            /* exit code, 0 to 255 on POSIX; when signal is 0 */
    int signal;          /* POSIX number of what ended it (9 killed, 11 crashed); 0: it exited.
                            Windows: the same numbers for weft_process_kill, _terminate and for
                            exceptions */
    int error;           /* what the function returned; 0 for other programs */
    char sentence[256];  /* why the function failed; empty: it did not */
} weft_process_status;

/* What another program is started with. All zero: standard streams are the parent's. */
enum weft_stream {
    WEFT_STREAM_INHERIT, /* the parent's */
    WEFT_STREAM_NOTHING, /* empty input; output is thrown away */
    WEFT_STREAM_PIPE     /* weft_process_write() and weft_process_read() */
};

typedef struct weft_program_options {
    enum weft_stream input;
    enum weft_stream output;
    enum weft_stream errors; /* WEFT_STREAM_PIPE: into the same pipe as output */
} weft_program_options;

/**
 * Must be the first call of main() in a program that starts processes. In a
 * child it runs the child's function and does not return.
 *
 * It also turns arguments into UTF-8 (Windows) and sets up the console for
 * UTF-8 text (weft/text.h).
 *
 * @param argc,argv  main's; on Windows replaced by UTF-8 copies that live as
 *                   long as the program
 *
 * Threads: main's.   Python: if __name__ == "__main__":.
 */
void weft_main(int *argc, char ***argv);

/**
 * A new process runs `function` with a copy of the argument, and exits with 0
 * if it returned 0, otherwise with 1.
 *
 * @param process   receives the handle
 * @param function  any function of this program or of a library that it loaded
 * @param argument  `size` bytes, copied; pointers in it mean nothing to the child,
 *                  handles of weft/shared.h do
 * @return 0; WEFT_EPERM: weft_main() was not called; WEFT_ENOMEM; WEFT_ELIMIT: no
 *         more processes, descriptors or shared memory; WEFT_ENOTFOUND: the function
 *         belongs to no loaded module; WEFT_ESYSTEM. After an error nothing runs.
 *
 * Threads: any.   Python: Process(target=function, args=(argument,)).start().
 */
WEFT_MUST_CHECK int weft_process_start(weft_process **process, weft_function *function,
                                       const void *argument, size_t size);

/** The same with options (NULL: none). Python: Process(name=...). */
WEFT_MUST_CHECK int weft_process_start_with(weft_process **process, weft_function *function,
                                            const void *argument, size_t size,
                                            const weft_process_options *options);

/**
 * Another program runs.
 *
 * @param process    receives the handle
 * @param arguments  UTF-8, the last one NULL; arguments[0] is the program: a path,
 *                   or a name that is looked up in PATH
 * @param options    NULL: all standard streams are the parent's
 * @return 0; WEFT_ENOTFOUND: no such program; WEFT_EPERM: not a program that may be
 *         run; WEFT_ENOMEM; WEFT_ELIMIT; WEFT_ESYSTEM
 *
 * Threads: any.   Python: subprocess.Popen.
 */
WEFT_MUST_CHECK int weft_process_open(weft_process **process, const char *const *arguments,
                                      const weft_program_options *options);

/**
 * The process has ended.
 *
 * @param until  absolute, monotonic ns; WEFT_NOW, WEFT_FOREVER, weft_in()
 * @return 0; WEFT_ETIMEDOUT: it still runs; WEFT_ECANCELED: likewise, and the calling task
 *         was cancelled
 *
 * Threads: any, any number, also after it ended.   Python: Process.join.
 */
int weft_process_join(weft_process *process, weft_time until);

/** For weft_wait_any(): ready when the process has ended. Threads: any. Python: sentinel. */
weft_waitable weft_process_waitable(weft_process *process);

/** How it ended, or that it has not. Threads: any. Python: Process.exitcode. */
void weft_process_status_get(weft_process *process, weft_process_status *status);

/** The system's number of the process, never 0. Threads: any. Python: Process.pid. */
uint64_t weft_process_pid(const weft_process *process);

/** The name, valid as long as the handle. Threads: any. Python: Process.name. */
const char *weft_process_name(const weft_process *process);

/**
 * The process has been asked to end: SIGTERM on POSIX; on Windows weft's own
 * processes end themselves, other programs are killed.
 *
 * @return 0, also if it has ended; WEFT_EPERM, WEFT_ESYSTEM: the system refused
 *
 * Threads: any.   Python: Process.terminate.
 */
int weft_process_terminate(weft_process *process);

/** The process ends now, whatever it does. Errors as terminate. Python: Process.kill. */
int weft_process_kill(weft_process *process);

/**
 * The handle is gone. A process that still runs goes on, and nobody will know how it
 * ends. (It dies with its parent if it runs a function of this program; another program
 * does so on Windows only.)
 *
 * @param process  NULL: nothing happens
 *
 * Threads: when no other uses the handle.   Python: Process.close.
 */
void weft_process_close(weft_process *process);

/**
 * Bytes that the process wrote to its output pipe.
 *
 * @param buffer  receives at most `size` bytes
 * @param length  receives how many, at least 1; 0: the output has ended
 * @return 0; WEFT_ETIMEDOUT: nothing came; WEFT_EINVAL: misuse, output is no pipe;
 *         WEFT_ENOMEM: output was dropped because memory ran out
 *
 * Threads: any.   Python: Popen.stdout.read1.
 */
int weft_process_read(weft_process *process, void *buffer, size_t size, size_t *length,
                      weft_time until);

/**
 * Bytes are on their way to the process's standard input.
 *
 * Never waits: what the process does not read yet is kept in memory.
 *
 * @return 0; WEFT_ECLOSED: input has been closed; WEFT_EINVAL: misuse, input is
 *         no pipe; WEFT_ENOMEM
 *
 * Threads: any.   Python: Popen.stdin.write.
 */
int weft_process_write(weft_process *process, const void *data, size_t size);

/** No more input will come: the process reads end of file after what was written. */
void weft_process_close_input(weft_process *process);

/** The calling process's number. Threads: any. Python: os.getpid. */
uint64_t weft_process_current_pid(void);

/** "MainProcess", or the name it was started with. Threads: any. Python: current_process().name. */
const char *weft_process_current_name(void);

#ifdef __cplusplus
}
#endif

#endif
