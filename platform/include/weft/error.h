/* SPDX-License-Identifier: MIT */
#ifndef WEFT_ERROR_H
#define WEFT_ERROR_H

/*
 * How weft says that something went wrong.
 *
 * A function that can fail returns `int`: 0, or one of the negative codes
 * below, and nothing else. The calling thread then finds the whole story (which
 * object, which address or path, what the system said) in weft_last_error().
 *
 *     int err = weft_queue_get(jobs, &job, weft_in(WEFT_MS(50)));
 *     if (err == WEFT_ETIMEDOUT)
 *         ...
 *     else if (err != 0)
 *         weft_print("%s\n", weft_last_error());
 */

#include "compiler.h"

#ifdef __cplusplus
extern "C" {
#endif

/* One line per code: name, value, text. Values never change their meaning. */
#define WEFT_ERRORS(X)                                            \
    X(EINVAL, -1, "invalid argument")                             \
    X(ENOMEM, -2, "out of memory")                                \
    X(ETIMEDOUT, -3, "the deadline passed")                       \
    X(ECLOSED, -4, "closed")                                      \
    X(ECANCELED, -5, "cancelled")                                 \
    X(EBUSY, -6, "in use")                                        \
    X(EPERM, -7, "not permitted")                                 \
    X(EDEADLK, -8, "would wait for itself")                       \
    X(EOWNERDEAD, -9, "the owner died")                           \
    X(ENOTSUP, -10, "not supported by this build")                \
    X(ENOTFOUND, -11, "not found")                                \
    X(EADDRINUSE, -12, "address in use")                          \
    X(EREFUSED, -13, "connection refused")                        \
    X(ERESET, -14, "connection reset")                            \
    X(EUNREACHABLE, -15, "network unreachable")                   \
    X(ETOOBIG, -16, "too big")                                    \
    X(ETRUNCATED, -17, "truncated")                               \
    X(ELIMIT, -18, "a limit of the system is reached")            \
    X(ELOST, -19, "the worker died")                              \
    X(EFAILED, -20, "the task failed")                            \
    X(EBADTEXT, -21, "not valid text")                            \
    X(EPROTOCOL, -22, "the other side broke the protocol")        \
    X(EBROKEN, -23, "the barrier is broken")                      \
    X(ESYSTEM, -24, "the system reported an error")               \
    X(EOVERRUN, -25, "ran longer than its limit")                 \
    X(ECERTIFICATE, -26, "the certificate does not verify")       \
    X(EREDIRECT, -27, "too many redirects")

enum weft_error {
#define WEFT_ERROR_CODE(name, value, text) WEFT_##name = (value),
    WEFT_ERRORS(WEFT_ERROR_CODE)
#undef WEFT_ERROR_CODE
};

/**
 * The name and meaning of a code, such as "WEFT_ETIMEDOUT: the deadline passed".
 *
 * @param code  0, a WEFT_E... code, or any other number
 * @return a constant text, never NULL; numbers that are no code say so
 *
 * Threads: any.   Python: os.strerror.
 */
const char *weft_strerror(int code);

/**
 * The calling thread's last failure as one sentence: object, address or path,
 * and the system's own reason.
 *
 * Functions that succeed leave it alone: ask only after an error.
 *
 * @return a text that stays valid until the thread's next failing call; never
 *         NULL, and empty only in a thread that never saw an error
 *
 * Threads: any; each thread has its own.   Python: str(exception).
 */
const char *weft_last_error(void);

/* Told of a misuse: the code that the call is about to return, and the sentence. */
typedef void weft_misuse_function(int code, const char *sentence);

/**
 * From now on `tell` hears of every misuse that weft sees (release by a thread
 * that is not the owner, join of oneself, double join, ...), before the call
 * returns its error.
 *
 * Weft itself never prints or aborts. A program that leaves results of calls
 * such as weft_mutex_release() unchecked installs a function that does.
 *
 * @param tell  called in the thread that misused, with no lock of weft held;
 *              NULL: nobody is told. Set before weft_main(), it is set in child
 *              processes too.
 *
 * Threads: any.   Python: sys.excepthook is nearest.
 */
void weft_on_misuse(weft_misuse_function *tell);

#ifdef __cplusplus
}
#endif

#endif
