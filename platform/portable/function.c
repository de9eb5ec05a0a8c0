/* SPDX-License-Identifier: MIT */
/*
 * Functions as values that all processes of the program understand: which module, which
 * build of it, and how far from its start. Module names live in the arena, each once per
 * process that named it, and are never freed: there are few.
 */
#include <string.h>

#include "internal.h"
#include "seam.h"
#include "weft/arena.h"
#include "weft/memory.h"
#include "weft/mutex.h"

enum { MODULE_SIZE = 1024 };

struct named {
    struct named *next;
    weft_offset at;
};

static weft_mutex lock = WEFT_MUTEX_INIT;
static struct named *names; /* guarded by lock; grows only */

/* The last module that was found to be the build that it should be; guarded by lock. */
static weft__function_ref known;

static int find_locked(const char *module, weft_offset *at)
{
    struct named *entry = names;
    int err;

    while (entry && strcmp(weft_shared_pointer(entry->at), module) != 0)
        entry = entry->next;
    if (entry) {
        *at = entry->at;
        return 0;
    }
    entry = weft_alloc(sizeof(*entry));
    if (!entry)
        return WEFT_ENOMEM;
    err = weft_shared_alloc(&entry->at, strlen(module) + 1);
    if (err != 0) {
        weft_free(entry);
        return err;
    }
    memcpy(weft_shared_pointer(entry->at), module, strlen(module) + 1);
    entry->next = names;
    names = entry;
    *at = entry->at;
    return 0;
}

int weft__function_name(weft__function_ref *ref, weft_function *function)
{
    char module[MODULE_SIZE];
    int err;

    ref->module = 0;
    ref->identity = 0;
    if (!function)
        return weft__misuse(WEFT_EINVAL, "function: NULL cannot be run");
    err = weft_seam_module_of(function, module, sizeof(module), &ref->offset);
    if (err != 0 || module[0] == '\0')
        return err;
    err = weft_seam_module_identity(module, &ref->identity);
    if (err != 0)
        return err;
    weft_mutex_acquire(&lock, WEFT_FOREVER);
    err = find_locked(module, &ref->module);
    weft_mutex_release(&lock);
    return err;
}

/* Remembered, for workers are given the same function again and again. */
static int check_build(weft__function_ref ref, const char *module)
{
    uint64_t identity;
    bool is_known;
    int err;

    weft_mutex_acquire(&lock, WEFT_FOREVER);
    is_known = known.module == ref.module && known.identity == ref.identity;
    weft_mutex_release(&lock);
    if (is_known)
        return 0;
    err = weft_seam_module_identity(module, &identity);
    if (err == 0 && identity != ref.identity)
        err = weft__fail(WEFT_ENOTFOUND,
                         "module %s: another build of it is loaded in the process "
                         "that named the function",
                         module);
    if (err != 0)
        return err;
    weft_mutex_acquire(&lock, WEFT_FOREVER);
    known = ref;
    weft_mutex_release(&lock);
    return 0;
}

int weft__function_find(weft__function_ref ref, weft_function **function)
{
    const char *module = ref.module != 0 ? weft_shared_pointer(ref.module) : "";
    int err = weft_seam_module_function(module, ref.offset, function);

    return err == 0 && ref.module != 0 ? check_build(ref, module) : err;
}
