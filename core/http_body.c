/* SPDX-License-Identifier: MIT */
/*
 * Where the body of a fetch goes: into the block that will be the future's result, or, if the
 * server says 2xx, to a sink or a file where there is one.
 *
 * A file is written under another name, made of the number of this process and of this file, and
 * renamed when it is whole: nobody sees half of it, and what was there before stays if the fetch
 * fails. All of this runs in the HTTP thread.
 */
#include "http_fetch.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <weft/error.h>
#include <weft/fault.h>
#include <weft/memory.h>
#include <weft/process.h>

#include "internal.h"

enum { FIRST_CAPACITY = 4096 - sizeof(struct weft__http_page) };

/* Remembers the calling thread's last error as the fetch's. */
static int refuse(struct weft__http_fetch *fetch, int err)
{
    fetch->err = err;
    snprintf(fetch->sentence, sizeof(fetch->sentence), "%s", weft_last_error());
    return err;
}

/* ---- memory -------------------------------------------------------------------- */

/* Room for `more` bytes and a terminating zero. */
static int reserve(struct weft__http_fetch *fetch, size_t more)
{
    size_t needed = fetch->stored + more + 1;
    size_t capacity = fetch->capacity > SIZE_MAX / 4 ? needed : fetch->capacity * 2;
    int err = weft_fault_point("http.body");
    struct weft__http_page *page;

    if (err == 0 && needed <= fetch->capacity)
        return 0;
    if (capacity < FIRST_CAPACITY)
        capacity = FIRST_CAPACITY;
    if (capacity < needed)
        capacity = needed;
    page = err == 0 ? weft_alloc(sizeof(*page) + capacity) : NULL;
    if (!page) {
        weft__fail(WEFT_ENOMEM, "http get %s: no memory for the body after %zu bytes",
                   fetch->shown_url, fetch->stored);
        return refuse(fetch, WEFT_ENOMEM);
    }
    if (fetch->stored > 0)
        memcpy(page->body, fetch->page->body, fetch->stored);
    weft_free(fetch->page);
    fetch->page = page;
    fetch->capacity = capacity;
    return 0;
}

static int keep(struct weft__http_fetch *fetch, const char *data, size_t length)
{
    int err = reserve(fetch, length);

    if (err != 0)
        return err;
    memcpy(fetch->page->body + fetch->stored, data, length);
    fetch->stored += length;
    return 0;
}

/* ---- file and sink ------------------------------------------------------------- */

/* The system's refusal, which the calling thread's last error is. */
static int refuse_file(struct weft__http_fetch *fetch, int err)
{
    int code =
        err == WEFT_ENOMEM ? err : WEFT_ESYSTEM; /* others have a meaning of their own here */

    weft__fail(code, "http get %s: %.160s", fetch->shown_url, weft_last_error());
    return refuse(fetch, code);
}

static int refuse_bytes(struct weft__http_fetch *fetch)
{
    weft__fail(WEFT_ESYSTEM, "cannot write '%.80s': %s", fetch->part, strerror(errno));
    return refuse_file(fetch, WEFT_ESYSTEM);
}

static int open_part(struct weft__http_fetch *fetch)
{
    static unsigned number; /* of the HTTP thread alone */
    size_t size = strlen(fetch->file) + 64;
    int err;

    fetch->part = weft_alloc(size);
    if (!fetch->part)
        return refuse(fetch, WEFT_ENOMEM);
    snprintf(fetch->part, size, "%s.%llu-%u.part", fetch->file,
             (unsigned long long)weft_process_current_pid(), number++);
    err = weft__path_create(fetch->part, &fetch->stream);
    if (err == 0)
        return 0;
    weft_free(fetch->part); /* it is not ours to remove */
    fetch->part = NULL;
    return refuse_file(fetch, err);
}

static int write_part(struct weft__http_fetch *fetch, const char *data, size_t length)
{
    int err = fetch->stream ? 0 : open_part(fetch);

    if (err == 0 && fwrite(data, 1, length, fetch->stream) != length)
        err = refuse_bytes(fetch);
    return err;
}

static int finish_file(struct weft__http_fetch *fetch)
{
    FILE *stream = fetch->stream;
    int err;

    if (!stream) /* no body, which is an empty file */
        return open_part(fetch) != 0 ? fetch->err : finish_file(fetch);
    fetch->stream = NULL;
    if (fclose(stream) != 0)
        return refuse_bytes(fetch);
    err = weft__path_replace(fetch->file, fetch->part);
    if (err != 0)
        return refuse_file(fetch, err);
    weft_free(fetch->part);
    fetch->part = NULL;
    return 0;
}

static int pour(struct weft__http_fetch *fetch, const char *data, size_t length)
{
    int err;

    weft__clear_error();
    err = fetch->sink(data, length, fetch->context);
    if (err == 0)
        return 0;
    weft__fail(err, "http get %s: its sink refused: %.160s", fetch->shown_url,
               *weft_last_error() ? weft_last_error() : weft_strerror(err));
    return refuse(fetch, err);
}

/* ---- all of them --------------------------------------------------------------- */

/* The answer is what the caller wants to have elsewhere than in memory. */
static bool goes_out(const struct weft__http_fetch *fetch)
{
    long status = 0;

    curl_easy_getinfo(fetch->easy, CURLINFO_RESPONSE_CODE, &status);
    return (fetch->sink || fetch->file) && status >= 200 && status <= 299;
}

size_t weft__http_body_receive(char *data, size_t size, size_t count, void *context)
{
    struct weft__http_fetch *fetch = context;
    size_t length = size * count; /* anything but this stops the transfer */
    bool out = goes_out(fetch);
    uint64_t limit = fetch->size_limit > 0 ? fetch->size_limit
                     : out                 ? UINT64_MAX
                                           : WEFT__HTTP_MEMORY_LIMIT;
    int err;

    if (length > limit - fetch->received) {
        weft__fail(WEFT_ETOOBIG, "http get %s: the body is over the limit of %llu bytes",
                   fetch->shown_url, (unsigned long long)limit);
        err = refuse(fetch, WEFT_ETOOBIG);
    } else if (!out) {
        err = keep(fetch, data, length);
    } else {
        err = fetch->sink ? pour(fetch, data, length) : write_part(fetch, data, length);
    }
    if (err != 0)
        return length == 0;
    fetch->received += length;
    return length;
}

int weft__http_body_end(struct weft__http_fetch *fetch, size_t *size)
{
    long status = 0;
    int err = reserve(fetch, 0); /* no body is an empty text */

    if (err == 0 && fetch->file && goes_out(fetch))
        err = finish_file(fetch);
    if (err != 0)
        return err;
    curl_easy_getinfo(fetch->easy, CURLINFO_RESPONSE_CODE, &status);
    fetch->page->mark = WEFT__HTTP_MARK;
    fetch->page->status = (int32_t)status;
    fetch->page->size = fetch->received;
    fetch->page->body[fetch->stored] = '\0';
    *size = offsetof(struct weft__http_page, body) + fetch->stored + 1;
    return 0;
}

void weft__http_body_drop(struct weft__http_fetch *fetch)
{
    if (fetch->stream)
        fclose(fetch->stream);
    if (fetch->part)
        weft__path_remove(fetch->part);
    weft_free(fetch->part);
    weft_free(fetch->page);
    fetch->stream = NULL;
    fetch->part = NULL;
    fetch->page = NULL;
}
