/* SPDX-License-Identifier: MIT */
/*
 * Where a message ends is found by cut(), a function of bytes alone. The bytes are those
 * that were kept and, after them, those that were fed.
 *
 * While nothing is kept, messages are cut out of what was fed, and only the beginning
 * of the last one is copied. Once something is kept, only as much is added to it as its
 * own message needs; the next one is again where it was fed.
 *
 * Nobody else has a weft_frames at the same time, so there is no lock.
 */
#include "weft/frames.h"

#include <string.h>

#include "internal.h"
#include "weft/memory.h"

enum {
    HEADER = 4,        /* bytes of a length */
    FIRST_KEPT = 256,  /* a beginning is short, usually */
    FIRST_ROOM = 4096, /* where a system's call writes */
    MOST_ROOM = 65536  /* beyond what is there: no more comes at once */
};

/* What bytes begin with. */
struct cut {
    const char *message;
    size_t size;
    size_t taken;  /* bytes, with length or end of line; 0: the message is not all there */
    size_t wanted; /* then: so many more bytes are needed, or more */
};

static size_t limit_of(const weft_frames *frames)
{
    const size_t most = SIZE_MAX / 4; /* so that no sum of sizes is too large */

    if (frames->limit == 0)
        return WEFT_FRAMES_LIMIT;
    return frames->limit < most ? frames->limit : most;
}

static int cut_line(weft_frames *frames, const char *bytes, size_t length, struct cut *cut)
{
    size_t from = frames->searched;
    const char *feed = memchr(bytes + from, '\n', length - from);
    size_t size = feed ? (size_t)(feed - bytes) : length;

    *cut = (struct cut){.message = bytes, .taken = feed ? size + 1 : 0, .wanted = 1};
    frames->searched = length;
    /* Without a feed, this is the line's end perhaps. */
    if (size > 0 && bytes[size - 1] == '\r')
        size--;
    cut->size = size;
    if (size > limit_of(frames))
        return weft__fail(WEFT_ETOOBIG, "a line is longer than %zu bytes", limit_of(frames));
    return 0;
}

static int cut_length32(const weft_frames *frames, const char *bytes, size_t length,
                        struct cut *cut)
{
    const unsigned char *b = (const unsigned char *)bytes;

    *cut = (struct cut){.wanted = HEADER - length};
    if (length < HEADER)
        return 0;
    cut->message = bytes + HEADER;
    cut->size = (size_t)b[0] << 24 | (size_t)b[1] << 16 | (size_t)b[2] << 8 | b[3];
    if (cut->size > limit_of(frames))
        return weft__fail(WEFT_ETOOBIG, "a message of %zu bytes is announced, the limit is %zu",
                          cut->size, limit_of(frames));
    if (length - HEADER < cut->size)
        cut->wanted = cut->size - (length - HEADER);
    else
        cut->taken = HEADER + cut->size;
    return 0;
}

static int cut_none(const weft_frames *frames, const char *bytes, size_t length, struct cut *cut)
{
    size_t size = length < limit_of(frames) ? length : limit_of(frames);

    *cut = (struct cut){.message = bytes, .size = size, .taken = size, .wanted = 1};
    return 0;
}

/* The message that the next bytes begin with. WEFT_ETOOBIG, and nothing more to come. */
static int cut(weft_frames *frames, struct cut *found)
{
    size_t kept = frames->end - frames->begin, length = kept > 0 ? kept : frames->fed_size;
    const char *bytes = kept > 0 ? frames->kept + frames->begin : frames->fed;
    int err = 0;

    *found = (struct cut){.wanted = 1};
    if (length == 0)
        return 0;
    if (frames->kind == WEFT_FRAMING_LINE)
        err = cut_line(frames, bytes, length, found);
    else if (frames->kind == WEFT_FRAMING_LENGTH32)
        err = cut_length32(frames, bytes, length, found);
    else
        err = cut_none(frames, bytes, length, found);
    if (err != 0) {
        weft_frames_close(frames);
        frames->broken = true;
    }
    return err;
}

static void move_to_start(weft_frames *frames)
{
    size_t length = frames->end - frames->begin;

    if (frames->begin == 0)
        return;
    memmove(frames->kept, frames->kept + frames->begin, length);
    frames->begin = 0;
    frames->end = length;
}

/* Memory for `more` bytes after those that are kept, which may move. */
static int make_room(weft_frames *frames, size_t more, size_t first_capacity)
{
    size_t length = frames->end - frames->begin, capacity = first_capacity;
    char *kept;

    if (frames->capacity - length >= more) {
        if (frames->capacity - frames->end < more)
            move_to_start(frames);
        return 0;
    }
    while (capacity < length + more)
        capacity *= 2;
    kept = weft_alloc(capacity);
    if (!kept)
        return WEFT_ENOMEM;
    if (length > 0)
        memcpy(kept, frames->kept + frames->begin, length);
    weft_free(frames->kept);
    frames->kept = kept;
    frames->capacity = capacity;
    frames->begin = 0;
    frames->end = length;
    return 0;
}

