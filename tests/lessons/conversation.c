/* SPDX-License-Identifier: MIT */
#include "conversation.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"

void converse(struct conversation *c, const char *const *arguments, enum what_is_read what)
{
    static const weft_process_options options[] = {
        [OUTPUT_IS_READ] = {.input = WEFT_STREAM_PIPE,
                            .output = WEFT_STREAM_PIPE,
                            .errors = WEFT_STREAM_INHERIT},
        [ERRORS_ARE_READ] = {.input = WEFT_STREAM_PIPE,
                             .output = WEFT_STREAM_NOTHING,
                             .errors = WEFT_STREAM_PIPE},
        [BOTH_ARE_READ] = {.input = WEFT_STREAM_PIPE,
                           .output = WEFT_STREAM_PIPE,
                           .errors = WEFT_STREAM_OUTPUT},
    };

    c->process = NULL;
    c->read = what == ERRORS_ARE_READ ? weft_process_read_errors : weft_process_read;
    c->text[0] = '\0';
    c->length = 0;
    c->ended = !CHECK_OK(weft_process_open(&c->process, arguments, &options[what]));
}

/* One more piece of text, or the end. */
static void read_piece(struct conversation *c)
{
    char *text = c->text + c->length, *end = text;
    size_t room = CONVERSATION_TEXT - 1 - c->length, length = 0;

    if (room == 0 || c->read(c->process, text, room, &length, SOON) != 0) {
        printf("\n    %s: %s; so far: %s\n", weft_process_name(c->process),
               room == 0 ? "it prints too much" : weft_last_error(), c->text);
        CU_FAIL("the program is not read to its end");
        length = 0;
    }
    c->ended = length == 0;
    for (size_t i = 0; i < length; i++) {
        if (text[i] != '\r')
            *end++ = text[i];
    }
    *end = '\0';
    c->length = (size_t)(end - c->text);
}

bool await_text(struct conversation *c, size_t from, const char *wanted)
{
    bool found;

    while (!c->ended && (from > c->length || !strstr(c->text + from, wanted)))
        read_piece(c);
    found = from <= c->length && strstr(c->text + from, wanted);
    if (!found)
        printf("\n    '%s' is not in: %s\n", wanted, c->text);
    CU_ASSERT_TRUE(found);
    return found;
}

int await_port(struct conversation *c)
{
    char *end = NULL;
    long port = 0;

    if (await_text(c, 0, "\n") && strncmp(c->text, "port ", 5) == 0)
        port = strtol(c->text + 5, &end, 10);
    if (end && *end == '\n' && port > 0 && port < 65536)
        return (int)port;
    printf("\n    this should begin with its port: %s\n", c->text);
    CU_FAIL("no port");
    return 0;
}

void type_line(struct conversation *c, const char *line)
{
    if (!c->process)
        return;
    CHECK_OK(weft_process_write(c->process, line, strlen(line)));
    CHECK_OK(weft_process_write(c->process, "\n", 1));
}

int finish(struct conversation *c)
{
    weft_process_status status;

    if (!c->process)
        return -1;
    weft_process_close_input(c->process);
    while (!c->ended)
        read_piece(c);
    if (!CHECK_OK(weft_process_join(c->process, SOON)))
        weft_process_kill(c->process);
    weft_process_status_get(c->process, &status);
    weft_process_close(c->process);
    c->process = NULL;
    return status.exited && status.signal == 0 ? status.code : -1;
}

void hang_up(struct conversation *c)
{
    if (!c->process)
        return;
    CHECK_OK(weft_process_kill(c->process));
    CHECK_OK(weft_process_join(c->process, SOON));
    weft_process_close(c->process);
    c->process = NULL;
}
