/* SPDX-License-Identifier: MIT */
/*
 * Printing and reading happen in child processes, whose standard streams are
 * reopened on a file: a child REQUIREs what it reads, its parent looks at what it
 * printed.
 */
#include "check.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crew.h"
#include "fail.h"
#include "weft/process.h"
#include "weft/text.h"

#define BAD "\xEF\xBF\xBD" /* U+FFFD */

enum { NAME_SIZE = 64, PRINTERS = 8, LINES = 200, LONG_LINE = 3000, HUGE_LINE = 4000000 };

/* ---- children with a file as standard input and output -------------------------- */

struct files {
    char input[NAME_SIZE];
    char output[NAME_SIZE];
};

static void name_files(struct files *files)
{
    unsigned long long pid = (unsigned long long)weft_process_current_pid();

    snprintf(files->input, NAME_SIZE, "test_text_%llu.in", pid);
    snprintf(files->output, NAME_SIZE, "test_text_%llu.out", pid);
}

/* Runs `child` with its files as argument, the input holding these bytes; what it
 * printed, to be freed. */
static char *run(weft_function *child, const char *input, size_t length)
{
    enum { MOST = 1 << 20 };
    struct files files;
    char *printed = calloc(1, MOST);

    name_files(&files);
    FILE *file = fopen(files.input, "wb");
    CU_ASSERT_PTR_NOT_NULL_FATAL(printed);
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    CU_ASSERT_EQUAL(fwrite(input, 1, length, file), length);
    CU_ASSERT_EQUAL(fclose(file), 0);
    join_process(start_process(child, &files, sizeof(files)));
    file = fopen(files.output, "rb");
    if (file) {
        CU_ASSERT_TRUE(fread(printed, 1, MOST, file) < MOST);
        fclose(file);
    }
    remove(files.input);
    remove(files.output);
    return printed;
}

static int reopen(weft_task *task)
{
    const struct files *files = &WEFT_ARG(task, struct files);

    if (!freopen(files->input, "rb", stdin) || !freopen(files->output, "wb", stdout))
        return weft_task_fail(task, WEFT_EFAILED, "the files cannot be opened");
    return 0;
}

/* ---- printing -------------------------------------------------------------------- */

/* First of all: a process leaves blocks of memory behind. */
static void a_long_text_needs_memory(void)
{
    watch_memory();
    refuse_allocation(1);
    CHECK_ERROR(weft_print("%*d", LONG_LINE, 1), WEFT_ENOMEM);
    refuse_allocation(1);
    CHECK_ERROR(weft_print_error("%*d", LONG_LINE, 1), WEFT_ENOMEM);
    refuse_allocation(0);
    unwatch_memory();
}

static int print_lines(weft_task *task)
{
    int number = *WEFT_ARG(task, int *), err = 0;

    for (int line = 0; line < LINES && err == 0; line++)
        err = weft_print("%d 线程 %0*d\n", number, line % 10 == 0 ? LONG_LINE : 10, line);
    return err;
}

static int print_from_threads(weft_task *task)
{
    int numbers[PRINTERS];
    weft_thread *threads[PRINTERS];

    REQUIRE(task, reopen(task) == 0);
    for (int i = 0; i < PRINTERS; i++) {
        numbers[i] = i;
        start_threads(&threads[i], 1, print_lines, &numbers[i]);
    }
    join_threads(threads, PRINTERS);
    return 0;
}

static void lines_of_threads_do_not_mix(void)
{
    char *printed = run(print_from_threads, "", 0);
    int seen[PRINTERS] = {0};

    for (char *line = strtok(printed, "\n"); line; line = strtok(NULL, "\n")) {
        char *end = NULL;
        long number = strtol(line, &end, 10);
        bool whole = number >= 0 && number < PRINTERS && strncmp(end, " 线程 ", 8) == 0;
        long count = whole ? strtol(end + 8, &end, 10) : -1;
        if (!whole || *end != '\0') {
            CU_FAIL("a line is not whole");
            break;
        }
        CU_ASSERT_EQUAL(count, seen[number]);
        seen[number]++;
    }
    for (int i = 0; i < PRINTERS; i++)
        CU_ASSERT_EQUAL(seen[i], LINES);
    free(printed);
}

