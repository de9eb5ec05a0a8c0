/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <pthread.h>

#include "internal.h"
#include "seam.h"

/* A pthread_key_t may be 0, a key of the seam not. */
static pthread_key_t key_of(uint64_t key)
{
    return (pthread_key_t)(key - 1);
}

int weft_seam_local_create(uint64_t *key, void (*destructor)(void *value))
{
    pthread_key_t made;
    int error = pthread_key_create(&made, destructor);

    if (error != 0)
        return weft__fail_system(error, "local: no key left");
    *key = (uint64_t)made + 1;
    return 0;
}

void *weft_seam_local_get(uint64_t key)
{
    return pthread_getspecific(key_of(key));
}

int weft_seam_local_set(uint64_t key, void *value)
{
    int error = pthread_setspecific(key_of(key), value);

    if (error != 0)
        return weft__fail_system(error, "local: value not set");
    return 0;
}

void weft_seam_local_close(uint64_t key)
{
    pthread_key_delete(key_of(key));
}
