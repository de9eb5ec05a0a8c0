/* SPDX-License-Identifier: MIT */
/*
 * What is printed, what is read, and in which language.
 *
 * `printing` is held while one call's text goes out, on either stream, so texts of
 * several threads do not mix; `reading` guards what has been read ahead. Whoever
 * holds `reading` may take `printing` (the prompt), never the other way round.
 *
 * Lines are taken apart character by character, with at most four bytes pending:
 * a line of any length, or an input without lines, needs no memory.
 */
#include "weft/text.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "internal.h"
#include "seam.h"
#include "utf8.h"
#include "weft/memory.h"
#include "weft/mutex.h"
#include "weft/once.h"

static weft_mutex printing;

/* The C library's own error: not GetLastError() on Windows, so no weft__fail_system(). */
static int flush_failed(const char *stream, int error)
{
    return weft__fail(WEFT_ESYSTEM, "standard %s: text of printf was lost: %s (errno %d)", stream,
                      strerror(error), error);
}

/* What printf left in the buffer first, then the text. */
static int write_text(enum weft_seam_stream stream, const char *text, size_t length)
{
    FILE *file = stream == WEFT_SEAM_OUTPUT ? stdout : stderr;
    int err = 0;

    weft_mutex_acquire(&printing, WEFT_FOREVER);
    if (fflush(file) != 0)
        err = flush_failed(file == stdout ? "output" : "error", errno);
    else if (length > 0 && weft_seam_text_write(stream, text, length) != 0)
        err = WEFT_ESYSTEM; /* whatever the reason, which the sentence has */
    weft_mutex_release(&printing);
    return err;
}

static int print(enum weft_seam_stream stream, const char *format, va_list arguments)
{
    char usual[1024], *text = usual;
    va_list again;
    int length = 0, err = 0;

    va_copy(again, arguments);
    length = vsnprintf(usual, sizeof(usual), format, arguments);
    if (length < 0) {
        err = weft__fail(WEFT_EINVAL, "print: the format cannot be carried out: %s", format);
        goto done;
    }
    if ((size_t)length >= sizeof(usual)) {
        text = weft_alloc((size_t)length + 1);
        if (!text) {
            err = WEFT_ENOMEM;
            goto done;
        }
        vsnprintf(text, (size_t)length + 1, format, again);
    }
    err = write_text(stream, text, (size_t)length);
    if (text != usual)
        weft_free(text);
done:
    va_end(again);
    return err;
}

int weft_print(const char *format, ...)
{
    va_list arguments;
    int err = 0;

    va_start(arguments, format);
    err = print(WEFT_SEAM_OUTPUT, format, arguments);
    va_end(arguments);
    return err;
}

int weft_print_error(const char *format, ...)
{
    va_list arguments;
    int err = 0;

    va_start(arguments, format);
    err = print(WEFT_SEAM_ERRORS, format, arguments);
    va_end(arguments);
    return err;
}

static weft_mutex reading; /* guards the next four */
static char ahead[4096];   /* bytes of standard input that no line has taken yet: */
static size_t ahead_next, ahead_end;
static char pending[WEFT__UTF8_LONGEST]; /* the character under way; empty between lines */
static size_t pending_length;

/* WEFT_ECLOSED: end of input. */
static int next_byte(char *byte)
{
    if (ahead_next == ahead_end) {
        ahead_next = ahead_end = 0;
        if (weft_seam_text_read(ahead, sizeof(ahead), &ahead_end) != 0)
            return WEFT_ESYSTEM;
        if (ahead_end == 0)
            return weft__fail(WEFT_ECLOSED, "standard input has ended");
    }
    *byte = ahead[ahead_next++];
    return 0;
}

/* A scalar, or WEFT__UTF8_BAD for each bad byte. Never reads past the end of a line:
 * "\n" continues no character. */
static int next_character(uint32_t *scalar)
{
    int err = 0;

    while (err == 0 && (pending_length == 0 || weft__utf8_is_beginning(pending, pending_length))) {
        err = next_byte(&pending[pending_length]);
        if (err == 0)
            pending_length++;
    }
    if (pending_length == 0 || (err != 0 && err != WEFT_ECLOSED))
        return err;
    size_t taken = weft__utf8_next(pending, pending_length, scalar);
    pending_length -= taken;
    memmove(pending, pending + taken, pending_length);
    return 0;
}

/* The caller's buffer for a line. */
struct line {
    char *text;
    size_t size;
    size_t length;
    bool cut;
    bool bad;
};

