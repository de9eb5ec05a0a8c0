/* SPDX-License-Identifier: MIT */
/*
 * Lines are shown as soon as they are complete: the first few and the last few
 * of many, and every second how many there are meanwhile. Where several
 * programs speak, all their lines are shown, behind the speaker's name.
 */
#include "screen.h"

#include <stdio.h>
#include <string.h>

#include <weft/text.h>

#include "words.h"

enum {
    FIRST_LINES = 5,  /* of an output that are shown */
    LAST_LINES = 2,   /* likewise */
    SHOWN_BYTES = 400 /* of a line */
};

static void show_mark(const struct program *program)
{
    weft_print("    ");
    if (program->who)
        show_padded(program->who, 8);
    weft_print("| ");
}

static void show_line(struct program *program, const char *line, size_t length)
{
    char safe[4 * SHOWN_BYTES + 1];

    show_mark(program);
    weft_print("%s\n", weft_text_printable(
                           line, length < SHOWN_BYTES ? length : SHOWN_BYTES,
                           safe, sizeof(safe)));
    program->told = weft_clock();
}

/* Shows the complete lines that have come, or counts them when many have. */
void screen_lines(struct program *program)
{
    const char *line = program->text + program->shown, *end;

    while ((end = strchr(line, '\n')) != NULL) {
        if (program->lines < FIRST_LINES || program->who)
            show_line(program, line, (size_t)(end - line));
        else
            program->hidden++;
        program->lines++;
        line = end + 1;
    }
    program->shown = (size_t)(line - program->text);
    if (program->hidden > 0 && weft_clock() > program->told + WEFT_S(1)) {
        show_mark(program);
        show("... %d lines so far\n", "... 目前 %d 行\n", program->lines);
        program->told = weft_clock();
    }
}

/* The last lines, and how many were left out before them. */
void screen_rest(struct program *program)
{
    const char *end = program->text + program->shown, *line = end;
    int last = program->hidden > LAST_LINES + 1 ? LAST_LINES : program->hidden;

    for (int i = 0; i < last; i++) {
        for (line--; line > program->text && line[-1] != '\n';)
            line--;
    }
    if (program->hidden > last) {
        show_mark(program);
        show("... %d more lines\n", "... 还有 %d 行\n", program->hidden - last);
    }
    program->hidden = 0;
    for (; line < end; line = strchr(line, '\n') + 1)
        show_line(program, line, strcspn(line, "\n"));
    if (*end != '\0')
        show_line(program, end, strlen(end));
    program->shown = program->length;
}

/* As one would type it: "$ lesson-01-thread --seconds 2". */
void screen_command(const struct program *program, const char *const *options)
{
    show_mark(program);
    weft_print("$ %s", program->name);
    for (; *options; options++)
        weft_print(strchr(*options, ' ') ? " \"%s\"" : " %s", *options);
    weft_print("\n");
}

void screen_typed(struct program *program, const char *line)
{
    char typed[SHOWN_BYTES];

    snprintf(typed, sizeof(typed), "%s%s", program->text + program->shown,
             line);
    show_line(program, typed, strlen(typed));
    program->shown = program->length;
}
