/* SPDX-License-Identifier: MIT */
/*
 * The calling thread's last error, and who hears of misuse.
 *
 * Each thread writes and reads its own sentence; nothing is allocated, so an
 * error for want of memory can be told too.
 */
#include "weft/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "internal.h"
#include "weft/atomic.h"

enum { SENTENCE_SIZE = 512 };

static WEFT_THREAD_LOCAL char last_error[SENTENCE_SIZE];

/* A weft_misuse_function behind a pointer to data, which weft_atomic_pointer holds. */
struct listener {
    weft_misuse_function *tell;
};

/* Written by weft_on_misuse with release, read by any thread with acquire: it pairs the
 * function with whatever its installer set up before. */
static weft_atomic_u64 misuse_listener;

const char *weft_strerror(int code)
{
    switch (code) {
    case 0:
        return "0: no error";
#define CASE(name, value, text)                                                                    \
    case WEFT_##name:                                                                              \
        return "WEFT_" #name ": " text;
        WEFT_ERRORS(CASE)
#undef CASE
    default:
        return "not an error code of weft";
    }
}

const char *weft_last_error(void)
{
    return last_error;
}

void weft_on_misuse(weft_misuse_function *tell)
{
    struct listener listener = {tell};
    uint64_t bits = 0;

    memcpy(&bits, &listener, sizeof(listener));
    weft_store_u64(&misuse_listener, bits, WEFT_RELEASE);
}

/* Formats beside the buffer first: the arguments may quote the last error. */
static void write_sentence(const char *format, va_list arguments)
{
    char sentence[SENTENCE_SIZE];

    vsnprintf(sentence, sizeof(sentence), format, arguments);
    memcpy(last_error, sentence, sizeof(sentence));
}

void weft__clear_error(void)
{
    last_error[0] = '\0';
}

int weft__fail(int code, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    write_sentence(format, arguments);
    va_end(arguments);
    return code;
}

int weft__misuse(int code, const char *format, ...)
{
    uint64_t bits = weft_load_u64(&misuse_listener, WEFT_ACQUIRE);
    struct listener listener;
    va_list arguments;

    va_start(arguments, format);
    write_sentence(format, arguments);
    va_end(arguments);
    memcpy(&listener, &bits, sizeof(listener));
    if (listener.tell)
        listener.tell(code, last_error);
    return code;
}
