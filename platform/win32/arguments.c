/* SPDX-License-Identifier: MIT */
/*
 * This program's arguments in UTF-8, split from the one text that Windows hands over, by
 * the rules of Microsoft's C library: blanks separate; quotes keep them; before a quote
 * two backslashes are one, and a single one makes it a plain quote, as a second quote does
 * inside quotes. The program's own name knows no backslash rule.
 *
 * CommandLineToArgvW() would do it too, but it is in a library whose loading doubles the
 * time that a process takes to begin.
 *
 * Memory is from malloc, not weft_alloc: it is never freed, and the program may still
 * want to set its allocator.
 */

#include "arguments.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <windows.h>

#include "weft/error.h"

#include "internal.h"

/* ---- splitting -------------------------------------------------------------------- */

/* Between what is read and what is written, in one and the same text: an argument is
 * never longer than what it is written from. */
struct splitter {
    const char *from;
    char *to;
};

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static void write_backslashes(struct splitter *s, size_t count)
{
    memset(s->to, '\\', count);
    s->to += count;
}

static void take_name(struct splitter *s)
{
    bool quoted = false;
    for (; *s->from != '\0' && (quoted || !is_blank(*s->from)); s->from++) {
        if (*s->from == '"')
            quoted = !quoted;
        else
            *s->to++ = *s->from;
    }
}

static void take_argument(struct splitter *s)
{
    bool quoted = false;
    for (;;) {
        size_t backslashes = strspn(s->from, "\\");
        s->from += backslashes;
        if (*s->from == '"') {
            bool plain = backslashes % 2 == 1;
            write_backslashes(s, backslashes / 2);
            if (!plain && quoted && s->from[1] == '"') {
                plain = true;
                s->from++;
            }
            s->from++;
            if (plain)
                *s->to++ = '"';
            else
                quoted = !quoted;
            continue;
        }
        write_backslashes(s, backslashes);
        if (*s->from == '\0' || (!quoted && is_blank(*s->from)))
            return;
        *s->to++ = *s->from++;
    }
}

/* How many arguments the text has. They then follow each other, each with its zero, which
 * is written when what comes next has been read. */
static int split(char *text)
{
    struct splitter s = {text, text};
    int count = 1;
    take_name(&s);
    for (;;) {
        while (is_blank(*s.from))
            s.from++;
        bool ended = *s.from == '\0';
        *s.to++ = '\0';
        if (ended)
            return count;
        take_argument(&s);
        count++;
    }
}

/* ---- all of it -------------------------------------------------------------------- */

int weft__arguments(int *argc, char ***argv)
{
    const wchar_t *wide = GetCommandLineW();
    int size = WideCharToMultiByte(CP_UTF8, 0, wide, -1, NULL, 0, NULL, NULL);
    char *text = size > 0 ? malloc((size_t)size) : NULL;
    if (text == NULL)
        return weft__fail(WEFT_ENOMEM, "arguments of this program: %d bytes", size);
    WideCharToMultiByte(CP_UTF8, 0, wide, -1, text, size, NULL, NULL);
    int count = split(text);
    char **array = malloc(((size_t)count + 1) * sizeof(char *));
    if (array == NULL) {
        free(text);
        return weft__fail(WEFT_ENOMEM, "arguments of this program: there are %d", count);
    }
    for (int i = 0; i < count; i++) {
        array[i] = text;
        text += strlen(text) + 1;
    }
    array[count] = NULL;
    *argc = count;
    *argv = array;
    return 0;
}
