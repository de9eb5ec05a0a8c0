/* SPDX-License-Identifier: MIT */
#ifndef WEFT_SEAM_SOCKET_H
#define WEFT_SEAM_SOCKET_H

/* The part of seam.h that is about sockets: thin calls, no loops and no sentences. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "weft/atomic.h"
#include "weft/socket.h"

/* ---- bell.c: what wakes a thread that waits for sockets -------------------------- */

/* Never 0, and never closed. Rung, it ends each weft_seam_socket_wait() that has it, also those
 * to come, until it is silenced. Rung and silenced by turns. */
int weft_seam_bell_create(uintptr_t *bell);
void weft_seam_bell_ring(uintptr_t bell);
void weft_seam_bell_silence(uintptr_t bell);

/* ---- socket.c, socket_option.c ----------------------------------------------------- */

/* posix/ and win32/ have these; sdl2/, whose sends block and whose errors have no numbers,
 * implements weft/socket.h itself. */

/* These functions return 0, the system's error number, which is positive, or: */
enum {
    WEFT_SEAM_BLOCKS = -1,  /* it would have to wait */
    WEFT_SEAM_AGAIN = -2,   /* that was about something else, and told once */
    WEFT_SEAM_GONE = -3,    /* the peer is gone */
    WEFT_SEAM_SILENT = -4,  /* the peer answers no more */
    WEFT_SEAM_REFUSED = -5, /* an earlier datagram found nobody */
    WEFT_SEAM_LACKS = -6    /* this system cannot do it */
};

enum weft_seam_socket_kind { WEFT_SEAM_LISTENER, WEFT_SEAM_CONNECTION, WEFT_SEAM_UDP };

/* One that never blocks, is inherited by nobody and causes no signal. */
typedef struct weft_seam_socket {
    uintptr_t handle;       /* descriptor or SOCKET; UINTPTR_MAX: none */
    uintptr_t event;        /* Windows: set when something came; 0: none */
    weft_atomic_u32 shared; /* Windows: 1: look again now and then, another process may have
                               taken the event away; set with release before the event is, read
                               with acquire before waits */
} weft_seam_socket;

#define WEFT_SEAM_NO_SOCKET {UINTPTR_MAX, 0, {0}}

/* The system's sockets are ready. A WEFT_E... code with a sentence. */
int weft_seam_socket_begin(void);

/* The socket is there. `family` is an enum weft_family. */
int weft_seam_socket_open(weft_seam_socket *socket, enum weft_seam_socket_kind kind,
                          uint32_t family);
void weft_seam_socket_close(weft_seam_socket *socket);

/* The connection's close will tell the peer of a reset; socket_abort.c. */
void weft_seam_socket_reset_at_close(weft_seam_socket *socket);

enum {
    WEFT_SEAM_DUAL = 1,      /* an IPv6 socket takes IPv4, too, if the system lets it */
    WEFT_SEAM_SHARE_PORT = 2
};

int weft_seam_socket_bind(weft_seam_socket *socket, enum weft_seam_socket_kind kind,
                          const weft_address *address, unsigned flags);
bool weft_seam_socket_is_dual(weft_seam_socket *socket);
int weft_seam_socket_listen(weft_seam_socket *socket, int backlog);
int weft_seam_socket_accept(weft_seam_socket *listener, weft_seam_socket *accepted,
                            weft_address *peer);

/* BLOCKS: it is on its way; once WEFT_SEAM_CONNECTED came, _connected() tells how it ended, or
 * BLOCKS: it has not. */
int weft_seam_socket_connect(weft_seam_socket *socket, const weft_address *address);
int weft_seam_socket_connected(weft_seam_socket *socket);

/* Some bytes, at least 1; *got 0: the end. */
int weft_seam_socket_send(weft_seam_socket *socket, const void *data, size_t size, size_t *sent);
int weft_seam_socket_recv(weft_seam_socket *socket, void *buffer, size_t size, size_t *got);

/* `mapped`: an IPv6 socket sends to an IPv4 address. Of a datagram larger than `size`, the
 * rest goes into `spill`, weft_seam_spill bytes; *got is its whole length. _told() is asked
 * first if the socket was told to tell: REFUSED, or BLOCKS: no news. */
enum { WEFT_SEAM_DATAGRAM = 65536 };

extern const size_t weft_seam_spill; /* WEFT_SEAM_DATAGRAM, or 0: the system needs none */

int weft_seam_socket_sendto(weft_seam_socket *socket, const void *data, size_t size,
                            const weft_address *to, bool mapped);
int weft_seam_socket_recvfrom(weft_seam_socket *socket, void *buffer, size_t size, void *spill,
                              size_t *got, weft_address *from);
int weft_seam_socket_told(weft_seam_socket *socket);

/* One of the sockets is ready for a try, or the bell was rung (0: there is none), or neither;
 * BLOCKS: the time is over. WRITABLE is asked for with one socket only. */
enum weft_seam_event { WEFT_SEAM_READABLE, WEFT_SEAM_WRITABLE, WEFT_SEAM_CONNECTED };

int weft_seam_socket_wait(weft_seam_socket *const sockets[], size_t count,
                          enum weft_seam_event event, uintptr_t bell, int ms);

/* Tells the peer, if there is one. Whether that also ends waits for this socket in this
 * process is _wakes(): if not, the bells do. */
void weft_seam_socket_shutdown(weft_seam_socket *socket, enum weft_seam_socket_kind kind,
                               enum weft_shutdown how);
bool weft_seam_socket_shutdown_wakes(enum weft_seam_socket_kind kind);

int weft_seam_socket_name(weft_seam_socket *socket, weft_address *address);
int weft_seam_socket_peer(weft_seam_socket *socket, weft_address *address);

/* The value is in the option's range. */
int weft_seam_socket_option_set(weft_seam_socket *socket, uint32_t family,
                                enum weft_socket_option option, int value);
int weft_seam_socket_option_get(weft_seam_socket *socket, uint32_t family,
                                enum weft_socket_option option, int *value);

/* AGAIN: it is a member already, or none; LACKS: no such interface, or none that can; BLOCKS:
 * too many groups. */
int weft_seam_socket_multicast(weft_seam_socket *socket, const weft_address *group, unsigned via,
                               bool join);

/* ---- socket_hand_over.c -------------------------------------------------------------- */

/* Another process gets it, too. */
void weft_seam_socket_share(weft_seam_socket *socket);

/* One that another process handed over, and its kind; then _taken(): it stays ours and owns
 * the handle, or it is gone and the handle was not touched. */
int weft_seam_socket_take(weft_seam_socket *socket, uintptr_t handle,
                          enum weft_seam_socket_kind *kind);
void weft_seam_socket_taken(weft_seam_socket *socket, uintptr_t handle, bool stays);

/* ---- socket_unix.c ------------------------------------------------------------------ */

enum { WEFT_SEAM_UNIX_PATH = 100 }; /* bytes, without the end */

/* `identity` tells the file apart from another one of the same path. */
int weft_seam_unix_bind(weft_seam_socket *socket, const char *path, uint64_t *identity);

/* As weft_seam_socket_connect(); AGAIN: a little later. */
int weft_seam_unix_connect(weft_seam_socket *socket, const char *path);

/* The file is removed if it still is the one. `identity` 0: any socket. */
void weft_seam_unix_remove(const char *path, uint64_t identity);

#endif
