/* SPDX-License-Identifier: MIT */
#ifndef WEFT_POLLER_H
#define WEFT_POLLER_H

/*
 * One thread waits for many sockets: epoll, kqueue, poll() or WSAPoll().
 *
 *     weft_poller *poller;
 *     weft_ready ready[64];
 *     size_t count;
 *     CHECK(weft_poller_create(&poller));
 *     CHECK(weft_poller_register(poller, listener, WEFT_READABLE, NULL));
 *     for (;;) {
 *         CHECK(weft_poller_wait(poller, ready, 64, &count, WEFT_FOREVER));
 *         for (size_t i = 0; i < count; i++)
 *             serve(ready[i].socket, ready[i].data, ready[i].events);
 *     }
 *
 * Level-triggered on every system: a socket is told by each wait as long as it is ready,
 * so nothing is lost by reading only a part. Ready means that a call with WEFT_NOW would not
 * return WEFT_ETIMEDOUT, for it succeeds or fails for another reason:
 * - WEFT_READABLE: recv (also the end, and a failure), recvfrom, accept;
 * - WEFT_WRITABLE: send of some bytes, sendto. Nearly always true: ask for it only while
 *   there is something to send that did not go.
 * It may have changed meanwhile (another thread took the connection, the system dropped a
 * damaged datagram), so do call with WEFT_NOW.
 *
 * A socket may be in several pollers, and others may use it meanwhile. Register, modify,
 * unregister and wake may be called by any thread, and by the waiting one between its waits;
 * what they change holds for a wait that is under way.
 *
 * sdl2: a wait looks again every few ms for connections, wake, cancel and changes.
 */

#include <stddef.h>

#include "compiler.h"
#include "socket.h"
#include "time.h"
#include "wait_any.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct weft_poller weft_poller;

enum weft_readiness {
    WEFT_READABLE = 1,
    WEFT_WRITABLE = 2,
    WEFT_HUNG_UP = 4 /* only told, beside what was asked for: the connection is over in both
                        directions. Not every system tells it: read to be sure */
};

typedef struct weft_ready {
    weft_socket *socket;
    void *data;      /* of weft_poller_register() or _modify() */
    unsigned events; /* enum weft_readiness bits that are true now and were asked for */
} weft_ready;

/**
 * A poller without sockets.
 *
 * @param poller  receives it
 * @return 0; WEFT_ELIMIT: no descriptor left; WEFT_ENOMEM; WEFT_ESYSTEM
 *
 * Threads: any.   Python: selectors.DefaultSelector.
 */
WEFT_MUST_CHECK int weft_poller_create(weft_poller **poller);

/**
 * From now on waits tell when the socket is ready.
 *
 * @param socket  a listener, a connection or a UDP socket; lent until it is unregistered or
 *                closed
 * @param events  WEFT_READABLE, WEFT_WRITABLE, both, or 0: nothing is told of it, not even
 *                that it hung up, until weft_poller_modify() asks for more
 * @param data    handed back with what is told
 * @return 0; WEFT_EINVAL: misuse, other bits, or it is registered here already; WEFT_ELIMIT:
 *         the system watches no more sockets; WEFT_ENOMEM; WEFT_ESYSTEM
 *
 * Threads: any.   Python: selector.register.
 */
WEFT_MUST_CHECK int weft_poller_register(weft_poller *poller, weft_socket *socket,
                                         unsigned events, void *data);

/**
 * Other events, or other data. After an error all is as before.
 *
 * @return as weft_poller_register(); WEFT_ENOTFOUND: it is not registered here
 *
 * Threads: any.   Python: selector.modify.
 */
int weft_poller_modify(weft_poller *poller, weft_socket *socket, unsigned events, void *data);

/**
 * The socket is forgotten.
 *
 * No wait that returns from now on tells of it. What an earlier one has told may still be in
 * the hands of its caller: who unregisters and closes a socket while another thread works
 * through `ready`, or earlier in the same array, has to make sure that it is passed over.
 * weft_socket_close() unregisters everywhere by itself.
 *
 * @return 0; WEFT_ENOTFOUND: it is not registered here; WEFT_EINVAL: misuse
 *
 * Threads: any. Where the system is asked by poll(), WSAPoll() or SDL2_net, the call lasts
 * until a wait that is under way has noticed.   Python: selector.unregister.
 */
int weft_poller_unregister(weft_poller *poller, weft_socket *socket);

/**
 * Until a socket is ready, or somebody wakes the poller.
 *
 * Each socket is told once per wait, with all its events together. If more than `room`
 * sockets are ready, the others have their turn in the next waits. A socket that was shut
 * down by weft_socket_shutdown() is ready, since calls do not wait there any more.
 *
 * @param ready  receives at most `room` sockets that are ready; its memory is the caller's
 * @param room   at least 1
 * @param count  receives how many; 0: the poller was woken, or an error
 * @param until  absolute, monotonic ns; WEFT_NOW: what is ready now
 * @return 0; WEFT_ETIMEDOUT; WEFT_ECANCELED: by the caller's token, and nothing was ready;
 *         WEFT_EBUSY: misuse, another thread waits here; WEFT_EINVAL: misuse; WEFT_ENOMEM;
 *         WEFT_ESYSTEM
 *
 * Threads: any, one at a time.   Python: selector.select.
 */
int weft_poller_wait(weft_poller *poller, weft_ready *ready, size_t room, size_t *count,
                     weft_time until);

/**
 * The wait that runs, or the next one, returns at once.
 *
 * It tells what is ready, as always: mostly nothing, so count is 0. Any number of wakes before
 * that is one. So write down first what the other thread is to do, then wake it; and let it
 * look there after each wait, whatever was told.
 *
 * @return 0; WEFT_EINVAL: misuse; WEFT_ESYSTEM
 *
 * Threads: any.   asyncio: loop.call_soon_threadsafe. libuv: uv_async_send.
 */
int weft_poller_wake(weft_poller *poller);

/**
 * The poller is gone. Its sockets are as they were.
 *
 * @param poller  NULL: nothing happens
 *
 * Threads: when no other uses it.   Python: selector.close.
 */
void weft_poller_close(weft_poller *poller);

/**
 * For weft_wait_any(): ready while a wait would return at once.
 *
 * The first wait of this kind, for a poller or for a socket, starts a thread of weft's own,
 * which lasts.
 *
 * Threads: any; not while weft_poller_wait() runs in another thread.
 */
weft_waitable weft_poller_waitable(weft_poller *poller);

/**
 * For weft_wait_any(): ready while the socket is readable, or writable.
 *
 * @param what  WEFT_READABLE or WEFT_WRITABLE
 *
 * Threads: any; the socket must not be closed while it is waited for.
 */
weft_waitable weft_socket_waitable(weft_socket *socket, enum weft_readiness what);

#ifdef __cplusplus
}
#endif

#endif
