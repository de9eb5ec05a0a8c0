/* SPDX-License-Identifier: MIT */
/*
 * Replies of a connection that never blocks. They go to the system at once; what it does not
 * take is kept here, behind what is kept already, until the poller tells that it takes more.
 * The memory is there only while something is kept.
 *
 * It belongs to whose turn the connection is.
 */
#include <string.h>

#include "server_private.h"
#include "weft/memory.h"

enum { FIRST_CAPACITY = 4096 };

struct weft__output {
    size_t begin, end, capacity; /* bytes; those from begin to end are to be sent */
    unsigned char bytes[];
};

size_t weft__output_size(const struct weft__connection *connection)
{
    return connection->output ? connection->output->end - connection->output->begin : 0;
}

void weft__output_free(struct weft__connection *connection)
{
    weft_free(connection->output);
    connection->output = NULL;
}

/* What the system takes now. */
static int send_some(struct weft__connection *connection, const void *data, size_t size,
                     size_t *sent)
{
    int err = weft_socket_send(connection->socket, data, size, sent, WEFT_NOW);
    weft_atomic_u64 *out = &connection->counts[2];

    weft_store_u64(out, weft_load_u64(out, WEFT_RELAXED) + *sent, WEFT_RELAXED);
    return err == WEFT_ETIMEDOUT ? 0 : err;
}

static int keep(struct weft__connection *connection, const void *data, size_t size)
{
    struct weft__output *output = connection->output;
    size_t kept = weft__output_size(connection);

    if (!output || output->capacity - output->end < size) {
        size_t capacity = FIRST_CAPACITY;

        while (capacity < kept + size)
            capacity *= 2;
        output = weft_alloc(sizeof(*output) + capacity);
        if (!output)
            return WEFT_ENOMEM;
        if (kept > 0)
            memcpy(output->bytes, connection->output->bytes + connection->output->begin, kept);
        output->end = kept;
        output->capacity = capacity;
        weft_free(connection->output);
        connection->output = output;
    }
    memcpy(output->bytes + output->end, data, size);
    output->end += size;
    return 0;
}

int weft__output_add(struct weft__connection *connection, const void *data, size_t size)
{
    size_t sent = 0;
    int err = 0;

    if (!connection->output)
        err = send_some(connection, data, size, &sent);
    if (err == 0 && sent < size)
        err = keep(connection, (const char *)data + sent, size - sent);
    return err;
}

int weft__output_flush(struct weft__connection *connection)
{
    struct weft__output *output = connection->output;
    size_t sent = 0;
    int err;

    if (!output)
        return 0;
    err = send_some(connection, output->bytes + output->begin, output->end - output->begin, &sent);
    output->begin += sent;
    if (err == 0 && output->begin == output->end)
        weft__output_free(connection);
    return err;
}
