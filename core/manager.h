/* SPDX-License-Identifier: MIT */
#ifndef WEFT_MANAGER_PRIVATE_H
#define WEFT_MANAGER_PRIVATE_H

/*
 * What the clients of a manager and its server share in the arena.
 *
 * manager.c         start and close; makes objects
 * manager_call.c    what a client does: a request, its wait, its answer
 * manager_server.c  the server process
 * shared_dict.c, shared_list.c   the public calls, each one request
 * dict.c, list.c    what the server keeps, in its own memory
 *
 * A request is a block of its own. The client pushes it on a stack by one compare-and-swap,
 * after it is complete; the server takes the whole stack by one exchange. So a client that
 * is killed leaves a request that is wholly there or not at all, and no lock.
 *
 * The state of a request: WAITING, or SLEEPING when its client sleeps on it; the server
 * makes it ANSWERED (release), then the client reads it and makes it TAKEN. A client that
 * gives up makes it DROPPED instead. From the push on the block is the server's to free: when it
 * is TAKEN or DROPPED, or its client has died.
 */

#include <stdint.h>

#include "internal.h"
#include "weft/arena.h"
#include "weft/atomic.h"
#include "weft/manager.h"

enum { WEFT__MANAGER_MAGIC = 0x7EF7A010, WEFT__DICT_MAGIC, WEFT__LIST_MAGIC };

enum weft__request_state {
    WEFT__REQUEST_WAITING,
    WEFT__REQUEST_SLEEPING,
    WEFT__REQUEST_ANSWERED,
    WEFT__REQUEST_TAKEN,
    WEFT__REQUEST_DROPPED
};

enum weft__operation {
    WEFT__DICT_NEW,
    WEFT__DICT_SET,
    WEFT__DICT_ADD, /* the reply's `count` is 1 if the key was there */
    WEFT__DICT_GET,
    WEFT__DICT_POP,
    WEFT__DICT_REMOVE,
    WEFT__DICT_SIZE,
    WEFT__DICT_CLEAR,
    WEFT__DICT_EACH,
    WEFT__DICT_CLOSE,
    WEFT__LIST_NEW,
    WEFT__LIST_INSERT,
    WEFT__LIST_SET,
    WEFT__LIST_GET,
    WEFT__LIST_POP,
    WEFT__LIST_SIZE,
    WEFT__LIST_CLEAR,
    WEFT__LIST_EACH,
    WEFT__LIST_CLOSE
};

struct weft__request {
    weft_atomic_u32 state; /* see above */
    weft_offset next;      /* in the stack: the pusher's, before the push. These, and what
                              follows up to `code`, are the client's, written before the push */
    uint32_t client;       /* its name in the arena */
    uint32_t operation;
    uint64_t object; /* its number in the server */
    int64_t index;
    uint64_t key_size, size; /* of key and value, one behind the other in `bytes` */
    uint64_t room;           /* bytes that the client has for a value */
    bool exact;              /* the value must be as large as that */
    int32_t code;            /* the server's, from here on, written before ANSWERED */
    uint64_t count;          /* a value's size, a number of items, or what the operation says */
    weft_offset reply;       /* WEFT__..._EACH: a block, which is the client's then */
    char bytes[];            /* the client's key and value; then a value for it */
};

/* Of WEFT__..._EACH: these sizes, key and value, for each item, one behind the other. */
struct weft__reply_item {
    uint64_t key_size, size;
};

struct weft__manager_block {
    uint32_t magic;          /* set at creation */
    weft_atomic_u32 server;  /* its name in the arena; 0: not ready. Set by it (release) */
    weft_atomic_u32 closed;  /* 1: weft_manager_close() was called */
    weft_atomic_u32 bell;    /* raised by who pushes on the empty stack; the server sleeps on it */
    weft_atomic_u64 first;   /* the stack of requests: an offset, 0: empty */
};

/* What a handle of a dictionary or list points to. Stays as long as the program: any process
 * may still have the handle. */
struct weft__managed {
    weft_atomic_u32 magic; /* of its kind; 0: closed */
    weft_offset manager;   /* these are set at creation */
    uint64_t object;
    weft_shared_mutex lock;
};

/* ---- manager_call.c ------------------------------------------------------------------ */

/* What a client asks for, and gets. */
struct weft__call_of_manager {
    enum weft__operation operation;
    uint64_t object;
    int64_t index;
    const void *key;
    size_t key_size;
    const void *value;
    size_t size;
    void *into; /* receives a value */
    size_t room;
    bool exact;
    uint64_t count;    /* received, also with an error */
    weft_offset reply; /* received: to be freed by the caller */
};

/* Carries it out; an error that the server met has its sentence. */
int weft__manager_call(weft_offset manager, struct weft__call_of_manager *call, weft_time until);

/* The object of a handle, or NULL after telling of the misuse or of its end in *err. */
struct weft__managed *weft__managed_find(weft_offset at, uint32_t magic, int *err);

/* A new object of this kind, with a lock. */
int weft__managed_create(weft_manager *manager, enum weft__operation operation, uint32_t magic,
                         weft_offset *at);
int weft__managed_close(weft_offset at, uint32_t magic, enum weft__operation operation);
weft_shared_mutex weft__managed_lock(weft_offset at, uint32_t magic);

/* ---- manager_server.c ---------------------------------------------------------------- */

/* The server's function; its argument is the weft_offset of the manager's block. */
int weft__manager_serve(weft_task *task);

#endif
