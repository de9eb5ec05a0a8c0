/* SPDX-License-Identifier: MIT */
#ifndef WEFT_TEXT_H
#define WEFT_TEXT_H

/*
 * Text is UTF-8 inside a program: arguments (after weft_main()), what is printed
 * and what is read. These functions meet the console of each system; weft/codec.h
 * knows other encodings.
 */

#include <stdbool.h>
#include <stddef.h>

#include "compiler.h"
#include "time.h"

#ifdef __cplusplus
extern "C" {
#endif

/**
 * The text has been written to standard output, in one piece: lines of several
 * threads, or processes, do not mix.
 *
 * A Windows console gets it as UTF-16, another system's terminal as GBK or GB18030 if
 * the locale names one of them ('?' for what that lacks); everything else gets UTF-8.
 * What printf left in stdout's buffer goes first.
 *
 * @param format  printf's; UTF-8
 * @return 0; WEFT_ESYSTEM: standard output is closed or full; WEFT_ENOMEM; WEFT_EINVAL:
 *         a format that printf refuses
 *
 * Threads: any.   Python: print(..., end="", flush=True).
 */
int weft_print(const char *format, ...) WEFT_PRINTF(1, 2);

/** The same to standard error. Python: print(..., file=sys.stderr). */
int weft_print_error(const char *format, ...) WEFT_PRINTF(1, 2);

/**
 * One line of standard input, without its end ("\n" or "\r\n"); from consoles and
 * terminals in their encoding, as weft_print().
 *
 * @param prompt  printed first, if not NULL
 * @param line    receives UTF-8 with its end, at most `size` bytes; a longer line is
 *                cut between characters and its rest dropped; a NUL becomes U+FFFD
 * @return 0; WEFT_ECLOSED: end of input; WEFT_ETRUNCATED: the line was cut;
 *         WEFT_EBADTEXT: it was not UTF-8, bad bytes are U+FFFD now; WEFT_ESYSTEM;
 *         WEFT_EINVAL: size is 0
 *
 * Threads: one reader at a time. The one wait of weft without a deadline: no
 * system can give a console one.   Python: input.
 */
int weft_input(const char *prompt, char *line, size_t size);

/**
 * Text from outside, safe to show: control characters (terminal escapes, NUL)
 * become \x1b and the like, bytes that are not UTF-8 become \xff and the like.
 *
 * @param text  `length` bytes
 * @param shown receives it with a terminating zero, at most `size` bytes, never half
 *              an escape; 4 * length + 1 is always enough
 * @return shown
 *
 * Threads: any.   Python: near repr, without the quotes.
 */
const char *weft_text_printable(const char *text, size_t length, char *shown, size_t size);

/** Whether the bytes are well-formed UTF-8 (RFC 3629). Threads: any. */
bool weft_text_is_utf8(const char *text, size_t length);

/**
 * The language that the user's system asks for: "zh", "en", ... two letters ("en" for
 * one that has three), from
 * LC_ALL, LC_MESSAGES, LANG or, on Windows, the user's interface language.
 *
 * @return a constant text; "en" if nothing is set
 *
 * Threads: any.   Python: locale.getlocale.
 */
const char *weft_text_language(void);

#ifdef __cplusplus
}
#endif

#endif
