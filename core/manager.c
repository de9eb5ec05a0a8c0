/* SPDX-License-Identifier: MIT */
/*
 * A manager: its server process, and the handles of its objects. See manager.h.
 *
 * The blocks in the arena outlive weft_manager_close(), some hundred bytes for each object:
 * another process may hold a handle, and shall be told that it is closed.
 */
#include "manager.h"

#include "weft/cancel.h"
#include "weft/memory.h"
#include "weft/process.h"
#include "weft/wait.h"

struct weft_manager {
    weft_process *server; /* set at creation, like at */
    weft_offset at;       /* struct weft__manager_block */
};

/* The server is ready to serve, or has ended. */
static int await_server(const weft_manager *manager)
{
    struct weft__manager_block *block = weft_shared_pointer(manager->at);
    weft_process_status status;

    while (weft_load_u32(&block->server, WEFT_ACQUIRE) == 0) {
        (void)weft_wait_shared(&block->server, 0, weft_in(WEFT_MS(10)));
        if (weft_process_join(manager->server, WEFT_NOW) == 0 &&
            weft_load_u32(&block->server, WEFT_ACQUIRE) == 0) {
            weft_process_status_get(manager->server, &status);
            return weft__fail(WEFT_ELOST, "manager: its server ended at its start: %.200s",
                              status.sentence);
        }
    }
    return 0;
}

int weft_manager_start(weft_manager **out)
{
    const weft_process_options options = {.name = "Manager", .daemon = true};
    weft_manager *manager = weft_alloc(sizeof(*manager));
    const weft_cancel *before;
    int err;

    if (!manager)
        return WEFT_ENOMEM;
    err = weft_shared_alloc(&manager->at, sizeof(struct weft__manager_block));
    if (err != 0)
        goto free_manager;
    ((struct weft__manager_block *)weft_shared_pointer(manager->at))->magic = WEFT__MANAGER_MAGIC;
    err = weft_process_start_with(&manager->server, weft__manager_serve, &manager->at,
                                  sizeof(manager->at), &options);
    if (err != 0)
        goto free_block;
    before = weft_cancel_enter(NULL); /* half a start cannot be left */
    err = await_server(manager);
    weft_cancel_enter(before);
    if (err != 0)
        goto close_server;
    *out = manager;
    return 0;

close_server:
    weft_process_close(manager->server);
free_block:
    weft_shared_free(manager->at);
free_manager:
    weft_free(manager);
    return err;
}

void weft_manager_close(weft_manager *manager)
{
    struct weft__manager_block *block;
    const weft_cancel *before;

    if (!manager || weft__arena_check() != 0)
        return; /* a forked process: the manager is its parent's */
    block = weft_shared_pointer(manager->at);
    weft_store_u32(&block->closed, 1, WEFT_RELEASE);
    before = weft_cancel_enter(NULL); /* who is cancelled must still be able to clean up */
    weft_process_kill(manager->server);
    weft_process_join(manager->server, WEFT_FOREVER);
    weft_cancel_enter(before);
    weft_process_close(manager->server);
    weft_free(manager);
}

weft_process *weft_manager_process(const weft_manager *manager)
{
    return manager->server;
}

/* ---- objects --------------------------------------------------------------------- */

struct weft__managed *weft__managed_find(weft_offset at, uint32_t magic, int *err)
{
    const char *kind = magic == WEFT__DICT_MAGIC ? "dict" : "list";
    struct weft__managed *managed = weft_shared_pointer(at);
    uint32_t seen = managed ? weft_load_u32(&managed->magic, WEFT_ACQUIRE) : 0;

    if (managed && seen == magic)
        return managed;
    if (managed && seen == ~magic)
        *err = weft__fail(WEFT_ECLOSED, "shared %s %llu: closed", kind, (unsigned long long)at);
    else
        *err =
            weft__misuse(WEFT_EINVAL, "shared %s %llu: no %s", kind, (unsigned long long)at, kind);
    return NULL;
}

int weft__managed_create(weft_manager *manager, enum weft__operation operation, uint32_t magic,
                         weft_offset *at)
{
    struct weft__call_of_manager call = {.operation = operation};
    struct weft__managed *managed;
    weft_shared_mutex lock;
    weft_offset made;
    int err = weft_shared_alloc(&made, sizeof(*managed));

    if (err != 0)
        return err;
    err = weft_shared_mutex_create(&lock);
    if (err == 0) {
        err = weft__manager_call(manager->at, &call, WEFT_FOREVER);
        if (err != 0)
            weft_shared_mutex_close(lock);
    }
    if (err != 0) {
        weft_shared_free(made);
        return err;
    }
    managed = weft_shared_pointer(made);
    managed->manager = manager->at;
    managed->object = call.count;
    managed->lock = lock;
    weft_store_u32(&managed->magic, magic, WEFT_RELEASE);
    *at = made;
    return 0;
}

int weft__managed_close(weft_offset at, uint32_t magic, enum weft__operation operation)
{
    struct weft__call_of_manager call = {.operation = operation};
    int err = 0;
    struct weft__managed *managed = weft__managed_find(at, magic, &err);
    uint32_t seen = magic;

    if (!managed)
        return err;
    if (!weft_cas_u32(&managed->magic, &seen, ~magic, WEFT_ACQ_REL))
        return weft__fail(WEFT_ECLOSED, "shared object %llu: closed", (unsigned long long)at);
    call.object = managed->object;
    weft_shared_mutex_close(managed->lock);
    return weft__manager_call(managed->manager, &call, WEFT_FOREVER);
}

weft_shared_mutex weft__managed_lock(weft_offset at, uint32_t magic)
{
    struct weft__managed *managed = weft_shared_pointer(at);

    if (!managed || weft_load_u32(&managed->magic, WEFT_ACQUIRE) != magic)
        return (weft_shared_mutex){0};
    return managed->lock;
}

int weft_manager_dict(weft_manager *manager, weft_shared_dict *dict)
{
    return weft__managed_create(manager, WEFT__DICT_NEW, WEFT__DICT_MAGIC, &dict->at);
}

int weft_manager_list(weft_manager *manager, weft_shared_list *list)
{
    return weft__managed_create(manager, WEFT__LIST_NEW, WEFT__LIST_MAGIC, &list->at);
}