static int print_both_ways(weft_task *task)
{
    REQUIRE(task, reopen(task) == 0);
    printf("one ");
    REQUIRE(task, weft_print("%s %d %zu", "二", 3, sizeof(char)) == 0);
    printf(" four");
    REQUIRE(task, weft_print("%s", "") == 0);
    return 0;
}

static void what_printf_left_goes_first(void)
{
    char *printed = run(print_both_ways, "", 0);

    CU_ASSERT_STRING_EQUAL(printed, "one 二 3 1 four");
    free(printed);
}

static int print_to_an_input(weft_task *task)
{
    REQUIRE(task, reopen(task) == 0);
    REQUIRE(task, freopen(WEFT_ARG(task, struct files).input, "rb", stdout));
    REQUIRE(task, weft_print("lost") == WEFT_ESYSTEM);
    REQUIRE(task, strncmp(weft_last_error(), "standard output: ", 17) == 0);
    REQUIRE(task, weft_input("lost too", (char[8]){""}, 8) == WEFT_ESYSTEM);
    return 0;
}

static void an_output_that_cannot_be_written_is_an_error(void)
{
    free(run(print_to_an_input, "line\n", 5));
}

/* ---- reading --------------------------------------------------------------------- */

static bool reads(char *line, size_t size, int expected, const char *text)
{
    int err = weft_input(NULL, line, size);

    return err == expected && strcmp(line, text) == 0;
}

static int read_lines(weft_task *task)
{
    char line[32];

    REQUIRE(task, reopen(task) == 0);
    REQUIRE(task, weft_input("名字? ", line, sizeof(line)) == 0 && strcmp(line, "unix") == 0);
    REQUIRE(task, reads(line, sizeof(line), 0, "windows"));
    REQUIRE(task, reads(line, sizeof(line), 0, ""));
    REQUIRE(task, reads(line, sizeof(line), 0, "a\rb\r"));
    REQUIRE(task, reads(line, sizeof(line), 0, "中文😀"));
    REQUIRE(task, weft_input(NULL, line, 0) == WEFT_EINVAL);
    REQUIRE(task, reads(line, sizeof(line), 0, "no end\r"));
    REQUIRE(task, reads(line, sizeof(line), WEFT_ECLOSED, ""));
    REQUIRE(task, reads(line, sizeof(line), WEFT_ECLOSED, ""));
    return 0;
}

static void lines_come_without_their_ends(void)
{
    static const char input[] = "unix\nwindows\r\n\na\rb\r\r\n中文😀\nno end\r";
    char *printed = run(read_lines, input, sizeof(input) - 1);

    CU_ASSERT_STRING_EQUAL(printed, "名字? ");
    free(printed);
}

static int read_bad_text(weft_task *task)
{
    char line[32];

    REQUIRE(task, reopen(task) == 0);
    REQUIRE(task, reads(line, sizeof(line), WEFT_EBADTEXT, "a" BAD "b"));
    REQUIRE(task, reads(line, sizeof(line), WEFT_EBADTEXT, BAD BAD));
    REQUIRE(task, reads(line, sizeof(line), WEFT_EBADTEXT, BAD "文" BAD BAD BAD));
    REQUIRE(task, reads(line, sizeof(line), 0, "good"));
    REQUIRE(task, reads(line, sizeof(line), WEFT_EBADTEXT, BAD BAD BAD));
    REQUIRE(task, reads(line, sizeof(line), WEFT_ECLOSED, ""));
    return 0;
}

static void bad_bytes_and_nul_are_replaced(void)
{
    static const char input[] = "a\0b\n\xE4\xB8\n\xF0文\xED\xA0\x80\ngood\n\xF0\x9F\x98";

    free(run(read_bad_text, input, sizeof(input) - 1));
}

