/* SPDX-License-Identifier: MIT */
/* Values and arrays: a block and a mutex, which know nothing of each other. */
#include "weft/shared_value.h"

#include "internal.h"

int weft_shared_value_create(weft_offset *at, weft_shared_mutex *lock, size_t element_size,
                             size_t count)
{
    weft_shared_mutex made;
    int err;

    if (element_size != 0 && count > SIZE_MAX / element_size)
        return weft__fail(WEFT_ETOOBIG, "shared value: %zu elements of %zu bytes are too many",
                          count, element_size);
    err = weft_shared_mutex_create(&made);
    if (err != 0)
        return err;
    err = weft_shared_alloc(at, element_size * count);
    if (err != 0) {
        weft_shared_mutex_close(made);
        return err;
    }
    *lock = made;
    return 0;
}
