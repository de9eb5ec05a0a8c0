/* SPDX-License-Identifier: MIT */
/*
 * A program with processes of its own. Its first argument says what it does, its second one
 * is the program of echo.c:
 * parent ECHO [exit]  starts programs that hold its output, one that sleeps, one that works,
 *                     and one with children in a group; prints "all"; stays, or exits
 * starve ECHO         starts processes with fewer and fewer descriptors left; prints "ok"
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "weft/caps.h"
#include "weft/error.h"
#include "weft/process.h"
#include "weft/text.h"
#include "weft/time.h"

enum { FILES = 1000, SPARE = 24 };

/* ---- parent ------------------------------------------------------------------------ */

static int be_a_parent(const char *echo, bool exits)
{
    const char *const idle[] = {echo, "sleep", NULL}, *const busy[] = {echo, "spin", NULL};
    const char *const shell[] = {"sh", "-c", "sleep 1000 & sleep 1000", NULL};
    const weft_process_options group = {.group = true};
    bool windows = strcmp(weft_caps()->system, "windows") == 0;
    weft_process *processes[3];

    if (weft_process_open(&processes[0], idle, NULL) != 0 ||
        weft_process_open(&processes[1], busy, NULL) != 0 ||
        weft_process_open(&processes[2], windows ? idle : shell, &group) != 0) {
        (void)weft_print("%s\n", weft_last_error());
        return 1;
    }
    (void)weft_print("all\n");
    if (!exits)
        weft_sleep(WEFT_FOREVER);
    for (int i = 0; i < 3; i++)
        weft_process_close(processes[i]); /* which lets them run */
    return 0;
}

/* ---- starve ------------------------------------------------------------------------- */

static FILE *files[FILES];
static int count; /* of open files */

static bool open_one_more(const char *name)
{
    if (count < FILES)
        files[count] = fopen(name, "rb");
    if (count == FILES || !files[count])
        return false;
    count++;
    return true;
}

static void close_some(int number)
{
    while (number-- > 0 && count > 0)
        fclose(files[--count]);
}

static int say_yes(weft_task *task)
{
    (void)task;
    return printf("yes\n") < 0;
}

/* 0 if it ran, or the error of its start. */
static int try(const char *echo, bool function)
{
    const char *const arguments[] = {echo, "both", NULL};
    const weft_process_options pipes = {
        .input = WEFT_STREAM_PIPE, .output = WEFT_STREAM_PIPE, .errors = WEFT_STREAM_PIPE};
    weft_process_output output;
    weft_process *process = NULL;
    int err = function ? weft_process_start_with(&process, say_yes, NULL, 0, &pipes)
                       : weft_process_open(&process, arguments, &pipes);

    if (err != 0)
        return process || weft_last_error()[0] == '\0' ? WEFT_EFAILED : err;
    err = weft_process_communicate(process, NULL, 0, &output, WEFT_FOREVER);
    if (err == 0)
        weft_process_output_free(&output);
    weft_process_close(process);
    return err == 0 ? 0 : WEFT_EFAILED;
}

/* With so many descriptors left; all of them are there again afterwards. Threads that have
 * pumped give theirs back a moment later. */
static bool try_with(int left, const char *echo, bool function, bool *ran)
{
    weft_time until = weft_in(WEFT_S(60));
    int before = count, err;

    close_some(left);
    err = try(echo, function);
    *ran = err == 0;
    while (count < before && weft_clock() < until)
        if (!open_one_more(echo))
            weft_sleep(WEFT_MS(1));
    if (err != 0 && err != WEFT_ELIMIT)
        (void)weft_print("%d left: %s: %s\n", left, weft_strerror(err), weft_last_error());
    if (count < before)
        (void)weft_print("%d left: %d are lost\n", left, before - count);
    return (err == 0 || err == WEFT_ELIMIT) && count == before;
}

/* Cold, there is no arena and no guard yet, and both need some that they keep. */
static int starve(const char *echo)
{
    bool ran[2] = {false, false}, was_refused[2] = {false, false}, now;
    bool first = try_with(0, echo, true, &now);

    while (open_one_more(echo))
        continue;
    if (!first || try(echo, true) != WEFT_ELIMIT || try(echo, false) != WEFT_ELIMIT)
        return 1;
    close_some(SPARE + 8);
    if (try(echo, true) != 0 || try(echo, false) != 0)
        return 2;
    while (open_one_more(echo))
        continue;
    for (int left = 0; left <= SPARE; left++)
        for (int function = 0; function < 2; function++) {
            if (!try_with(left, echo, function == 1, &now))
                return 3;
            ran[function] = ran[function] || now;
            was_refused[function] = was_refused[function] || !now;
        }
    close_some(count);
    if (!ran[0] || !ran[1] || !was_refused[0] || !was_refused[1])
        return 4;
    return weft_print("ok\n") != 0;
}

int main(int argc, char **argv)
{
    weft_main(&argc, &argv);
    const char *what = argc > 2 ? argv[1] : "";

    if (strcmp(what, "parent") == 0)
        return be_a_parent(argv[2], argc > 3);
    if (strcmp(what, "starve") == 0)
        return starve(argv[2]);
    return 9;
}