static void append(struct line *line, uint32_t scalar)
{
    char character[WEFT__UTF8_LONGEST];

    /* A NUL would end the text early. */
    if (scalar == WEFT__UTF8_BAD || scalar == 0) {
        line->bad = true;
        scalar = WEFT__UTF8_REPLACEMENT;
    }
    size_t size = weft__utf8_put(scalar, character);
    line->cut = line->cut || size >= line->size - line->length;
    if (line->cut)
        return;
    memcpy(line->text + line->length, character, size);
    line->length += size;
}

/* The `reading` lock is held. */
static int read_line(struct line *line)
{
    uint32_t scalar = 0;
    bool any = false, carriage_return = false;
    int err = next_character(&scalar);

    for (; err == 0 && scalar != '\n'; err = next_character(&scalar)) {
        any = true;
        if (carriage_return)
            append(line, '\r');
        carriage_return = scalar == '\r';
        if (!carriage_return)
            append(line, scalar);
    }
    if (err != 0 && carriage_return)
        append(line, '\r');
    return err == WEFT_ECLOSED && any ? 0 : err; /* the last line may lack its end */
}

int weft_input(const char *prompt, char *line, size_t size)
{
    struct line taken = {.text = line, .size = size};
    int err = 0;

    if (size == 0)
        return weft__fail(WEFT_EINVAL, "input: no room, not even for an empty line");
    weft_mutex_acquire(&reading, WEFT_FOREVER);
    err = write_text(WEFT_SEAM_OUTPUT, prompt, prompt ? strlen(prompt) : 0);
    if (err == 0)
        err = read_line(&taken);
    line[taken.length] = '\0';
    weft_mutex_release(&reading);
    if (err != 0)
        return err;
    if (taken.cut)
        return weft__fail(WEFT_ETRUNCATED, "standard input: a line was cut to %zu bytes",
                          taken.length);
    if (taken.bad)
        return weft__fail(WEFT_EBADTEXT, "standard input: a line was not UTF-8: %s", line);
    return 0;
}

/* Terminals obey control characters, and these formatting characters let a text show
 * something else than what it is: line separators and changes of direction. */
static bool is_harmless(uint32_t scalar)
{
    return scalar != WEFT__UTF8_BAD && scalar >= 0x20 && !(scalar >= 0x7F && scalar <= 0x9F) &&
           !(scalar >= 0x2028 && scalar <= 0x202E) && !(scalar >= 0x2066 && scalar <= 0x2069);
}

/* Writes the escape, as Python's repr has it; its length. */
static size_t escape(uint32_t scalar, char escaped[8])
{
    int length = 0;

    if (scalar == '\n' || scalar == '\r' || scalar == '\t')
        length = snprintf(escaped, 8, "\\%c", scalar == '\n' ? 'n' : scalar == '\r' ? 'r' : 't');
    else if (scalar <= 0xFF)
        length = snprintf(escaped, 8, "\\x%02x", (unsigned)scalar);
    else
        length = snprintf(escaped, 8, "\\u%04x", (unsigned)scalar & 0xFFFF);
    return (size_t)length;
}

const char *weft_text_printable(const char *text, size_t length, char *shown, size_t size)
{
    size_t used = 0;

    for (size_t at = 0; at < length && size > 0;) {
        uint32_t scalar = 0;
        char escaped[8];
        const char *piece = text + at;
        size_t taken = weft__utf8_next(text + at, length - at, &scalar), piece_length = taken;
        if (!is_harmless(scalar)) {
            bool bad = scalar == WEFT__UTF8_BAD;
            piece_length = escape(bad ? (unsigned char)text[at] : scalar, escaped);
            piece = escaped;
        }
        if (piece_length >= size - used)
            break;
        memcpy(shown + used, piece, piece_length);
        used += piece_length;
        at += taken;
    }
    if (size > 0)
        shown[used] = '\0';
    return shown;
}

static weft_once language_once;
static char language[3] = "en"; /* written under language_once */

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* "zh_CN.UTF-8", "zh-Hans-CN", "zh": the first two letters if there are just two. "C",
 * "POSIX" and languages that have only a three-letter code leave it at English. */
static int find_language(void *context)
{
    char name[64] = "";

    (void)context;
    weft_seam_text_locale(name, sizeof(name));
    if (is_letter(name[0]) && is_letter(name[1]) && !is_letter(name[2])) {
        language[0] = (char)(name[0] | 0x20);
        language[1] = (char)(name[1] | 0x20);
    }
    return 0;
}

const char *weft_text_language(void)
{
    weft__once(&language_once, find_language);
    return language;
}
