/* SPDX-License-Identifier: MIT */
/*
 * Whole texts and streams, and what happens to that which is bad. codec_step.c knows the
 * encodings; a `struct output` takes pieces that are whole or not at all.
 *
 * A decoder has at most three bytes pending. They are joined with the next ones, byte by
 * byte, until they are a character or bad; from there on the caller's bytes are read
 * where they are. weft_decode() is a decoder for one packet.
 */
#include "codec.h"

#include <stdio.h>
#include <string.h>

#include "internal.h"
#include "utf8.h"

enum { ESCAPE_SIZE = 12 /* "\U0010ffff" and its end */ };

/* The caller's memory. */
struct output {
    unsigned char *bytes;
    size_t size;
    size_t used;
    bool cut; /* something did not fit, and nothing is added any more */
};

static void append(struct output *out, const void *bytes, size_t length)
{
    out->cut = out->cut || length > out->size - out->used;
    if (out->cut)
        return;
    memcpy(out->bytes + out->used, bytes, length);
    out->used += length;
}

/* As many bytes as are ASCII and the same in the encoding; how many. It is what most texts
 * are made of. */
static size_t append_ascii_run(const struct weft__code *code, struct output *out,
                               const unsigned char *bytes, size_t length)
{
    size_t run = 0, room = out->size - out->used;

    if (code->encoding == WEFT_UTF_16LE || code->encoding == WEFT_UTF_16BE)
        return 0;
    if (length > room)
        length = room;
    while (run < length && bytes[run] < 0x80)
        run++;
    if (run > 0)
        append(out, bytes, run);
    return run;
}

/* ---- decoding ------------------------------------------------------------------- */

/* A decoder at work on one packet. */
struct decoding {
    struct weft__code code;
    weft_decoder *decoder;
    struct output out;
    uint64_t bad;      /* offset of the first in this call, or NOTHING_BAD */
    unsigned bad_byte; /* that is there */
};

#define NOTHING_BAD UINT64_MAX

static void append_bad(struct decoding *d, const unsigned char *bytes, size_t length)
{
    char escaped[ESCAPE_SIZE * WEFT__CODE_LONGEST] = "";
    size_t size = 0;

    if (d->decoder->errors == WEFT_STRICT) {
        d->decoder->stopped = true;
    } else if (d->decoder->errors == WEFT_REPLACE) {
        append(&d->out, escaped, weft__utf8_put(WEFT__UTF8_REPLACEMENT, escaped));
    } else {
        for (size_t i = 0; i < length; i++)
            size += (size_t)snprintf(escaped + size, sizeof(escaped) - size, "\\x%02x", bytes[i]);
        append(&d->out, escaped, size);
    }
    if (d->bad == NOTHING_BAD && !d->out.cut) {
        d->bad = d->decoder->offset;
        d->bad_byte = bytes[0];
    }
}

/* The character that the bytes begin with goes out; how many bytes it took, 0: more are
 * needed, unless this is the `last` of them. */
static size_t step(struct decoding *d, const unsigned char *bytes, size_t length, bool last)
{
    char character[WEFT__UTF8_LONGEST];
    uint32_t scalar = WEFT__CODE_BAD;
    size_t taken = weft__code_next(&d->code, bytes, length, &scalar);

    if (taken == 0 && !last)
        return 0;
    if (taken == 0)
        taken = length;
    if (scalar == WEFT__CODE_BAD)
        append_bad(d, bytes, taken);
    else
        append(&d->out, character, weft__utf8_put(scalar, character));
    if (!d->decoder->stopped)
        d->decoder->offset += taken;
    return taken;
}

static bool goes_on(const struct decoding *d)
{
    return !d->out.cut && !d->decoder->stopped;
}

/* What is pending goes out, joined with as many of the bytes as it takes; how many. */
static size_t step_pending(struct decoding *d, const unsigned char *bytes, size_t length, bool last)
{
    weft_decoder *decoder = d->decoder;
    size_t joined = 0;

    while (decoder->length > 0 && goes_on(d)) {
        size_t taken = step(d, decoder->pending, decoder->length, last && joined == length);
        if (taken == 0 && joined == length)
            break;
        if (taken == 0)
            decoder->pending[decoder->length++] = bytes[joined++];
        decoder->length = (uint8_t)(decoder->length - taken);
        memmove(decoder->pending, decoder->pending + taken, decoder->length);
    }
    return joined;
}

static void decode(struct decoding *d, const unsigned char *bytes, size_t length, bool last)
{
    weft_decoder *decoder = d->decoder;
    size_t at = step_pending(d, bytes, length, last), taken = 1;

    while (at < length && taken > 0 && goes_on(d)) {
        taken = append_ascii_run(&d->code, &d->out, bytes + at, length - at);
        decoder->offset += taken;
        if (taken == 0)
            taken = step(d, bytes + at, length - at, last);
        at += taken;
    }
    if (!goes_on(d))
        return;
    while (at < length)
        decoder->pending[decoder->length++] = bytes[at++];
}

/* As the three public functions; `last`: nothing comes after these bytes. */
static int decode_some(weft_decoder *decoder, const void *bytes, size_t length, bool last,
                       struct output *out, size_t *bad)
{
    const weft_decoder before = *decoder;
    struct decoding d = {.decoder = decoder, .out = *out, .bad = NOTHING_BAD};
    int err = weft__code_open(&d.code, (enum weft_encoding)decoder->encoding,
                              (enum weft_text_errors)decoder->errors);

