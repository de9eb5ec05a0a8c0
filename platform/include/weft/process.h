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
 * parent, nothing as standard input, and no other file or socket but those that the
 * options name. It dies when its parent dies, however that ends; so does another
 * program, if weft_main() was called.
 *
 * Another program, as subprocess.run(["sort", "-r"], input=text, capture_output=True,
 * cwd="data", timeout=10) does it:
 *
 *     const char *const sort[] = {"sort", "-r", NULL};
 *     const weft_process_options options = {.folder = "data",
 *                                           .input = WEFT_STREAM_PIPE,
 *                                           .output = WEFT_STREAM_PIPE,
 *                                           .errors = WEFT_STREAM_PIPE};
 *     weft_process_output got;
 *     CHECK(weft_process_open(&p, sort, &options));
 *     CHECK(weft_process_communicate(p, text, strlen(text), &got, weft_in(WEFT_S(10))));
 *     weft_print("%s", got.output);
 *     weft_process_output_free(&got);
 *     weft_process_close(p);
 *
 * Popen(stdout=PIPE, stderr=STDOUT) is .output = WEFT_STREAM_PIPE, .errors =
 * WEFT_STREAM_OUTPUT; DEVNULL is WEFT_STREAM_NOTHING, and an open file
 * WEFT_STREAM_FILE with .output_file = "log.txt".
 *
 * A process that the program has forked off one of weft's (fork() without exec) may not
 * start any, nor join or end those of its parent: WEFT_EPERM.
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
typedef struct weft_socket weft_socket; /* weft/socket.h */

/* Where a standard stream of a child leads. */
enum weft_stream {
    WEFT_STREAM_DEFAULT, /* the parent's; input of a function: nothing */
    WEFT_STREAM_INHERIT, /* the parent's */
    WEFT_STREAM_NOTHING, /* empty input; output is thrown away */
    WEFT_STREAM_PIPE,    /* weft_process_write(), _read(), _read_errors(), _communicate() */
    WEFT_STREAM_FILE,    /* the file named beside it: read, or made anew and written */
    WEFT_STREAM_APPEND,  /* likewise, but output is added at its end */
    WEFT_STREAM_OUTPUT   /* errors only: where output goes */
};

/* An open file or socket for a child. The parent's stays its own. */
typedef struct weft_handover {
    const char *name;    /* how the child asks for it: weft_process_file(), _socket(). Another
                            program finds the number of the descriptor (Windows: the handle)
                            in the environment variable of that name */
    weft_socket *socket; /* NULL: the file */
    int file;            /* a descriptor of the C library: fileno(), open() */
} weft_handover;

