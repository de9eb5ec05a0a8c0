/* SPDX-License-Identifier: MIT */
#ifndef WEFT_RUNNER_WORDS_H
#define WEFT_RUNNER_WORDS_H

/*
 * The runner speaks English and Chinese: each sentence is written in both, side
 * by side, and the one that was chosen is used. The compiler checks both
 * formats against the same arguments.
 */

#include <stdbool.h>
#include <stddef.h>

#include <weft/compiler.h>

struct words {
    const char *english, *chinese;
};

/* "zh" or "en"; the system's language until then. */
void words_choose(const char *language);

/* What was chosen. */
const char *words_language(void);

const char *say(const char *english, const char *chinese);
const char *say_words(struct words words);

/* Prints the sentence to standard output. */
void show(const char *english, const char *chinese, ...) WEFT_PRINTF(1, 3)
    WEFT_PRINTF(2, 3);

/* Writes the sentence into `text`, cut if it does not fit; returns `text`. */
char *compose(char *text, size_t size, const char *english, const char *chinese,
              ...) WEFT_PRINTF(3, 5) WEFT_PRINTF(4, 5);

/* Prints the text and spaces up to `width` columns; Chinese takes two each. */
void show_padded(const char *text, int width);

#endif
