/* SPDX-License-Identifier: MIT */
/*
 * What the parent handed over, in the child. Each thing is given away once: `taken` has a
 * bit for it, set by the one who gets it.
 */
#include <string.h>

#include "child.h"
#include "seam.h"
#include "weft/process.h"

static const char *texts; /* these two are written by weft_main, before other threads exist */
static uint32_t count;
static weft_atomic_u32 taken;

void weft__heirs_begin(const char *all, uint32_t how_many)
{
    texts = all;
    count = how_many;
}

/* The system's handle of what has this name; its bit is set. */
static int take(const char *name, char kind, uint32_t *bit, uintptr_t *handle)
{
    const char *text = texts;
    uint32_t index = 0;

    while (name && index < count && strcmp(text + 1, name) != 0) {
        text += strlen(text) + 1;
        index++;
    }
    if (!name || index == count)
        return weft__fail(WEFT_ENOTFOUND, "process: nothing named '%s' was handed over",
                          name ? name : "NULL");
    if (text[0] != kind)
        return weft__fail(WEFT_ENOTFOUND, "process: what was handed over as '%s' is a %s", name,
                          text[0] == WEFT__HEIR_FILE ? "file" : "socket");
    *bit = 1u << index;
    if ((weft_fetch_or_u32(&taken, *bit, WEFT_ACQ_REL) & *bit) != 0)
        return weft__fail(WEFT_ENOTFOUND, "process: '%s' was asked for before", name);
    return weft_seam_process_heir(index, handle);
}

int weft_process_file(int *file, const char *name)
{
    uint32_t bit = 0;
    uintptr_t handle;
    int err = take(name, WEFT__HEIR_FILE, &bit, &handle);

    if (err != 0)
        return err;
    err = weft_seam_file_adopt(handle, file);
    if (err != 0)
        weft_fetch_and_u32(&taken, ~bit, WEFT_RELEASE); /* it may be asked for again */
    return err;
}

int weft_process_socket(weft_socket **socket, const char *name)
{
    uint32_t bit = 0;
    uintptr_t handle;
    int err = take(name, WEFT__HEIR_SOCKET, &bit, &handle);

    if (err != 0)
        return err;
    err = weft__socket_take_over(socket, handle);
    if (err != 0)
        weft_fetch_and_u32(&taken, ~bit, WEFT_RELEASE);
    return err;
}
