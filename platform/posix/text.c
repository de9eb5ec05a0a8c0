/* SPDX-License-Identifier: MIT */
/*
 * Standard streams as descriptors, GBK by iconv, the locale's name.
 *
 * Text goes through unchanged, but for a terminal whose locale is not UTF-8. The
 * callers hold locks: one thread writes, one reads, one asks for GBK.
 */
#include "seam.h"

#include <errno.h>
#include <iconv.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "internal.h"
#include "terminal.h"
#include "utf8.h"

enum { PIECE = 1024 /* bytes of text for a terminal in one call */ };

/* A descriptor may have been made non-blocking by another program that shares it:
 * wait then, for as long as it takes. True: try again. */
static bool worth_another_try(int descriptor, short events)
{
    struct pollfd ready = {.fd = descriptor, .events = events};

    if (errno == EAGAIN || errno == EWOULDBLOCK) {
        poll(&ready, 1, -1);
        return true;
    }
    return errno == EINTR;
}

static int write_bytes(int descriptor, const char *bytes, size_t length)
{
    while (length > 0) {
        ssize_t written = write(descriptor, bytes, length);
        if (written >= 0) {
            bytes += written;
            length -= (size_t)written;
        } else if (!worth_another_try(descriptor, POLLOUT)) {
            return weft__fail_system(errno, "standard %s: write",
                                     descriptor == STDOUT_FILENO ? "output" : "error");
        }
    }
    return 0;
}

/* Piece by piece; '?' for what the terminal lacks. */
static int write_encoded(int descriptor, enum weft_encoding encoding, const char *text,
                         size_t length)
{
    char bytes[WEFT__UTF8_LONGEST * PIECE];
    size_t made = 0;
    int err = 0;

    while (length > 0 && err == 0) {
        size_t taken = weft__utf8_whole(text, length < PIECE ? length : PIECE);
        err = weft_encode(encoding, WEFT_REPLACE, text, taken, bytes, sizeof(bytes), &made, NULL);
        if (err == WEFT_ENOTSUP) /* better than nothing */
            return write_bytes(descriptor, text, length);
        if (err == 0)
            err = write_bytes(descriptor, bytes, made);
        text += taken;
        length -= taken;
    }
    return err;
}

int weft_seam_text_write(enum weft_seam_stream stream, const char *text, size_t length)
{
    int descriptor = stream == WEFT_SEAM_OUTPUT ? STDOUT_FILENO : STDERR_FILENO;
    enum weft_encoding encoding = weft__terminal_encoding(descriptor);

    if (encoding == WEFT_UTF_8)
        return write_bytes(descriptor, text, length);
    return write_encoded(descriptor, encoding, text, length);
}

static int read_bytes(char *buffer, size_t size, size_t *length)
{
    ssize_t got = read(STDIN_FILENO, buffer, size);

    while (got < 0 && worth_another_try(STDIN_FILENO, POLLIN))
        got = read(STDIN_FILENO, buffer, size);
    /* A program that was started without an input is at its end. */
    if (got < 0 && errno != EBADF)
        return weft__fail_system(errno, "standard input: read");
    *length = got < 0 ? 0 : (size_t)got;
    return 0;
}

/* Between two reads of a terminal; the reader's lock guards it. */
static weft_decoder from_terminal = WEFT_DECODER_INIT(WEFT_UTF_8, WEFT_REPLACE);

/* Into at least 4096 bytes. */
static int read_encoded(enum weft_encoding encoding, char *buffer, size_t size, size_t *length)
{
    char bytes[PIECE - 4];
    size_t got = 1;
    int err = 0;

    if (from_terminal.encoding != (uint32_t)encoding)
        from_terminal = (weft_decoder)WEFT_DECODER_INIT(encoding, WEFT_REPLACE);
    for (*length = 0; *length == 0 && got > 0 && err == 0;) {
        err = read_bytes(bytes, sizeof(bytes), &got);
        if (err == 0 && got > 0)
            err = weft_decoder_feed(&from_terminal, bytes, got, buffer, size, length, NULL);
        else if (err == 0)
            err = weft_decoder_end(&from_terminal, buffer, size, length, NULL);
    }
    return err;
}

int weft_seam_text_read(char *buffer, size_t size, size_t *length)
{
    enum weft_encoding encoding = weft__terminal_encoding(STDIN_FILENO);

    if (encoding == WEFT_UTF_8)
        return read_bytes(buffer, size, length);
    return read_encoded(encoding, buffer, size, length);
}

/* Opened by weft_seam_gbk_ready() and kept. Only portable/gbk.c uses it, while it
 * fills its tables, in one thread. */
static iconv_t from_gbk;
static bool from_gbk_is_open;

int weft_seam_gbk_ready(void)
{
    /* GB 18030 has the two-byte characters of GBK, and more; gbk.c leaves those out. */
    static const char *const names[] = {"GBK", "CP936", "GB18030"};

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]) && !from_gbk_is_open; i++) {
        from_gbk = iconv_open("UTF-8", names[i]);
        from_gbk_is_open = from_gbk != (iconv_t)-1;
        if (!from_gbk_is_open && errno != EINVAL)
            return weft__fail_system(errno, "iconv from %s", names[i]);
    }
    if (!from_gbk_is_open)
        return weft__fail(WEFT_ENOTSUP, "the system's iconv knows neither GBK nor GB18030");
    return 0;
}

uint32_t weft_seam_gbk_to_unicode(uint8_t lead, uint8_t trail)
{
    char pair[2] = {(char)lead, (char)trail}, text[16];
    char *in = pair, *out = text;
    size_t in_left = sizeof(pair), out_left = sizeof(text);
    uint32_t scalar = 0;

    iconv(from_gbk, NULL, NULL, NULL, NULL);
    /* Old systems declare the input as const char **: void * fits both. */
    if (iconv(from_gbk, (void *)&in, &in_left, &out, &out_left) != 0 || in_left != 0)
        return 0;
    size_t length = sizeof(text) - out_left;
    if (length == 0 || weft__utf8_next(text, length, &scalar) != length)
        return 0;
    return scalar == WEFT__UTF8_BAD ? 0 : scalar;
}

void weft_seam_text_locale(char *name, size_t size)
{
    static const char *const variables[] = {"LC_ALL", "LC_MESSAGES", "LANG"};
    const char *value = NULL;

    for (size_t i = 0; i < sizeof(variables) / sizeof(variables[0]) && (!value || !*value); i++)
        value = getenv(variables[i]);
    snprintf(name, size, "%s", value ? value : "");
}