/* The first `count` bytes of what was fed are kept. */
static int keep(weft_frames *frames, size_t count)
{
    int err = make_room(frames, count, FIRST_KEPT);

    if (err != 0)
        return err;
    memcpy(frames->kept + frames->end, frames->fed, count);
    frames->end += count;
    frames->fed += count;
    frames->fed_size -= count;
    return 0;
}

/* How many of the bytes that were fed belong to the message whose beginning is next. */
static size_t part_of_message(const weft_frames *frames, size_t wanted)
{
    size_t size = frames->fed_size, room = limit_of(frames) + 2;
    const char *feed;

    if (frames->end == frames->begin)
        return size;
    if (frames->kind == WEFT_FRAMING_LENGTH32)
        return wanted < size ? wanted : size;
    /* Two bytes over the limit, no line is right any more. */
    room -= frames->end - frames->begin;
    if (room < size)
        size = room;
    feed = memchr(frames->fed, '\n', size);
    return feed ? (size_t)(feed - frames->fed) + 1 : size;
}

static void take(weft_frames *frames, size_t count)
{
    frames->searched = 0;
    if (frames->end > frames->begin) {
        frames->begin += count;
    } else {
        frames->fed += count;
        frames->fed_size -= count;
    }
}

int weft_frames_feed(weft_frames *frames, const void *bytes, size_t length)
{
    if (frames->broken)
        return 0;
    if (frames->fed_size > 0 && keep(frames, frames->fed_size) != 0)
        return WEFT_ENOMEM;
    frames->fed = bytes;
    frames->fed_size = length;
    return 0;
}

bool weft_frames_next(weft_frames *frames, const char **message, size_t *size, int *err)
{
    struct cut found;

    if (frames->broken) {
        *err = weft__fail(WEFT_ECLOSED, "no message comes after one that was too big");
        return false;
    }
    if (!frames->kept && frames->fed_size == 0) { /* as after most messages */
        frames->fed = NULL;
        *err = 0;
        return false;
    }
    for (*err = cut(frames, &found); *err == 0; *err = cut(frames, &found)) {
        if (found.taken > 0) {
            *message = found.message;
            *size = found.size;
            take(frames, found.taken);
            return true;
        }
        if (frames->fed_size == 0)
            break;
        *err = keep(frames, part_of_message(frames, found.wanted));
        if (*err != 0)
            return false;
    }
    if (*err == 0 && frames->begin == frames->end)
        weft_frames_close(frames);
    return false;
}

int weft_frames_room(weft_frames *frames, void **place, size_t *room)
{
    size_t length = frames->end - frames->begin, more = length;
    struct cut found;
    int err = 0;

    if (frames->fed_size > 0)
        err = keep(frames, frames->fed_size);
    if (err == 0 && frames->kind == WEFT_FRAMING_LENGTH32) {
        err = cut(frames, &found);
        if (err == 0 && found.taken == 0 && found.wanted < more)
            more = found.wanted;
    }
    if (more > MOST_ROOM)
        more = MOST_ROOM;
    if (err == 0)
        err = make_room(frames, more > 0 ? more : 1, FIRST_ROOM);
    if (err != 0)
        return err;
    move_to_start(frames);
    *place = frames->kept + frames->end;
    *room = frames->capacity - frames->end;
    return 0;
}

void weft_frames_filled(weft_frames *frames, size_t length)
{
    frames->end += length;
}

int weft_frames_end(weft_frames *frames, const char **rest, size_t *size)
{
    size_t length = frames->end - frames->begin, header = 0;

    if (length > 0) {
        *rest = frames->kept + frames->begin;
    } else {
        *rest = frames->fed;
        length = frames->fed_size;
    }
    if (frames->kind == WEFT_FRAMING_LENGTH32)
        header = length < HEADER ? length : HEADER;
    *size = length - header;
    if (frames->broken)
        return weft__fail(WEFT_ECLOSED, "no message comes after one that was too big");
    if (length == 0)
        return 0;
    *rest += header;
    return weft__fail(WEFT_ETRUNCATED, "the stream ended after %zu bytes of a %s", *size,
                      frames->kind == WEFT_FRAMING_LINE ? "line" : "message");
}

void weft_frames_close(weft_frames *frames)
{
    weft_free(frames->kept);
    *frames = (weft_frames){.kind = frames->kind, .limit = frames->limit};
}
