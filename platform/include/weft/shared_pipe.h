/* SPDX-License-Identifier: MIT */
#ifndef WEFT_SHARED_PIPE_H
#define WEFT_SHARED_PIPE_H

/*
 * A pipe for messages, in both directions, between two processes of one program.
 *
 *     weft_shared_pipe here, there;
 *     CHECK(weft_shared_pipe_create(&here, &there, 0));
 *     CHECK(weft_process_start(&p, talk, &there, sizeof(there)));
 *     CHECK(weft_shared_pipe_send(here, "ping", 4, WEFT_FOREVER));
 *     CHECK(weft_shared_pipe_receive(here, text, sizeof(text), &length, WEFT_FOREVER));
 *
 * A message arrives whole or not at all. An end belongs to the process that used it
 * last: when that process ends, however it does, the other end reads what was sent and
 * then meets the end (WEFT_ECLOSED), as it does after _close. An end that nobody has used
 * yet may still get a user.
 */

#include <stddef.h>

#include "arena.h"
#include "time.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct weft_shared_pipe {
    weft_offset at; /* 0: no pipe. The lowest bit says which end */
} weft_shared_pipe;

/**
 * The two ends of a pipe.
 *
 * @param bytes  that may be under way in each direction, each message with 8 more and
 *               rounded up to 8; 0: 64 KiB
 * @return 0; WEFT_EINVAL: too many bytes; WEFT_ENOMEM, WEFT_ELIMIT: as weft_shared_alloc()
 *
 * Threads: any.   Python: multiprocessing.Pipe().
 */
WEFT_MUST_CHECK int weft_shared_pipe_create(weft_shared_pipe *one, weft_shared_pipe *other,
                                            size_t bytes);

/**
 * The message is on its way.
 *
 * @param message  `size` bytes, may be 0
 * @return 0; WEFT_ETIMEDOUT: there was no room; WEFT_ECANCELED; WEFT_ECLOSED: nobody is at
 *         the other end any more; WEFT_ETOOBIG: it would not fit into the empty pipe;
 *         WEFT_EINVAL: misuse, no pipe
 *
 * Threads: any.   Python: Connection.send_bytes.
 */
WEFT_MUST_CHECK int weft_shared_pipe_send(weft_shared_pipe end, const void *message, size_t size,
                                          weft_time until);

/**
 * The next message.
 *
 * @param message  receives it; untouched on error
 * @param size     bytes that are there for it
 * @param length   receives the message's size, also with WEFT_ETOOBIG; NULL: it must be `size`
 * @return 0; WEFT_ETIMEDOUT: none came; WEFT_ECANCELED; WEFT_ECLOSED: none is there, and nobody
 *         is at the other end any more; WEFT_ETOOBIG: it has another size, and is still the
 *         next; WEFT_EINVAL: misuse, no pipe
 *
 * Threads: any.   Python: Connection.recv_bytes; EOFError is WEFT_ECLOSED. poll(timeout) is
 * a size of 0 with a length.
 */
WEFT_MUST_CHECK int weft_shared_pipe_receive(weft_shared_pipe end, void *message, size_t size,
                                             size_t *length, weft_time until);

/** This end is closed; the memory goes with the second one, or with the program. */
void weft_shared_pipe_close(weft_shared_pipe end);

#ifdef __cplusplus
}
#endif

#endif