static int read_long_lines(weft_task *task)
{
    char line[8];

    REQUIRE(task, reopen(task) == 0);
    REQUIRE(task, reads(line, sizeof(line), WEFT_ETRUNCATED, "中文")); /* 9 bytes */
    REQUIRE(task, reads(line, sizeof(line), 0, "seven c"));
    REQUIRE(task, reads(line, sizeof(line), WEFT_ETRUNCATED, "eight c"));
    REQUIRE(task, reads(line, 1, 0, ""));
    REQUIRE(task, reads(line, 1, WEFT_ETRUNCATED, ""));
    REQUIRE(task, reads(line, sizeof(line), WEFT_ECLOSED, ""));
    return 0;
}

static void a_long_line_is_cut_between_characters_and_its_rest_dropped(void)
{
    static const char input[] = "中文字\nseven c\neight ch\n\nx";

    free(run(read_long_lines, input, sizeof(input) - 1));
}

static int read_a_huge_line(weft_task *task)
{
    char line[16];

    REQUIRE(task, reopen(task) == 0);
    REQUIRE(task, reads(line, sizeof(line), WEFT_ETRUNCATED, "字字字字字"));
    REQUIRE(task, reads(line, sizeof(line), 0, "next"));
    return 0;
}

/* Its characters lie across every boundary of whatever is read at once. */
static void a_huge_line_is_cut_like_a_long_one(void)
{
    char *input = malloc(HUGE_LINE + 8);
    size_t length = 0;

    CU_ASSERT_PTR_NOT_NULL_FATAL(input);
    for (; length + 3 <= HUGE_LINE; length += 3)
        memcpy(input + length, "字", 3);
    memcpy(input + length, "\nnext", 5);
    free(run(read_a_huge_line, input, length + 5));
    free(input);
}

static int read_nothing(weft_task *task)
{
    char line[8] = "before";

    REQUIRE(task, reads(line, sizeof(line), WEFT_ECLOSED, ""));
    REQUIRE(task, strcmp(weft_last_error(), "standard input has ended") == 0);
    return 0;
}

static void a_child_has_no_input(void)
{
    join_process(start_process(read_nothing, NULL, 0));
}

/* ---- texts from outside ------------------------------------------------------------ */

static bool shows(const char *text, size_t length, const char *expected)
{
    char shown[256];

    return strcmp(weft_text_printable(text, length, shown, sizeof(shown)), expected) == 0;
}

static void control_characters_and_bad_bytes_become_escapes(void)
{
    CU_ASSERT_TRUE(shows("", 0, ""));
    CU_ASSERT_TRUE(shows("plain 中文😀 \\ '", 20, "plain 中文😀 \\ '"));
    CU_ASSERT_TRUE(shows("\x1B[2J", 4, "\\x1b[2J"));
    CU_ASSERT_TRUE(shows("a\0b\x07\x7F", 5, "a\\x00b\\x07\\x7f"));
    CU_ASSERT_TRUE(shows("\n\r\t", 3, "\\n\\r\\t"));
    CU_ASSERT_TRUE(shows("\xFF\xE4\xB8x", 4, "\\xff\\xe4\\xb8x"));
    CU_ASSERT_TRUE(shows("\xC2\x9B\x33m", 4, "\\x9b3m"));                     /* CSI */
    CU_ASSERT_TRUE(shows("\xE2\x80\xAE|\xE2\x81\xA6", 7, "\\u202e|\\u2066")); /* bidi */
    CU_ASSERT_TRUE(shows(BAD, 3, BAD));
}

static void a_shown_text_is_cut_between_characters_and_escapes(void)
{
    static const char *const by_size[] = {"", "", "", "中", "中", "中", "中", "中\\x1b"};
    char shown[9];

    for (size_t size = 1; size <= 8; size++) {
        memset(shown, '#', sizeof(shown));
        CU_ASSERT_STRING_EQUAL(weft_text_printable("中\x1B", 4, shown, size), by_size[size - 1]);
        CU_ASSERT_EQUAL(shown[size], '#');
    }
    CU_ASSERT_PTR_EQUAL(weft_text_printable("x", 1, shown, 0), shown);
    CU_ASSERT_EQUAL(shown[8], '#');
}

