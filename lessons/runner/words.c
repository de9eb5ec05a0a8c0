/* SPDX-License-Identifier: MIT */
/*
 * Which language, and sentences in it. `language` belongs to the main thread,
 * which is the only one that speaks.
 */
#include "words.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <weft/text.h>

static const char *language; /* NULL: not chosen yet */

void words_choose(const char *chosen)
{
    language = chosen;
}

const char *words_language(void)
{
    if (!language)
        language = strcmp(weft_text_language(), "zh") == 0 ? "zh" : "en";
    return language;
}

const char *say(const char *english, const char *chinese)
{
    return strcmp(words_language(), "zh") == 0 ? chinese : english;
}

const char *say_words(struct words words)
{
    return say(words.english, words.chinese);
}

void show(const char *english, const char *chinese, ...)
{
    char text[2000];
    va_list arguments;

    va_start(arguments, chinese);
    vsnprintf(text, sizeof(text), say(english, chinese), arguments);
    va_end(arguments);
    weft_print("%s", text);
}

char *compose(char *text, size_t size, const char *english, const char *chinese,
              ...)
{
    va_list arguments;

    va_start(arguments, chinese);
    vsnprintf(text, size, say(english, chinese), arguments);
    va_end(arguments);
    return text;
}

static int columns_of(const char *text)
{
    int columns = 0;

    for (const unsigned char *c = (const unsigned char *)text; *c; c++) {
        if (*c < 0x80)
            columns++;
        else if (*c >= 0xC0) /* the first byte of a character */
            columns += 2;
    }
    return columns;
}

void show_padded(const char *text, int width)
{
    int missing = width - columns_of(text);

    weft_print("%s%*s", text, missing > 0 ? missing : 0, "");
}
