/* SPDX-License-Identifier: MIT */
/*
 * Terminals nearly all speak UTF-8. One that does not says so in the locale's name, which
 * is read here: nl_langinfo() would need setlocale(), which is the program's to call, and
 * the locale to be installed.
 *
 * A locale without a name ("C", "POSIX") says nothing about the terminal: UTF-8 then, as
 * in Python. So does an encoding that weft does not know.
 */
#include "terminal.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

struct charset {
    const char *name;
    enum weft_encoding encoding;
};

/* Subsets of GBK are written as GBK. */
static const struct charset charsets[] = {
    {"GBK", WEFT_GBK},    {"CP936", WEFT_GBK}, {"GB2312", WEFT_GBK},
    {"EUC-CN", WEFT_GBK}, {"eucCN", WEFT_GBK}, {"GB18030", WEFT_GB18030},
};

/* "zh_CN.GBK@pinyin": "GBK" is what counts. Without it, these two mean GB 2312. */
static enum weft_encoding encoding_of_locale(const char *locale)
{
    const char *dot = strchr(locale, '.');
    size_t length = dot ? strcspn(dot + 1, "@") : 0;

    if (!dot && (strcmp(locale, "zh_CN") == 0 || strcmp(locale, "zh_SG") == 0))
        return WEFT_GBK;
    for (size_t i = 0; i < sizeof(charsets) / sizeof(charsets[0]) && dot; i++)
        if (strlen(charsets[i].name) == length &&
            strncasecmp(charsets[i].name, dot + 1, length) == 0)
            return charsets[i].encoding;
    return WEFT_UTF_8;
}

enum weft_encoding weft__terminal_encoding(int descriptor)
{
    static const char *const variables[] = {"LC_ALL", "LC_CTYPE", "LANG"};
    const char *locale = NULL;

    if (!isatty(descriptor))
        return WEFT_UTF_8;
    for (size_t i = 0; i < sizeof(variables) / sizeof(variables[0]) && (!locale || !*locale); i++)
        locale = getenv(variables[i]);
    return locale ? encoding_of_locale(locale) : WEFT_UTF_8;
}