/* All zero is the default. All texts are UTF-8 and only read during the call. */
typedef struct weft_process_options {
    const char *name;   /* NULL: "Process-1", "Process-2", ...; programs: arguments[0] */
    bool daemon;        /* weft_process_join_all() does not wait for it */
    bool group;         /* a group of its own: weft_process_kill_tree() reaches all that it
                           starts, Ctrl-C does not reach it */
    const char *folder; /* to work in, seen from the parent's; NULL: the parent's */
    const char *const *environment; /* all of it, "NAME=value", the last one NULL; NULL: the
                                       parent's. Windows adds SystemRoot, if it is missing:
                                       nothing works without it */
    enum weft_stream input, output, errors;
    const char *input_file, *output_file, *errors_file; /* paths, seen from the parent's folder */
    const weft_handover *hand_over; /* hand_over_count of them, at most 16 */
    size_t hand_over_count;
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

/**
 * The same with options (NULL: none).
 *
 * @return also WEFT_EINVAL: misuse, the options contradict each other; WEFT_ENOTFOUND,
 *         WEFT_EPERM: folder or file; WEFT_ENOTSUP: this backend cannot hand a socket over
 *
 * Threads: any.   Python: Process(name=..., daemon=...).
 */
WEFT_MUST_CHECK int weft_process_start_with(weft_process **process, weft_function *function,
                                            const void *argument, size_t size,
                                            const weft_process_options *options);

/**
 * Another program runs.
 *
 * It ends when this process does: on POSIX a guard sees to that, which is this program, started
 * once more by the first call ("--weft-guard") and gone soon after us. If there can be no guard,
 * programs run all the same.
 *
 * @param process    receives the handle
 * @param arguments  UTF-8, the last one NULL; arguments[0] is the program: a path, seen
 *                   from the parent's folder, or a name that is looked up in its PATH
 * @param options    NULL: none
 * @return 0; WEFT_ENOTFOUND: no such program, folder or file; WEFT_EPERM: not a program that may be
 *         run; WEFT_ENOMEM; WEFT_ELIMIT; WEFT_ESYSTEM
 *
 * Threads: any.   Python: subprocess.Popen.
 */
WEFT_MUST_CHECK int weft_process_open(weft_process **process, const char *const *arguments,
                                      const weft_process_options *options);

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

/**
 * Every process that this one started as a function, and not as a daemon, has ended: what
 * Python does when it exits. A child does so by itself when its function has returned 0, after
 * weft_thread_join_all(); processes that still run when main() returns are killed.
 *
 * @return 0; WEFT_ETIMEDOUT, WEFT_ECANCELED: the sentence names one that still runs
 *
 * Threads: any.   Python: multiprocessing, at exit.
 */
int weft_process_join_all(weft_time until);

/** For weft_wait_any(): ready when the process has ended. Threads: any. Python: sentinel. */
weft_waitable weft_process_waitable(weft_process *process);

/** How it ended, or that it has not. Threads: any. Python: Process.exitcode. */
void weft_process_status_get(weft_process *process, weft_process_status *status);

/** The system's number of the process, never 0. Threads: any. Python: Process.pid. */
uint64_t weft_process_pid(const weft_process *process);

/** The name, valid as long as the handle. Threads: any. Python: Process.name. */
const char *weft_process_name(const weft_process *process);

/**
 * The process has been asked to end: SIGTERM on POSIX. On Windows weft's own processes end
 * themselves, a program with a group of its own on this console gets Ctrl-Break, and all
 * other programs are killed.
 *
 * @return 0, also if it has ended; WEFT_EPERM, WEFT_ESYSTEM: the system refused
 *
 * Threads: any.   Python: Process.terminate.
 */
int weft_process_terminate(weft_process *process);

/** The process ends now, whatever it does. Errors as terminate. Python: Process.kill. */
int weft_process_kill(weft_process *process);

/**
 * The process and all that it has started, and they in turn, end now.
 *
 * @param process  started with the option `group`; what put itself into another group
 *                 (POSIX: setsid) is not reached. It may have ended: what it has started is
 *                 reached as long as the handle is open
 * @return 0, also if all have ended; WEFT_EINVAL: misuse, it has no group; WEFT_EPERM,
 *         WEFT_ESYSTEM
 *
 * Threads: any.   Python: os.killpg.
 */
int weft_process_kill_tree(weft_process *process);

/**
 * The handle is gone. A process that still runs goes on until its parent ends, and nobody
 * will know how it ended.
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

/** As weft_process_read(), from the pipe of its errors. Python: Popen.stderr.read1. */
int weft_process_read_errors(weft_process *process, void *buffer, size_t size, size_t *length,
                             weft_time until);

/* What a process has written: weft_alloc()'s memory, each text with a 0 behind it that does
 * not count; NULL and 0 for what is no pipe. */
typedef struct weft_process_output {
    char *output;
    size_t output_size;
    char *errors;
    size_t errors_size;
} weft_process_output;

/**
 * The process has read its input to the end, written all of its output, and ended.
 *
 * All pipes move at once, so that no side waits for the other.
 *
 * @param input   input_size bytes; NULL, 0: none. Without a pipe for it, it must be none
 * @param output  receives what was written, to be freed by weft_process_output_free();
 *                untouched on error
 * @return 0; WEFT_ETIMEDOUT, WEFT_ECANCELED: it has not; what came so far is kept: call
 *         again, without input, or kill it first; WEFT_EINVAL: misuse, there is input, but
 *         no pipe; WEFT_ENOMEM. A process that reads no more input is no error.
 *
 * Threads: one at a time.   Python: Popen.communicate(input, timeout).
 */
WEFT_MUST_CHECK int weft_process_communicate(weft_process *process, const void *input,
                                             size_t input_size, weft_process_output *output,
                                             weft_time until);

/** Frees both texts, and makes them NULL. */
void weft_process_output_free(weft_process_output *output);

/* ---- in the child ---------------------------------------------------------------- */

/**
 * The descriptor of a file that the parent handed over: fdopen(), read(), close().
 *
 * @param file  receives it, the caller's from now on
 * @return 0; WEFT_ENOTFOUND: none of this name, or it was asked for before, or is a socket
 *
 * Threads: any, once per name.   Python: none (pass_fds).
 */
WEFT_MUST_CHECK int weft_process_file(int *file, const char *name);

/** Likewise a socket: weft_socket_close() ends it. Errors as weft_process_file(). */
WEFT_MUST_CHECK int weft_process_socket(weft_socket **socket, const char *name);

/** The calling process's number. Threads: any. Python: os.getpid. */
uint64_t weft_process_current_pid(void);

/** "MainProcess", or the name it was started with. Threads: any. Python: current_process().name. */
const char *weft_process_current_name(void);

#ifdef __cplusplus
}
#endif

#endif
