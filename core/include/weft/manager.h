/* SPDX-License-Identifier: MIT */
#ifndef WEFT_MANAGER_H
#define WEFT_MANAGER_H

/*
 * Dictionaries and lists that the processes of one program share: kept by a server
 * process, so that no client that dies in the middle of a call can damage one.
 *
 *     weft_manager *manager;
 *     weft_shared_dict ages;
 *     CHECK(weft_manager_start(&manager));
 *     CHECK(weft_manager_dict(manager, &ages));                 // manager.dict()
 *     CHECK(weft_process_start(&p, fill, &ages, sizeof(ages)));
 *     ...
 *     CHECK(weft_shared_dict_set(ages, "ann", WEFT_TEXT, &age, sizeof(age), WEFT_FOREVER));
 *     CHECK(weft_shared_dict_get(ages, "ann", WEFT_TEXT, &age, sizeof(age), NULL, WEFT_FOREVER));
 *     ...
 *     weft_manager_close(manager);
 *
 * A handle is a plain value that may be copied into arguments. Keys and values are bytes;
 * WEFT_TEXT as a size is strlen(). Each call is one whole step, seen by all; for several
 * steps in one, acquire the object's lock:
 *
 *     weft_shared_mutex lock = weft_shared_dict_lock(ages);
 *     weft_shared_mutex_acquire(lock, WEFT_FOREVER);
 *
 * Who wants to be safe from others who do so must acquire it too: single calls do not.
 *
 * Every function returns, besides what it says: 0; WEFT_ETIMEDOUT, WEFT_ECANCELED: not
 * answered in time, and it may be carried out yet; WEFT_ELOST: the server has died;
 * WEFT_ECLOSED: the object or the manager was closed; WEFT_ENOMEM: here or in the server,
 * and nothing was changed; WEFT_EINVAL: misuse, no such object. All may be called by any
 * thread of any process.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <weft/arena.h>
#include <weft/compiler.h>
#include <weft/process.h>
#include <weft/shared.h>
#include <weft/time.h>

#ifdef __cplusplus
extern "C" {
#endif

#define WEFT_TEXT SIZE_MAX

typedef struct weft_manager weft_manager;

/** A server process runs. 0, or the errors of weft_process_start(). Python: Manager(). */
WEFT_MUST_CHECK int weft_manager_start(weft_manager **manager);

/** The server and all its objects are gone; who waits for it is told WEFT_ECLOSED. NULL:
 * nothing happens. Python: manager.shutdown. */
void weft_manager_close(weft_manager *manager);

/** The server process, lent: for its number, or to wait for its end (weft/wait_any.h). */
weft_process *weft_manager_process(const weft_manager *manager);

/* ---- dictionary -------------------------------------------------------------------- */

typedef struct weft_shared_dict {
    weft_offset at; /* 0: none */
} weft_shared_dict;

/** An empty dictionary. Python: manager.dict(). */
WEFT_MUST_CHECK int weft_manager_dict(weft_manager *manager, weft_shared_dict *dict);

/** The key has this value, a copy. Python: d[key] = value. */
WEFT_MUST_CHECK int weft_shared_dict_set(weft_shared_dict dict, const void *key, size_t key_size,
                                         const void *value, size_t size, weft_time until);

/**
 * A copy of the key's value.
 *
 * @param value   receives it; untouched on error
 * @param size    bytes that are there for it
 * @param length  receives the value's size, also with WEFT_ETOOBIG; NULL: it must be `size`
 * @return WEFT_ENOTFOUND: there is no such key; WEFT_ETOOBIG: the value has another size
 *
 * Python: d[key].
 */
WEFT_MUST_CHECK int weft_shared_dict_get(weft_shared_dict dict, const void *key, size_t key_size,
                                         void *value, size_t size, size_t *length,
                                         weft_time until);

/** The same, and the key is gone; it stays with WEFT_ETOOBIG. Python: d.pop(key). */
WEFT_MUST_CHECK int weft_shared_dict_pop(weft_shared_dict dict, const void *key, size_t key_size,
                                         void *value, size_t size, size_t *length,
                                         weft_time until);