static void utf8_is_what_rfc_3629_says(void)
{
    static const char *const good[] = {
        "",
        "ascii",
        "\xC2\x80",
        "\xDF\xBF",
        "\xE0\xA0\x80",
        "\xED\x9F\xBF",
        "\xEE\x80\x80",
        "\xEF\xBF\xBF",
        "\xF0\x90\x80\x80",
        "\xF4\x8F\xBF\xBF",
    };
    static const char *const bad[] = {
        "\x80",                 /* a continuation alone */
        "\xC0\x80",             /* overlong */
        "\xC1\xBF",             /* overlong */
        "\xE0\x9F\xBF",         /* overlong */
        "\xF0\x8F\xBF\xBF",     /* overlong */
        "\xED\xA0\x80",         /* surrogates */
        "\xED\xBF\xBF",         /* surrogates */
        "\xF4\x90\x80\x80",     /* U+110000 */
        "\xF5\x80\x80\x80",     /* above */
        "\xF8\x88\x80\x80\x80", /* five bytes */
        "\xFE",
        "\xFF",
        "\xE4\xB8",      /* cut */
        "\xE4\xB8x",     /* cut in the middle */
        "x\xF0\x9F\x98", /* cut */
        "\xC3\xC3\xA9",
    };

    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
        CU_ASSERT_TRUE(weft_text_is_utf8(good[i], strlen(good[i])));
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        CU_ASSERT_FALSE(weft_text_is_utf8(bad[i], strlen(bad[i])));
    CU_ASSERT_TRUE(weft_text_is_utf8("\0", 1));
    CU_ASSERT_FALSE(weft_text_is_utf8("中", 2));
}

/* Run it with LC_ALL=zh_CN.UTF-8, LANG=de, LC_ALL=C and so on. */
static void the_language_is_the_one_that_the_environment_names(void)
{
    static const char *const variables[] = {"LC_ALL", "LC_MESSAGES", "LANG"};
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz";
    const char *language = weft_text_language(), *asked = NULL;

    CU_ASSERT_EQUAL(strlen(language), 2);
    CU_ASSERT_EQUAL(strspn(language, letters), 2);
    CU_ASSERT_PTR_EQUAL(weft_text_language(), language);
    for (int i = 0; i < 3 && (!asked || !*asked); i++)
        asked = getenv(variables[i]);
    if (!asked || !*asked)
        return;
    if (strspn(asked, letters) == 2)
        CU_ASSERT_EQUAL(strncmp(language, asked, 2), 0);
    if (asked[0] == 'C' || strcmp(asked, "POSIX") == 0)
        CU_ASSERT_STRING_EQUAL(language, "en");
}

const char *const suite_name = "text";
CU_TestInfo suite_cases[] = {
    {"a_long_text_needs_memory", a_long_text_needs_memory},
    {"lines_of_threads_do_not_mix", lines_of_threads_do_not_mix},
    {"what_printf_left_goes_first", what_printf_left_goes_first},
    {"an_output_that_cannot_be_written_is_an_error", an_output_that_cannot_be_written_is_an_error},
    {"lines_come_without_their_ends", lines_come_without_their_ends},
    {"bad_bytes_and_nul_are_replaced", bad_bytes_and_nul_are_replaced},
    {"a_long_line_is_cut_between_characters_and_its_rest_dropped",
     a_long_line_is_cut_between_characters_and_its_rest_dropped},
    {"a_huge_line_is_cut_like_a_long_one", a_huge_line_is_cut_like_a_long_one},
    {"a_child_has_no_input", a_child_has_no_input},
    {"control_characters_and_bad_bytes_become_escapes",
     control_characters_and_bad_bytes_become_escapes},
    {"a_shown_text_is_cut_between_characters_and_escapes",
     a_shown_text_is_cut_between_characters_and_escapes},
    {"utf8_is_what_rfc_3629_says", utf8_is_what_rfc_3629_says},
    {"the_language_is_the_one_that_the_environment_names",
     the_language_is_the_one_that_the_environment_names},
    CU_TEST_INFO_NULL,
};
