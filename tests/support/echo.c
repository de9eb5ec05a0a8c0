/* SPDX-License-Identifier: MIT */
/*
 * The other program of test_program.c. Its first argument says what it does:
 * arguments A B ...  prints each as <length>:<text>, one a line
 * cat                copies its input to its output
 * flood N            prints N times 'x'
 * shout N            likewise, but first to its errors and then to its output
 * both               prints "out" to the output and "err" to the errors
 * show FILE          prints the text of the file
 * environment NAME   prints the value, or "(none)"
 * exit N             ends with that code
 * spin               prints "ready" and never rests until it is killed
 * sleep              prints "ready" and sleeps until it is killed
 * doctor             asks itself for a report until it is killed
 * child              starts a process of its own that prints from there
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "weft/atomic.h"
#include "weft/doctor.h"
#include "weft/error.h"
#include "weft/process.h"
#include "weft/text.h"
#include "weft/time.h"

static int show_arguments(int argc, char **argv)
{
    int err = 0;

    for (int i = 2; i < argc && err == 0; i++)
        err = weft_print("%d:%s\n", (int)strlen(argv[i]), argv[i]);
    return err != 0;
}

static int cat(void)
{
    char bytes[4096];
    size_t length;

    while ((length = fread(bytes, 1, sizeof(bytes), stdin)) > 0)
        if (fwrite(bytes, 1, length, stdout) != length)
            return 1;
    return 0;
}

static int flood(FILE *stream, long count)
{
    for (long i = 0; i < count; i++)
        if (putc('x', stream) == EOF)
            return 1;
    return 0;
}

static int both(void)
{
    return weft_print("out\n") != 0 || weft_print_error("err\n") != 0;
}

static int show(const char *name)
{
    FILE *file = name ? fopen(name, "rb") : NULL;
    int byte;

    if (!file)
        return 1;
    while ((byte = fgetc(file)) != EOF)
        putchar(byte);
    return fclose(file) != 0;
}

static int show_variable(const char *name)
{
    const char *value = name ? getenv(name) : NULL;

    return printf("%s\n", value ? value : "(none)") < 0;
}

static int sleep_for_ever(void)
{
    (void)weft_print("ready\n");
    weft_sleep(WEFT_FOREVER);
    return 0;
}

static int spin_for_ever(void)
{
    weft_atomic_u64 turns = {0};

    (void)weft_print("ready\n");
    while (weft_fetch_add_u64(&turns, 1, WEFT_RELAXED) != UINT64_MAX)
        continue;
    return 0;
}

/* Number 3 is SIGQUIT on every POSIX system; ISO C knows no name for it. */
static int ask_for_reports(void)
{
    if (weft_doctor_on_request() != 0)
        return 1;
    for (;;) {
        raise(3);
        weft_sleep(WEFT_S(1));
    }
}

static int print_from_the_child(weft_task *task)
{
    (void)task;
    printf("printf in the child, input %s\n", getchar() == EOF ? "empty" : "not empty");
    fflush(stdout);
    if (weft_print("weft_print in the child\n") != 0)
        return WEFT_EFAILED;
    return weft_print_error("errors of the child\n");
}

static int start_a_child(void)
{
    weft_process *child;

    if (weft_process_start(&child, print_from_the_child, NULL, 0) != 0 ||
        weft_process_join(child, WEFT_FOREVER) != 0)
        return 1;
    weft_process_close(child);
    return 0;
}

int main(int argc, char **argv)
{
    weft_main(&argc, &argv);
    const char *what = argc > 1 ? argv[1] : "";
    long number = argc > 2 ? strtol(argv[2], NULL, 10) : 0;

    if (strcmp(what, "arguments") == 0)
        return show_arguments(argc, argv);
    if (strcmp(what, "cat") == 0)
        return cat();
    if (strcmp(what, "flood") == 0)
        return flood(stdout, number);
    if (strcmp(what, "shout") == 0)
        return flood(stderr, number) + flood(stdout, number);
    if (strcmp(what, "both") == 0)
        return both();
    if (strcmp(what, "show") == 0)
        return show(argv[2]);
    if (strcmp(what, "environment") == 0)
        return show_variable(argv[2]);
    if (strcmp(what, "exit") == 0)
        return (int)number;
    if (strcmp(what, "sleep") == 0)
        return sleep_for_ever();
    if (strcmp(what, "spin") == 0)
        return spin_for_ever();
    if (strcmp(what, "doctor") == 0)
        return ask_for_reports();
    if (strcmp(what, "child") == 0)
        return start_a_child();
    fprintf(stderr, "weft_test_echo: %s?\n", what);
    return 2;
}
