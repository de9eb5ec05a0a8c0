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
#include "weft/atomic.h"
#include "weft/memory.h"
#include "weft/mutex.h"

enum { MODULE_SIZE = 1024 };

/* In the arena; never changes. */
struct shared_module {
    uint64_t identity; /* weft_seam_module_identity() of it */
    char name[];
};

struct named {
    struct named *next;
    weft_offset at;
};

static weft_mutex lock = WEFT_MUTEX_INIT;
static struct named *names; /* guarded by lock; grows only */

/* The last module that was found to be the build that it should be; relaxed: the offset is
 * all there is to know. */
static weft_atomic_u64 known;

static const struct shared_module *module_at(weft_offset at)
{
    return weft_shared_pointer(at);
}

static int create(const char *name, weft_offset *at)
{
    struct shared_module *module;
    uint64_t identity;
    int err = weft_seam_module_identity(name, &identity);

    if (err == 0)
        err = weft_shared_alloc(at, sizeof(*module) + strlen(name) + 1);
    if (err != 0)
        return err;
    module = weft_shared_pointer(*at);
    module->identity = identity;
    memcpy(module->name, name, strlen(name) + 1);
    return 0;
}

static int find_locked(const char *name, weft_offset *at)
{
    struct named *entry = names;
    int err;

    while (entry && strcmp(module_at(entry->at)->name, name) != 0)
        entry = entry->next;
    if (entry) {
        *at = entry->at;
        return 0;
    }
    entry = weft_alloc(sizeof(*entry));
    if (!entry)
        return WEFT_ENOMEM;
    err = create(name, &entry->at);
    if (err != 0) {
        weft_free(entry);
        return err;
    }
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
    if (!function)
        return weft__misuse(WEFT_EINVAL, "function: NULL cannot be run");
    err = weft_seam_module_of(function, module, sizeof(module), &ref->offset);
    if (err != 0 || module[0] == '\0')
        return err;
    weft_mutex_acquire(&lock, WEFT_FOREVER);
    err = find_locked(module, &ref->module);
    weft_mutex_release(&lock);
    return err;
}

/* Remembered, for workers are given the same function again and again. */
static int check_build(weft_offset at)
{
    const struct shared_module *module = module_at(at);
    uint64_t identity;
    int err;

    if (weft_load_u64(&known, WEFT_RELAXED) == at)
        return 0;
    err = weft_seam_module_identity(module->name, &identity);
    if (err == 0 && identity != module->identity)
        err = weft__fail(WEFT_ENOTFOUND,
                         "module %s: another build of it is loaded in the process "
                         "that named the function",
                         module->name);
    if (err == 0)
        weft_store_u64(&known, at, WEFT_RELAXED);
    return err;
}

int weft__function_find(weft__function_ref ref, weft_function **function)
{
    const char *module = ref.module != 0 ? module_at(ref.module)->name : "";
    int err = weft_seam_module_function(module, ref.offset, function);

    return err == 0 && ref.module != 0 ? check_build(ref.module) : err;
}