    if (err != 0)
        return err;
    if (!decoder->stopped)
        decode(&d, bytes, length, last);
    else
        d.bad = decoder->offset;
    *out = d.out;
    if (bad)
        *bad = (size_t)(d.bad != NOTHING_BAD ? d.bad : before.offset + before.length + length);
    if (d.out.cut) {
        *decoder = before;
        return weft__fail(WEFT_ETRUNCATED, "%s to text: %zu bytes do not fit into %zu", d.code.name,
                          length, out->size);
    }
    if (before.stopped)
        return weft__fail(WEFT_EBADTEXT, "%s to text: it was bad at offset %llu", d.code.name,
                          (unsigned long long)d.bad);
    if (decoder->stopped)
        return weft__fail(WEFT_EBADTEXT, "%s to text: byte 0x%02X at offset %llu is not %s",
                          d.code.name, d.bad_byte, (unsigned long long)d.bad, d.code.name);
    return 0;
}

int weft_decode(enum weft_encoding encoding, enum weft_text_errors errors, const void *bytes,
                size_t length, char *text, size_t size, size_t *made, size_t *bad)
{
    weft_decoder decoder = WEFT_DECODER_INIT(encoding, errors);
    struct output out = {.bytes = (unsigned char *)text, .size = size};
    int err = decode_some(&decoder, bytes, length, true, &out, bad);

    *made = out.used;
    return err;
}

int weft_decoder_feed(weft_decoder *decoder, const void *bytes, size_t length, char *text,
                      size_t size, size_t *made, size_t *bad)
{
    struct output out = {.bytes = (unsigned char *)text, .size = size};
    int err = decode_some(decoder, bytes, length, false, &out, bad);

    *made = err == WEFT_ETRUNCATED ? 0 : out.used;
    return err;
}

int weft_decoder_end(weft_decoder *decoder, char *text, size_t size, size_t *made, size_t *bad)
{
    struct output out = {.bytes = (unsigned char *)text, .size = size};
    int err = decode_some(decoder, NULL, 0, true, &out, bad);

    *made = err == WEFT_ETRUNCATED ? 0 : out.used;
    if (err != WEFT_ETRUNCATED)
        *decoder = (weft_decoder){.encoding = decoder->encoding, .errors = decoder->errors};
    return err;
}

/* ---- encoding ------------------------------------------------------------------- */

/* ASCII in the encoding, all of it or nothing. */
static void append_ascii(const struct weft__code *code, struct output *out, const char *ascii)
{
    unsigned char bytes[ESCAPE_SIZE * 2]; /* UTF-16 at most */
    size_t size = 0;

    for (; *ascii; ascii++)
        size += weft__code_put(code, (unsigned char)*ascii, bytes + size);
    append(out, bytes, size);
}

/* What stands for a scalar that the encoding lacks, or for a byte that is not UTF-8. */
static void append_substitute(const struct weft__code *code, struct output *out,
                              enum weft_text_errors errors, uint32_t scalar)
{
    char escaped[ESCAPE_SIZE] = "?";
    const char *format = scalar <= 0xFF ? "\\x%02x" : scalar <= 0xFFFF ? "\\u%04x" : "\\U%08x";

    if (errors == WEFT_ESCAPE)
        snprintf(escaped, sizeof(escaped), format, (unsigned)scalar);
    append_ascii(code, out, escaped);
}

static int fail_encoding(const struct weft__code *code, const char *text, size_t length,
                         size_t offset)
{
    uint32_t scalar = 0;

    weft__utf8_next(text + offset, length - offset, &scalar);
    if (scalar == WEFT__UTF8_BAD)
        return weft__fail(WEFT_EBADTEXT, "text to %s: byte 0x%02X at offset %zu is not UTF-8",
                          code->name, (unsigned char)text[offset], offset);
    return weft__fail(WEFT_EBADTEXT, "text to %s: %s has no U+%04X, at offset %zu", code->name,
                      code->name, (unsigned)scalar, offset);
}

/* The character that the text begins with goes out; how many bytes it has. *good: the
 * encoding has it. A bad one, when strict, goes nowhere. */
static size_t encode_one(const struct weft__code *code, enum weft_text_errors errors,
                         struct output *out, const char *text, size_t length, bool *good)
{
    unsigned char character[WEFT__CODE_LONGEST];
    uint32_t scalar = 0;
    size_t taken = weft__utf8_next(text, length, &scalar), put = 0;

    if (scalar == WEFT__UTF8_BAD)
        scalar = (unsigned char)text[0];
    else
        put = weft__code_put(code, scalar, character);
    *good = put > 0;
    if (put > 0)
        append(out, character, put);
    else if (errors != WEFT_STRICT)
        append_substitute(code, out, errors, scalar);
    return taken;
}

int weft_encode(enum weft_encoding encoding, enum weft_text_errors errors, const char *text,
                size_t length, void *bytes, size_t size, size_t *made, size_t *bad)
{
    struct output out = {.bytes = bytes, .size = size};
    struct weft__code code;
    size_t first_bad = length, at = 0;
    int err = weft__code_open(&code, encoding, errors);

    *made = 0;
    while (err == 0 && at < length && !out.cut) {
        bool good = true;
        size_t taken = append_ascii_run(&code, &out, (const unsigned char *)text + at, length - at);
        if (taken == 0)
            taken = encode_one(&code, errors, &out, text + at, length - at, &good);
        if (!good && errors == WEFT_STRICT)
            err = fail_encoding(&code, text, length, at);
        if (!good && first_bad == length && !out.cut)
            first_bad = at;
        at += taken;
    }
    *made = out.used;
    if (bad)
        *bad = first_bad;
    if (out.cut)
        err = weft__fail(WEFT_ETRUNCATED, "text to %s: %zu bytes do not fit into %zu", code.name,
                         length, size);
    return err;
}
