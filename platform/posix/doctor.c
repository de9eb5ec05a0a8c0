/* SPDX-License-Identifier: MIT */
/* SIGQUIT asks for a report. */
#include "listener.h"

static struct weft__listener listener;

static void ask(int number)
{
    (void)number;
    weft__listener_ring(&listener);
}

int weft_seam_doctor_listen(void (*report)(void))
{
    int err = weft__listener_begin(&listener, "weft-doctor", report);

    return err != 0 ? err : weft__listener_handle(SIGQUIT, ask, NULL);
}
