/* SPDX-License-Identifier: MIT */
#ifndef WEFT_FRAMES_H
#define WEFT_FRAMES_H

/*
 * Messages out of a stream of bytes that cuts them anywhere: lines, or a length and
 * so many bytes. There is no socket in it; weft/reader.h has one.
 *
 *     weft_frames frames = WEFT_FRAMES_INIT(WEFT_FRAMING_LINE, 4096);
 *     ...
 *     weft_frames_feed(&frames, bytes, length);
 *     while (weft_frames_next(&frames, &message, &size, &err))
 *         use(message, size);
 *     if (err != 0)
 *         ...
 *
 * A message that came in one piece is not copied, and while none is under way there
 * is no buffer: an idle connection costs sizeof(weft_frames).
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <weft/compiler.h>

#ifdef __cplusplus
extern "C" {
#endif

enum weft_framing {
    WEFT_FRAMING_NONE,    /* whatever has arrived is a message */
    WEFT_FRAMING_LINE,    /* up to "\n" or "\r\n", which is not part of it; may be empty */
    WEFT_FRAMING_LENGTH32 /* 4 bytes, big-endian, say how many follow; may be 0 */
};

enum { WEFT_FRAMES_LIMIT = 65536 /* bytes of a message where 0 is given as limit */ };

/* Plain; its fields are the library's. */
typedef struct weft_frames {
    uint32_t kind;   /* enum weft_framing */
    uint32_t broken; /* a message was too big: nothing comes after it */
    size_t limit;    /* bytes of a message; 0: WEFT_FRAMES_LIMIT */
    char *kept;      /* memory for what waits for its rest; NULL: nothing does */
    size_t capacity;
    size_t begin, end;   /* bytes of `kept` that no message has taken */
    size_t searched;     /* of the bytes that are next: so many hold no end of a line */
    const char *fed;     /* the caller's bytes, which come after those in `kept` */
    size_t fed_size;
} weft_frames;

#define WEFT_FRAMES_INIT(kind, limit) {(kind), 0, (limit), NULL, 0, 0, 0, 0, NULL, 0}

/**
 * These bytes have arrived. They are not copied, and must stay until
 * weft_frames_next() has returned false.
 *
 * @return 0; WEFT_ENOMEM: something of an earlier call had to be kept; nothing changed
 *
 * Threads: one at a time.   Python: asyncio.StreamReader.feed_data.
 */
int weft_frames_feed(weft_frames *frames, const void *bytes, size_t length);

/**
 * The next message of those that have arrived.
 *
 * @param message receives where it is: in the bytes that were fed or in memory of
 *                `frames`, until the next call. No terminating zero
 * @param size    receives its bytes
 * @param err     receives 0, also if more has to arrive first. WEFT_ETOOBIG: the message
 *                is over the limit, and it is the last: WEFT_ECLOSED from then on.
 *                WEFT_ENOMEM: its beginning cannot be kept; it may be asked again
 * @return whether there is one
 *
 * Threads: one at a time.   Python: asyncio.StreamReader.readline, readexactly.
 */
WEFT_MUST_CHECK bool weft_frames_next(weft_frames *frames, const char **message, size_t *size,
                                      int *err);

/**
 * Where the next bytes may be put, instead of feeding others: what has been begun is
 * there already, so a large message is never copied. weft_frames_filled() tells how
 * many were. To be asked after weft_frames_next() has returned false.
 *
 * @param place  receives memory of `frames`
 * @param room   receives how many bytes it takes; as large as the message that was begun,
 *               or doubling, at least 1
 * @return 0; WEFT_ENOMEM
 *
 * Threads: one at a time.   Python: asyncio.BufferedProtocol.get_buffer, buffer_updated.
 */
int weft_frames_room(weft_frames *frames, void **place, size_t *room);
void weft_frames_filled(weft_frames *frames, size_t length);

/**
 * No more bytes will arrive.
 *
 * @param rest  receives what has come of a message, until the next call
 * @param size  receives how many bytes of it, without its length
 * @return 0: all messages were whole; WEFT_ETRUNCATED: one was not; WEFT_ECLOSED: one
 *         was too big
 *
 * Threads: one at a time.   Python: IncompleteReadError.partial.
 */
int weft_frames_end(weft_frames *frames, const char **rest, size_t *size);

/** Its memory is freed; it is as new. Threads: one at a time. */
void weft_frames_close(weft_frames *frames);

#ifdef __cplusplus
}
#endif

#endif
