/* SPDX-License-Identifier: MIT */
/* SIGINT is told of by a thread. */
#include <errno.h>

#include "internal.h"
#include "listener.h"

static struct weft__listener listener;
static bool handled; /* guarded by the caller, like what the signal did before */
static struct sigaction before;

static void ring(int number)
{
    (void)number;
    weft__listener_ring(&listener);
}

static int handle_no_more(void)
{
    if (handled && sigaction(SIGINT, &before, NULL) != 0)
        return weft__fail_system(errno, "interrupt: the handler before cannot come back");
    handled = false;
    return 0;
}

int weft_seam_interrupt_listen(void (*tell)(void))
{
    int err;

    if (!tell)
        return handle_no_more();
    err = weft__listener_begin(&listener, "weft-interrupt", tell);
    if (err == 0 && !handled)
        err = weft__listener_handle(SIGINT, ring, &before);
    handled = handled || err == 0;
    return err;
}
