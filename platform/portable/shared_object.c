/* SPDX-License-Identifier: MIT */
#include "shared_object.h"

#include <stdio.h>

#include "seam.h"
#include "weft/error.h"

struct weft__shared_view weft__shared_view;

weft_atomic_u32 *weft__shared_find_slowly(weft_offset at)
{
    weft_atomic_u32 *first = weft__arena_block(at);
    uint64_t self = (uint64_t)weft__arena_self() << 32 | (uint32_t)weft_seam_process_pid();

    if (!first)
        return NULL;
    weft_store_pointer(&weft__shared_view.base, (char *)first - at, WEFT_RELAXED);
    weft_store_u64(&weft__shared_view.self, self, WEFT_RELAXED);
    weft_store_u64(&weft__shared_view.most, at, WEFT_RELEASE);
    return first;
}

int weft__shared_create(weft_offset *at, enum weft__shared_kind kind, size_t size)
{
    int err = weft_shared_alloc(at, size);

    if (err == 0)
        weft_store_u32(weft_shared_pointer(*at), kind, WEFT_RELEASE);
    return err;
}

int weft__shared_refuse(weft_offset at, const char *what)
{
    return weft__misuse(WEFT_EINVAL, "%s %llu: there is none", what, (unsigned long long)at);
}

void weft__shared_close(weft_offset at, enum weft__shared_kind kind, const char *what)
{
    weft_atomic_u32 *first = weft__shared_find(at, kind);
    uint32_t seen = kind;

    if (at == 0)
        return;
    if (first && weft_cas_u32(first, &seen, 0, WEFT_ACQ_REL))
        weft_shared_free(at);
    else
        (void)weft__shared_refuse(at, what);
}

int weft__shared_fail_wait(int err, const char *what, weft_offset at, const char *late)
{
    return weft__fail(err, "%s %llu: %s", what, (unsigned long long)at,
                      err == WEFT_ECANCELED ? "its wait was cancelled" : late);
}

const char *weft__shared_process_text(weft__shared_process process,
                                      char text[WEFT__SHARED_PROCESS_TEXT])
{
    if ((uint32_t)process != 0)
        snprintf(text, WEFT__SHARED_PROCESS_TEXT, "process %lu", (unsigned long)(uint32_t)process);
    else
        snprintf(text, WEFT__SHARED_PROCESS_TEXT, "process number %lu of the arena",
                 (unsigned long)(process >> 32) % WEFT_ARENA_PROCESSES);
    return text;
}