/** The key is gone. WEFT_ENOTFOUND. Python: del d[key]. */
int weft_shared_dict_remove(weft_shared_dict dict, const void *key, size_t key_size,
                            weft_time until);

/** Sets the value if the key has none; *there says whether it had one (NULL: not wanted).
 * Python: d.setdefault. */
WEFT_MUST_CHECK int weft_shared_dict_add(weft_shared_dict dict, const void *key, size_t key_size,
                                         const void *value, size_t size, bool *there,
                                         weft_time until);

/** How many keys there are. Python: len(d). */
WEFT_MUST_CHECK int weft_shared_dict_size(weft_shared_dict dict, size_t *count, weft_time until);

/** No key is left. Python: d.clear(). */
int weft_shared_dict_clear(weft_shared_dict dict, weft_time until);

/* One key and its value, for as long as the call to the visitor lasts; false: no more. */
typedef bool weft_dict_visitor(const void *key, size_t key_size, const void *value, size_t size,
                               void *context);

/** Calls visit() for a copy of all there was at one moment, in the order in which the keys
 * came. Python: d.copy().items(). */
WEFT_MUST_CHECK int weft_shared_dict_each(weft_shared_dict dict, weft_dict_visitor *visit,
                                          void *context, weft_time until);

/** The dictionary's own lock; at 0: no such object. */
weft_shared_mutex weft_shared_dict_lock(weft_shared_dict dict);

/** It is gone from the server. 0. Python: the last proxy is collected. */
int weft_shared_dict_close(weft_shared_dict dict);

/* ---- list ----------------------------------------------------------------------------- */

typedef struct weft_shared_list {
    weft_offset at;
} weft_shared_list;

/* As an index: from the end, as in Python. */
#define WEFT_LAST (-1)

/** An empty list. Python: manager.list(). */
WEFT_MUST_CHECK int weft_manager_list(weft_manager *manager, weft_shared_list *list);

/** A copy of the item is its last one. Python: l.append. */
WEFT_MUST_CHECK int weft_shared_list_append(weft_shared_list list, const void *item, size_t size,
                                            weft_time until);

/** A copy of the item is before that at `index`; beyond the ends: at the end. Python: l.insert. */
WEFT_MUST_CHECK int weft_shared_list_insert(weft_shared_list list, int64_t index,
                                            const void *item, size_t size, weft_time until);

/** A copy of the item at `index`, negative: from the end. Errors and `length` as
 * weft_shared_dict_get(); WEFT_ENOTFOUND: there is none. Python: l[index]. */
WEFT_MUST_CHECK int weft_shared_list_get(weft_shared_list list, int64_t index, void *item,
                                         size_t size, size_t *length, weft_time until);

/** The same, and it is gone. Python: l.pop(index). */
WEFT_MUST_CHECK int weft_shared_list_pop(weft_shared_list list, int64_t index, void *item,
                                         size_t size, size_t *length, weft_time until);

/** Another item in its place. WEFT_ENOTFOUND. Python: l[index] = item. */
WEFT_MUST_CHECK int weft_shared_list_set(weft_shared_list list, int64_t index, const void *item,
                                         size_t size, weft_time until);

/** Python: len(l). */
WEFT_MUST_CHECK int weft_shared_list_size(weft_shared_list list, size_t *count, weft_time until);

/** Python: l.clear(). */
int weft_shared_list_clear(weft_shared_list list, weft_time until);

/* One item, for as long as the call lasts; false: no more. */
typedef bool weft_list_visitor(size_t index, const void *item, size_t size, void *context);

/** Calls visit() for a copy of all there was at one moment. Python: for item in l[:]. */
WEFT_MUST_CHECK int weft_shared_list_each(weft_shared_list list, weft_list_visitor *visit,
                                          void *context, weft_time until);

/** The list's own lock; at 0: no such object. */
weft_shared_mutex weft_shared_list_lock(weft_shared_list list);

/** It is gone from the server. 0. */
int weft_shared_list_close(weft_shared_list list);

#ifdef __cplusplus
}
#endif

#endif
