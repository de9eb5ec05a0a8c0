/* SPDX-License-Identifier: MIT */
/* Files and sockets that are handed over: in the parent, and in the child. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "internal.h"
#include "seam.h"
#include "spawn.h"
#include "weft/memory.h"

extern char **environ;

static size_t inherited; /* written by weft_main, before there are other threads */

/* ---- in the parent -------------------------------------------------------------------- */

static int copy_one(const weft_handover *one, int *copy)
{
    uintptr_t handle = 0;
    int err = one->socket ? weft__socket_hand_over(one->socket, &handle)
                          : weft_seam_file_handle(one->file, &handle);

    if (err != 0)
        return err;
    *copy = dup((int)handle);
    if (*copy == -1)
        return weft__fail_system(errno, "process: descriptor %d to hand over as %s", (int)handle,
                                 one->name);
    return weft__out_of_the_way(copy);
}

int weft__heirs_open(const weft_process_options *options, int *copies)
{
    int err = 0;
    size_t count = 0;

    while (count < options->hand_over_count && err == 0) {
        err = copy_one(&options->hand_over[count], &copies[count]);
        count += err == 0;
    }
    while (err != 0 && count > 0)
        close(copies[--count]);
    return err;
}

void weft__heirs_close(const weft_process_options *options, const int *copies)
{
    for (size_t i = 0; i < options->hand_over_count; i++)
        close(copies[i]);
}

static bool has_name(const char *entry, const char *name)
{
    size_t length = strlen(name);

    return strncmp(entry, name, length) == 0 && entry[length] == '=';
}

static bool is_replaced(const weft_process_options *options, const char *entry)
{
    for (size_t i = 0; i < options->hand_over_count; i++)
        if (has_name(entry, options->hand_over[i].name))
            return true;
    return false;
}

/* The block has the pointers first, then the texts of what is handed over. */
int weft__heirs_environment(const weft_process_options *options, const char ***environment)
{
    const char *const *given =
        options->environment ? options->environment : (const char *const *)environ;
    size_t count = 0, size = 0, used = 0;
    const char **all;
    char *text;

    *environment = NULL;
    if (options->hand_over_count == 0 && !options->environment)
        return 0;
    while (given && given[count])
        count++;
    for (size_t i = 0; i < options->hand_over_count; i++)
        size += strlen(options->hand_over[i].name) + 8;
    all = weft_alloc((count + options->hand_over_count + 1) * sizeof(*all) + size);
    if (!all)
        return WEFT_ENOMEM;
    for (size_t i = 0; i < count; i++)
        if (!is_replaced(options, given[i]))
            all[used++] = given[i];
    text = (char *)(all + count + options->hand_over_count + 1);
    for (size_t i = 0; i < options->hand_over_count; i++) {
        all[used++] = text;
        text += snprintf(text, size, "%s=%d", options->hand_over[i].name, 3 + (int)i) + 1;
    }
    *environment = all;
    return 0;
}

int weft_seam_file_handle(int file, uintptr_t *handle)
{
    *handle = (uintptr_t)file;
    return 0;
}

/* ---- in the child ----------------------------------------------------------------------- */

/* They must not go on to its children by themselves. */
void weft__heirs_inherited(size_t count)
{
    inherited = count;
    for (size_t i = 0; i < count; i++)
        fcntl(WEFT__CHILD_HEIRS + (int)i, F_SETFD, FD_CLOEXEC);
}

int weft_seam_process_heir(size_t index, uintptr_t *handle)
{
    if (index >= inherited)
        return weft__fail(WEFT_ENOTFOUND, "process: it inherited %zu things, not %zu", inherited,
                          index + 1);
    *handle = (uintptr_t)(WEFT__CHILD_HEIRS + index);
    return 0;
}

int weft_seam_file_adopt(uintptr_t handle, int *file)
{
    *file = (int)handle;
    return 0;
}
