/* SPDX-License-Identifier: MIT */
/*
 * A socket's bytes go straight into the memory of a weft_frames, which cuts them.
 *
 * A message is sent by one call, with its length or end: two calls would be two packets,
 * and the second would wait until the peer's system has acknowledged the first.
 *
 * One thread reads at a time, so there is no lock.
 */
#include "weft/reader.h"

#include <stdint.h>
#include <string.h>

#include "internal.h"
#include "weft/memory.h"

enum { USUAL_MESSAGE = 2048 /* bytes that are put together on the stack */ };

struct weft_reader {
    weft_socket *socket;
    weft_frames frames;
    bool ended; /* the peer has finished, and that was told with what came last */
};

static int check_framing(enum weft_framing framing)
{
    if (framing != WEFT_FRAMING_NONE && framing != WEFT_FRAMING_LINE &&
        framing != WEFT_FRAMING_LENGTH32)
        return weft__misuse(WEFT_EINVAL, "framing %d: there is none", (int)framing);
    return 0;
}

int weft_reader_create(weft_reader **reader, weft_socket *socket, enum weft_framing framing,
                       size_t limit)
{
    weft_reader *made;
    int err = check_framing(framing);

    if (err != 0)
        return err;
    made = weft_alloc(sizeof(*made));
    if (!made)
        return WEFT_ENOMEM;
    made->socket = socket;
    made->frames = (weft_frames)WEFT_FRAMES_INIT(framing, limit);
    *reader = made;
    return 0;
}

static int finish(weft_reader *reader, const char **message, size_t *size)
{
    int err = weft_frames_end(&reader->frames, message, size);

    reader->ended = true;
    return err != 0 ? err : weft__fail(WEFT_ECLOSED, "reader: the peer has finished");
}

int weft_reader_next(weft_reader *reader, const char **message, size_t *size, weft_time until)
{
    int err = 0;

    *size = 0;
    if (reader->ended)
        return weft__fail(WEFT_ECLOSED, "reader: the peer has finished");
    while (!weft_frames_next(&reader->frames, message, size, &err)) {
        size_t room = 0, length = 0;
        void *place = NULL;

        if (err == 0)
            err = weft_frames_room(&reader->frames, &place, &room);
        if (err == 0)
            err = weft_socket_recv(reader->socket, place, room, &length, until);
        if (err != 0)
            return err;
        if (length == 0)
            return finish(reader, message, size);
        weft_frames_filled(&reader->frames, length);
    }
    return 0;
}

void weft_reader_close(weft_reader *reader)
{
    if (!reader)
        return;
    weft_frames_close(&reader->frames);
    weft_free(reader);
}

/* ---- sending ------------------------------------------------------------------------ */

static int check_message(enum weft_framing framing, const char *data, size_t size)
{
    if (framing == WEFT_FRAMING_LENGTH32 && size > UINT32_MAX)
        return weft__fail(WEFT_ETOOBIG, "a message of %zu bytes: 4 bytes cannot say that", size);
    if (framing != WEFT_FRAMING_LINE || size == 0)
        return check_framing(framing);
    if (memchr(data, '\n', size))
        return weft__fail(WEFT_EINVAL, "a line of %zu bytes has a line's end inside", size);
    if (data[size - 1] == '\r')
        return weft__fail(WEFT_EINVAL, "a line of %zu bytes ends in \\r, which would be lost",
                          size);
    return 0;
}

/* The message as it goes over the line; its size. */
static size_t put_together(enum weft_framing framing, const void *data, size_t size, char *bytes)
{
    size_t header = 0;

    if (framing == WEFT_FRAMING_LENGTH32) {
        for (header = 0; header < 4; header++)
            bytes[header] = (char)(unsigned char)(size >> (24 - 8 * header));
    }
    if (size > 0)
        memcpy(bytes + header, data, size);
    if (framing == WEFT_FRAMING_LINE)
        bytes[size] = '\n';
    return header + size + (framing == WEFT_FRAMING_LINE);
}

int weft_socket_send_frame(weft_socket *socket, enum weft_framing framing, const void *data,
                           size_t size, weft_time until)
{
    char usual[USUAL_MESSAGE], *bytes = usual;
    int err = check_message(framing, data, size);

    if (err != 0)
        return err;
    if (framing == WEFT_FRAMING_NONE)
        return weft_socket_send(socket, data, size, NULL, until);
    if (size > USUAL_MESSAGE - 4) {
        bytes = size < SIZE_MAX - 4 ? weft_alloc(size + 4) : NULL;
        if (!bytes)
            return WEFT_ENOMEM;
    }
    size = put_together(framing, data, size, bytes);
    err = weft_socket_send(socket, bytes, size, NULL, until);
    if (bytes != usual)
        weft_free(bytes);
    return err;
}
