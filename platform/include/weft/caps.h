/* SPDX-License-Identifier: MIT */
#ifndef WEFT_CAPS_H
#define WEFT_CAPS_H

/* What this build of weft can do, asked at run time: no program needs #ifdef. */

#include <stdbool.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct weft_capabilities {
    const char *backend;       /* "native", "baseline" or "sdl2" */
    const char *system;        /* "linux", "macos", "bsd", "posix" or "windows" */
    bool ipv6;                 /* sockets over IPv6 */
    bool bind_address;         /* listen on any one address; false: all interfaces or loopback */
    bool shutdown_write;       /* weft_socket_shutdown(WEFT_SHUTDOWN_WRITE) alone */
    bool socket_options;       /* weft_socket_option_set */
    bool unix_sockets;         /* weft_unix_listen; Windows: if one could be made at the first
                                  call of weft_caps(), which Wine and old Windows refuse */
    bool multicast;            /* weft_socket_multicast_join */
    bool share_port;           /* weft_listen_options.share_port */
    const char *poller;        /* what weft_poller is made of: "epoll", "kqueue", "poll",
                                  "WSAPoll" or "SDLNet_SocketSet" */
    int listen_backlog;        /* TCP connections that the system lets wait for accept, at most;
                                  those of a burst beyond it come seconds late, or never */
    bool thread_priority;      /* weft_thread_priority_set */
    bool thread_affinity;      /* weft_thread_affinity_set */
    bool terminate_is_polite;  /* weft_process_terminate reaches other programs as a request */
} weft_capabilities;

/** A constant. Threads: any. Python: hasattr on socket and os. */
const weft_capabilities *weft_caps(void);

#ifdef __cplusplus
}
#endif

#endif
