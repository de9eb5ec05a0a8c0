/* SPDX-License-Identifier: MIT */
#include "listener.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "internal.h"
#include "registry.h"

enum { STACK = 256 * 1024 };

/* If the pipe is full there are answers enough to come. */
void weft__listener_ring(const struct weft__listener *listener)
{
    int error = errno;

    if (write(listener->ends[1], "!", 1) != 1)
        errno = 0;
    errno = error;
}

static void listen(void *context)
{
    const struct weft__listener *listener = context;
    char byte;
    ssize_t got;

    weft__thread_call_itself(listener->start.name);
    while ((got = read(listener->ends[0], &byte, 1)) == 1 || (got < 0 && errno == EINTR))
        if (got == 1)
            listener->answer();
}

static int make_pipe(struct weft__listener *listener)
{
    if (pipe(listener->ends) != 0)
        return weft__fail_system(errno, "%s: no pipe to listen with", listener->start.name);
    fcntl(listener->ends[0], F_SETFD, FD_CLOEXEC);
    fcntl(listener->ends[1], F_SETFD, FD_CLOEXEC);
    fcntl(listener->ends[1], F_SETFL, O_NONBLOCK);
    return 0;
}

int weft__listener_begin(struct weft__listener *listener, const char *name, void (*answer)(void))
{
    weft_seam_thread thread;
    int err;

    if (listener->listens)
        return 0;
    listener->answer = answer;
    listener->start = (weft_seam_start){listen, listener, name};
    err = make_pipe(listener);
    if (err != 0)
        return err;
    err = weft_seam_thread_start(&thread, &listener->start, STACK);
    if (err != 0) {
        close(listener->ends[0]);
        close(listener->ends[1]);
        return err;
    }
    weft_seam_thread_detach(thread);
    listener->listens = true;
    return 0;
}

int weft__listener_handle(int number, void (*handler)(int number), struct sigaction *before)
{
    struct sigaction action;

    memset(&action, 0, sizeof(action));
    action.sa_handler = handler;
    action.sa_flags = SA_RESTART;
    sigemptyset(&action.sa_mask);
    if (sigaction(number, &action, before) != 0)
        return weft__fail_system(errno, "listener: no handler for signal %d", number);
    return 0;
}
