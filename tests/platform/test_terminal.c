/* SPDX-License-Identifier: MIT */
/*
 * Standard streams that are a terminal, in the locales that users have, or nothing at all.
 * The test is the terminal; a child process opens it.
 */
#include "check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crew.h"
#include "system.h"
#include "weft/process.h"
#include "weft/text.h"

enum { PATH_SIZE = 128, SEEN_SIZE = 512 };

struct terminal {
    char path[PATH_SIZE];
};

static int ask_for_a_name(weft_task *task)
{
    const char *path = WEFT_ARG(task, struct terminal).path;
    char name[32];

    REQUIRE(task, freopen(path, "rb", stdin) && freopen(path, "wb", stdout));
    REQUIRE(task, weft_input("名字€? ", name, sizeof(name)) == 0);
    REQUIRE(task, strcmp(name, "张三") == 0);
    REQUIRE(task, weft_print("你好%s\n", name) == 0);
    return 0;
}

/* What the terminal shows while its user types the name. */
static bool shows(const char *locale, const char *typed, const char *expected)
{
    struct terminal opened = {""};
    char seen[SEEN_SIZE];
    const char *const environment[] = {locale, NULL};
    const weft_process_options options = {.environment = environment};
    FILE *terminal = open_terminal(opened.path, PATH_SIZE);
    weft_process *child = NULL;
    size_t length = 0;
    int c;

    if (!terminal) {
        skip("no terminal here");
        return true;
    }
    setvbuf(terminal, NULL, _IONBF, 0);
    fputs(typed, terminal);
    CHECK_OK(weft_process_start_with(&child, ask_for_a_name, &opened, sizeof(opened), &options));
    join_process(child);
    while ((c = getc(terminal)) != EOF && length < SEEN_SIZE - 1)
        seen[length++] = (char)c;
    seen[length] = '\0';
    fclose(terminal);
    if (!strstr(seen, expected))
        printf("\n    %s: seen '%s'\n", locale, seen);
    return strstr(seen, expected) != NULL;
}

static void a_terminal_speaks_utf8_unless_its_locale_says_otherwise(void)
{
    static const char *const locales[] = {"LANG=C", "LC_ALL=C.UTF-8", "LANG=zh_CN.utf8",
                                          "LC_ALL=POSIX", "LANG=de_DE.ISO-8859-1"};

    for (size_t i = 0; i < sizeof(locales) / sizeof(locales[0]); i++)
        CU_ASSERT_TRUE(shows(locales[i], "张三\n", "名字€? 你好张三\r\n"));
}

static void a_terminal_in_a_gbk_locale_speaks_gbk(void)
{
    static const char *const locales[] = {"LC_ALL=zh_CN.GBK", "LC_CTYPE=zh_CN.gb2312", "LANG=zh_CN",
                                          "LANG=zh_CN.GBK@pinyin"};

    for (size_t i = 0; i < sizeof(locales) / sizeof(locales[0]); i++)
        CU_ASSERT_TRUE(shows(locales[i], "\xD5\xC5\xC8\xFD\n",
                             "\xC3\xFB\xD7\xD6?? \xC4\xE3\xBA\xC3\xD5\xC5\xC8\xFD\r\n"));
    CU_ASSERT_TRUE(shows("LANG=zh_CN.GB18030", "\xD5\xC5\xC8\xFD\n",
                         "\xC3\xFB\xD7\xD6\xA2\xE3? \xC4\xE3\xBA\xC3\xD5\xC5\xC8\xFD\r\n"));
}

static int use_closed_streams(weft_task *task)
{
    char line[8] = "before";

    close_descriptors(0, 1);
    REQUIRE(task, weft_input(NULL, line, sizeof(line)) == WEFT_ECLOSED);
    REQUIRE(task, weft_print("lost") == WEFT_ESYSTEM);
    REQUIRE(task, strncmp(weft_last_error(), "standard output: ", 17) == 0);
    return 0;
}

static void closed_streams_are_told(void)
{
    if (no_descriptors) {
        skip(no_descriptors);
        return;
    }
    join_process(start_process(use_closed_streams, NULL, 0));
}

const char *const suite_name = "terminal";
CU_TestInfo suite_cases[] = {
    {"a_terminal_speaks_utf8_unless_its_locale_says_otherwise",
     a_terminal_speaks_utf8_unless_its_locale_says_otherwise},
    {"closed_streams_are_told", closed_streams_are_told},
    {"a_terminal_in_a_gbk_locale_speaks_gbk", a_terminal_in_a_gbk_locale_speaks_gbk},
    CU_TEST_INFO_NULL,
};
