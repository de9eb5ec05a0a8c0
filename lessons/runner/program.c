/* SPDX-License-Identifier: MIT */
/*
 * A program's output comes in pieces of any size, and all of it is kept: what
 * is awaited may come in two of them. Everything here runs in the main thread;
 * the pipes are emptied behind its back (weft/process.h), so that it may look
 * at one program after the other.
 */
#include "program.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <weft/error.h>
#include <weft/memory.h>

#include "screen.h"
#include "words.h"

enum {
    TEXT_LIMIT = 4 << 20, /* bytes; more is no lesson's output */
    OPTIONS_MOST = 8,
    PATH_SIZE = 4096
};

static char folder[PATH_SIZE]; /* with its last separator, or empty */

void programs_begin(const char *program)
{
    size_t length = 0;

    for (size_t i = 0; program[i] != '\0'; i++) {
        if (program[i] == '/' || program[i] == '\\')
            length = i + 1;
    }
    snprintf(folder, sizeof(folder), "%.*s", (int)length, program);
}

static int open_at(struct program *program, const char *where,
                   const char *const *options, bool typed)
{
    const char *arguments[OPTIONS_MOST + 2];
    char path[PATH_SIZE + 64];
    int count = 1;

    snprintf(path, sizeof(path), "%s%s", where, program->name);
    arguments[0] = path;
    for (; *options && count <= OPTIONS_MOST; options++)
        arguments[count++] = *options;
    arguments[count] = NULL;
    return weft_process_open(
        &program->process, arguments,
        &(weft_process_options){.input = typed ? WEFT_STREAM_PIPE
                                               : WEFT_STREAM_NOTHING,
                                .output = WEFT_STREAM_PIPE,
                                .errors = WEFT_STREAM_OUTPUT});
}

bool program_start(struct run *run, struct program *program, const char *name,
                   const char *who, const char *const *options, bool typed)
{
    int err = 0;

    *program = (struct program){.name = name, .who = who};
    program->text = weft_alloc(1);
    if (!program->text)
        return run_failed(run, "%s", "%s", weft_last_error());
    screen_command(program, options);
    program->told = weft_clock();
    err = open_at(program, folder, options, typed);
    if (err == WEFT_ENOTFOUND && folder[0] == '\0') /* nor in PATH */
        err = open_at(program, "./", options, typed);
    if (err != 0)
        return run_failed(run, "%s", "%s", weft_last_error());
    return true;
}

static bool keep(struct run *run, struct program *program, const char *piece,
                 size_t length)
{
    if (program->length + length >= program->capacity) {
        size_t capacity = 2 * (program->length + length) + 1;
        char *text = capacity < TEXT_LIMIT ? weft_alloc(capacity) : NULL;

        if (!text)
            return run_failed(run, "%s printed more than fits", "%s 的输出太长",
                              program->name);
        memcpy(text, program->text, program->length);
        weft_free(program->text);
        program->text = text;
        program->capacity = capacity;
    }
    memcpy(program->text + program->length, piece, length);
    program->length += length;
    program->text[program->length] = '\0';
    return true;
}

static bool still_runs(struct run *run, const struct program *program)
{
    return run_failed(run, "%s still ran after %d s and was stopped",
                      "%s 运行了 %d 秒还没有结束，已被强行停止", program->name,
                      (int)(run->arguments->limit / WEFT_S(1)));
}

/* One more piece of its output; *more false: there will be none. */
static bool read_piece(struct run *run, struct program *program, bool *more)
{
    char piece[4096];
    size_t length = 0;
    int err = WEFT_ETIMEDOUT;

    while (err == WEFT_ETIMEDOUT) {
        weft_time tick = weft_in(WEFT_S(1));

        if (weft_clock() >= run->until)
            return still_runs(run, program);
        err = weft_process_read(program->process, piece, sizeof(piece), &length,
                                tick < run->until ? tick : run->until);
        if (err == WEFT_ETIMEDOUT)
            screen_lines(program); /* that is, how many there are */
    }
    if (err != 0)
        return run_failed(run, "%s: %s", "%s：%s", program->name,
                          weft_last_error());
    *more = length > 0;
    return !*more || keep(run, program, piece, length);
}

bool program_await(struct run *run, struct program *program, size_t from,
                   const char *wanted)
{
    bool more = true;

    while (!strstr(program->text + from, wanted)) {
        if (!more)
            return run_failed(run, "%s ended before it printed: %s",
                              "%s 没有输出就结束了：%s", program->name, wanted);
        if (!read_piece(run, program, &more))
            return false;
        screen_lines(program);
    }
    return true;
}

bool program_port(struct run *run, struct program *program, int *port)
{
    char *end = NULL;
    long number;

    if (!program_await(run, program, 0, "\n"))
        return false;
    number = strncmp(program->text, "port ", 5) == 0
                 ? strtol(program->text + 5, &end, 10)
                 : 0;
    if (number < 1 || number > 65535 || *end != '\n')
        return run_failed(run, "%s did not print its port first",
                          "%s 没有先输出端口号", program->name);
    *port = (int)number;
    return true;
}

bool program_type(struct run *run, struct program *program, const char *line)
{
    screen_typed(program, line);
    if (weft_process_write(program->process, line, strlen(line)) != 0 ||
        weft_process_write(program->process, "\n", 1) != 0)
        return run_failed(run, "%s: %s", "%s：%s", program->name,
                          weft_last_error());
    return true;
}

bool program_finish(struct run *run, struct program *program)
{
    weft_process_status status;
    bool more = true;

    while (more) {
        if (!read_piece(run, program, &more))
            return false;
        screen_lines(program);
    }
    screen_rest(program);
    if (weft_process_join(program->process, run->until) != 0)
        return still_runs(run, program);
    weft_process_status_get(program->process, &status);
    if (status.signal != 0)
        return run_failed(run, "%s was ended by signal %d", "%s 被信号 %d 终止",
                          program->name, status.signal);
    if (status.code != 0)
        return run_failed(run, "%s ended with exit code %d", "%s 的退出码是 %d",
                          program->name, status.code);
    return true;
}

void program_close(struct program *program)
{
    if (program->text)
        screen_rest(program);
    if (program->process &&
        weft_process_join(program->process, WEFT_NOW) != 0) {
        weft_process_kill(program->process);
        weft_process_join(program->process, weft_in(WEFT_S(10)));
    }
    weft_process_close(program->process);
    weft_free(program->text);
    *program = (struct program){0};
}
