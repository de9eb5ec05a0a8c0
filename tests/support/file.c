/* SPDX-License-Identifier: MIT */
#include "file.h"

#include <string.h>

#include "check.h"
#include "program.h"
#include "weft/caps.h"

enum { LONGEST = 4096 };

void write_file(const char *name, const char *text)
{
    FILE *file = fopen(name, "wb");

    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    fputs(text, file);
    fclose(file);
}

const char *text_of_file(const char *name)
{
    static char text[LONGEST];
    FILE *file = fopen(name, "rb");
    char *end = text;
    int byte;

    text[0] = '\0';
    CU_ASSERT_PTR_NOT_NULL(file);
    if (!file)
        return text;
    while ((byte = fgetc(file)) != EOF && end < text + LONGEST - 1)
        if (byte != '\r')
            *end++ = (char)byte;
    *end = '\0';
    fclose(file);
    return text;
}

static void run_with(const char *command, const char *name)
{
    const char *const posix[] = {command, name, NULL};
    const char *const windows[] = {"cmd", "/c", command, name, NULL};
    bool is_windows = strcmp(weft_caps()->system, "windows") == 0;
    weft_process *process = NULL;

    CHECK_OK(weft_process_open(&process, is_windows ? windows : posix, &silent));
    CU_ASSERT_EQUAL(code_of(process), 0);
}

void make_folder(const char *name)
{
    run_with("mkdir", name);
}

void remove_folder(const char *name)
{
    run_with("rmdir", name);
}
