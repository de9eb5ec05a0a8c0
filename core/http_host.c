/* SPDX-License-Identifier: MIT */
/*
 * Whose turn it is: a host, which is scheme, name and port of a URL, has a queue of fetches that
 * wait, and counts those that are active. The first of a queue begins when fewer are active than
 * it allows; who stands behind it waits for it, however many it allows itself.
 *
 * A host is in the list as long as it has a fetch of either kind. All of this is the HTTP
 * thread's.
 */
#include "http_fetch.h"

#include <string.h>

#include <weft/error.h>
#include <weft/memory.h>

struct weft__http_host {
    struct weft__http_host *next, **link;
    char *name; /* of its first fetch, taken over */
    struct weft__http_fetch *first, **last;
    size_t active;
};

static struct weft__http_host *hosts;

static struct weft__http_host *find(struct weft__http_fetch *fetch)
{
    struct weft__http_host *host = hosts;

    while (host && strcmp(host->name, fetch->host_name) != 0)
        host = host->next;
    if (host)
        return host;
    host = weft_alloc(sizeof(*host));
    if (!host)
        return NULL;
    host->name = fetch->host_name;
    fetch->host_name = NULL;
    host->last = &host->first;
    host->next = hosts;
    host->link = &hosts;
    if (hosts)
        hosts->link = &host->next;
    hosts = host;
    return host;
}

int weft__http_host_enter(struct weft__http_fetch *fetch)
{
    struct weft__http_host *host = find(fetch);

    if (!host)
        return WEFT_ENOMEM;
    fetch->host = host;
    fetch->next = NULL;
    fetch->link = host->last;
    *host->last = fetch;
    host->last = &fetch->next;
    return 0;
}

/* Out of the queue, where it need not be the first. */
static void take(struct weft__http_fetch *fetch)
{
    *fetch->link = fetch->next;
    if (fetch->next)
        fetch->next->link = fetch->link;
    else
        fetch->host->last = fetch->link;
    fetch->next = NULL;
    fetch->link = NULL;
}

void weft__http_host_leave(struct weft__http_fetch *fetch)
{
    struct weft__http_host *host = fetch->host;

    if (!host)
        return;
    if (fetch->active)
        host->active--;
    else
        take(fetch);
    fetch->active = false;
    fetch->host = NULL;
    if (host->active > 0 || host->first)
        return;
    *host->link = host->next;
    if (host->next)
        host->next->link = host->link;
    weft_free(host->name);
    weft_free(host);
}

struct weft__http_fetch *weft__http_host_next(void)
{
    for (struct weft__http_host *host = hosts; host; host = host->next) {
        struct weft__http_fetch *fetch = host->first;

        if (!fetch || host->active >= fetch->connections)
            continue;
        take(fetch);
        fetch->active = true;
        host->active++;
        return fetch;
    }
    return NULL;
}
