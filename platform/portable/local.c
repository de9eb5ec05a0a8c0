/* SPDX-License-Identifier: MIT */
#include "weft/local.h"

#include "internal.h"
#include "seam.h"

int weft_local_create(weft_local *local, void (*destructor)(void *value))
{
    return weft_seam_local_create(&local->key, destructor);
}

void *weft_local_get(const weft_local *local)
{
    return local->key != 0 ? weft_seam_local_get(local->key) : NULL;
}

int weft_local_set(const weft_local *local, void *value)
{
    if (local->key == 0)
        return weft__misuse(WEFT_EINVAL, "local %p: not created", (const void *)local);
    return weft_seam_local_set(local->key, value);
}

void weft_local_close(weft_local *local)
{
    if (local->key != 0)
        weft_seam_local_close(local->key);
    local->key = 0;
}
