/* SPDX-License-Identifier: MIT */
#ifndef WEFT_READER_H
#define WEFT_READER_H

/*
 * Lines or framed messages from a connection, and to one.
 *
 *     weft_reader *reader;
 *     CHECK(weft_reader_create(&reader, socket, WEFT_FRAMING_LINE, 4096));
 *     while ((err = weft_reader_next(reader, &line, &size, weft_in(WEFT_S(30)))) == 0)
 *         CHECK(weft_socket_send_frame(socket, WEFT_FRAMING_LINE, line, size, SOON));
 *     if (err != WEFT_ECLOSED)
 *         weft_print("%s\n", weft_last_error());
 *     weft_reader_close(reader);
 */

#include <stddef.h>

#include <weft/compiler.h>
#include <weft/frames.h>
#include <weft/socket.h>
#include <weft/time.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct weft_reader weft_reader;

/**
 * Messages will be read from the socket, by this reader alone.
 *
 * @param socket  a connection; still the caller's, and must outlive the reader
 * @param limit   bytes of a message; 0: WEFT_FRAMES_LIMIT
 * @return 0; WEFT_ENOMEM; WEFT_EINVAL: misuse, no such framing
 *
 * Threads: any.   Python: socket.makefile("rb").
 */
WEFT_MUST_CHECK int weft_reader_create(weft_reader **reader, weft_socket *socket,
                                       enum weft_framing framing, size_t limit);

/**
 * The next message.
 *
 * @param message  receives where it is, until the next call; no terminating zero. With
 *                 WEFT_ETRUNCATED: what has come of it
 * @param size     receives its bytes; 0 after any other error
 * @return 0; WEFT_ECLOSED: the peer has finished, and all was read; WEFT_ETRUNCATED:
 *         the peer finished inside a message, and WEFT_ECLOSED comes next;
 *         WEFT_ETOOBIG: over the limit, and it is the last; WEFT_ETIMEDOUT, WEFT_ECANCELED,
 *         WEFT_ENOMEM: nothing is lost, the next call goes on; WEFT_ERESET; WEFT_ESYSTEM
 *
 * Threads: one at a time.   Python: file.readline; StreamReader.readline.
 */
WEFT_MUST_CHECK int weft_reader_next(weft_reader *reader, const char **message, size_t *size,
                                     weft_time until);

/** Forgets what was read ahead; the socket stays open. NULL is allowed. Threads: the last. */
void weft_reader_close(weft_reader *reader);

/**
 * One message is handed to the system, so that a reader of this framing gets it.
 *
 * @return as weft_socket_send(), after whose errors part of the message may have gone;
 *         WEFT_EINVAL: a line with a "\n" in it or "\r" at its end would arrive as
 *         something else; WEFT_ETOOBIG: 4 GiB or more; WEFT_ENOMEM
 *
 * Threads: one sender at a time.   Python: socket.sendall(line + b"\n").
 */
int weft_socket_send_frame(weft_socket *socket, enum weft_framing framing, const void *data,
                           size_t size, weft_time until);

#ifdef __cplusplus
}
#endif

#endif
