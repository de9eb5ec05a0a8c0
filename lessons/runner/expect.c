/* SPDX-License-Identifier: MIT */
/*
 * Comparing what a program printed with what it should have printed, line by
 * line; what is not as it should be becomes the run's reason.
 */
#include "expect.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <weft/text.h>
#include <weft/thread.h>

#include "words.h"

enum { MOST_ITEMS = 1000, LINE_SIZE = 200 };

/* How far the comparison has come. */
struct progress {
    struct run *run;
    const struct printed *printed;
    const char *after; /* printed->after, or the line of default workers */
    bool in_order;
    bool before_seen, after_seen;
    int lines, items;
    bool numbers[MOST_ITEMS]; /* which have come: from printed->first on, or of
                                 printed->lines */
    long pids[MOST_ITEMS];    /* that have come */
};

static const char *safe(const char *line)
{
    static char shown[4 * LINE_SIZE];

    return weft_text_printable(line, strlen(line), shown, sizeof(shown));
}

static bool unexpected(struct progress *p, const char *line)
{
    return run_failed(p->run, "line %d should not be there: %s",
                      "第 %d 行不该出现：%s", p->lines, safe(line));
}

static bool second_time(struct progress *p, const char *line)
{
    return run_failed(p->run, "line %d comes a second time: %s",
                      "第 %d 行重复出现：%s", p->lines, safe(line));
}

/* A number without sign at the beginning of the text; NULL: none is there. */
static const char *read_number(const char *text, long *number)
{
    char *end;

    if (*text < '0' || *text > '9')
        return NULL;
    *number = strtol(text, &end, 10);
    return end;
}

static bool is_known(const struct progress *p, long pid)
{
    for (int i = 0; i < p->items; i++) {
        if (p->pids[i] == pid)
            return true;
    }
    return false;
}

/* The rest of an item, after its prefix. */
static bool take_numbers(struct progress *p, const char *line, const char *rest)
{
    long number = 0, pid = 0;
    size_t suffix = strlen(p->printed->suffix);

    rest = read_number(rest, &number);
    if (!rest || strncmp(rest, p->printed->suffix, suffix) != 0)
        return unexpected(p, line);
    rest += suffix;
    if (p->printed->pids && !(rest = read_number(rest, &pid)))
        return unexpected(p, line);
    number -= p->printed->first;
    if (*rest != '\0' || number < 0 || number >= p->printed->count)
        return unexpected(p, line);
    if (p->numbers[number] || (p->printed->pids && is_known(p, pid)))
        return second_time(p, line);
    p->numbers[number] = true;
    p->pids[p->items] = pid;
    return true;
}

static bool take_listed(struct progress *p, const char *line)
{
    int i = 0;

    while (i < p->printed->count && strcmp(line, p->printed->lines[i]) != 0)
        i++;
    if (i == p->printed->count || (p->after_seen && p->in_order))
        return unexpected(p, line);
    if (p->numbers[i])
        return second_time(p, line);
    p->numbers[i] = true;
    p->items++;
    return true;
}

static bool take_item(struct progress *p, const char *line)
{
    const char *prefix = p->printed->prefix;

    if (p->printed->lines)
        return take_listed(p, line);
    if (!prefix || strncmp(line, prefix, strlen(prefix)) != 0 ||
        p->items == p->printed->count || (p->after_seen && p->in_order))
        return unexpected(p, line);
    if (p->printed->alike && strcmp(line, prefix) != 0)
        return unexpected(p, line);
    if (!p->printed->alike && !take_numbers(p, line, line + strlen(prefix)))
        return false;
    p->items++;
    return true;
}

static bool take_line(struct progress *p, const char *line)
{
    const char *before = p->printed->before;

    p->lines++;
    if (before && !p->before_seen && strcmp(line, before) == 0) {
        p->before_seen = true;
        return p->lines == 1 || !p->in_order || unexpected(p, line);
    }
    if (p->after && !p->after_seen && strcmp(line, p->after) == 0) {
        p->after_seen = true;
        return true;
    }
    return take_item(p, line);
}

static bool missing(struct progress *p, const char *line)
{
    return run_failed(p->run, "a line is missing: %s", "缺少一行：%s", line);
}

static bool nothing_is_missing(struct progress *p)
{
    const struct printed *printed = p->printed;

    if (printed->before && !p->before_seen)
        return missing(p, printed->before);
    if (p->after && !p->after_seen)
        return missing(p, p->after);
    if (p->items == printed->count)
        return true;
    for (int i = 0; i < printed->count && !printed->alike; i++) {
        if (!p->numbers[i] && printed->lines)
            return missing(p, printed->lines[i]);
        if (!p->numbers[i])
            return run_failed(p->run, "%d lines of %d; missing: %s%d",
                              "只有 %d 行，应有 %d 行；缺少：%s%d", p->items,
                              printed->count, printed->prefix,
                              printed->first + i);
    }
    return run_failed(p->run, "%d lines of %d", "只有 %d 行，应有 %d 行",
                      p->items, printed->count);
}

bool expect_printed(struct run *run, const char *text, bool in_order)
{
    static struct progress p;
    char line[LINE_SIZE], workers[64];

    p = (struct progress){.run = run,
                          .printed = &run->lesson->printed,
                          .after = run->lesson->printed.after,
                          .in_order = in_order};
    snprintf(workers, sizeof(workers), "default workers: %u", weft_cpu_count());
    if (p.printed->workers)
        p.after = workers;
    while (*text != '\0') {
        size_t length = strcspn(text, "\n");

        snprintf(line, sizeof(line), "%.*s", (int)length, text);
        if (!take_line(&p, line))
            return false;
        if (text[length] == '\0')
            return run_failed(run, "the last line has no end: %s",
                              "最后一行没有换行：%s", safe(line));
        text += length + 1;
    }
    return nothing_is_missing(&p);
}

bool expect_text(struct run *run, const char *who, const char *text,
                 const char *expected)
{
    char printed[2 * LINE_SIZE], wanted[2 * LINE_SIZE];

    if (strcmp(text, expected) == 0)
        return true;
    return run_failed(
        run, "%s printed %s, expected %s", "%s 的输出是 %s，应为 %s", who,
        weft_text_printable(text, strlen(text), printed, sizeof(printed)),
        weft_text_printable(expected, strlen(expected), wanted,
                            sizeof(wanted)));
}
