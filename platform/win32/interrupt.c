/* SPDX-License-Identifier: MIT */
/*
 * Ctrl-C, heard in the thread that Windows makes for each. Handlers are asked from the
 * newest to the oldest, until one says that it has dealt with it: this one with Ctrl-C
 * while somebody listens, doctor.c's with Ctrl-Break, and what is older goes on hearing
 * the rest.
 *
 * The handler, once known to Windows, stays so: Windows holds a lock of its own both while
 * it calls handlers and while it adds or takes away one.
 */

#include <windows.h>

#include "weft/error.h"
#include "weft/mutex.h"
#include "weft/once.h"

#include "internal.h"
#include "registry.h"
#include "seam.h"

static weft_mutex lock = WEFT_MUTEX_INIT; /* guards the next, not held while it is called */
static void (*listener)(void);            /* NULL: Ctrl-C is for older handlers */

static BOOL WINAPI answer(DWORD event)
{
    if (event != CTRL_C_EVENT)
        return FALSE;
    weft__thread_call_itself("weft-interrupt");
    weft_mutex_acquire(&lock, WEFT_FOREVER);
    void (*tell)(void) = listener;
    weft_mutex_release(&lock);
    if (tell == NULL)
        return FALSE;
    tell();
    return TRUE;
}

static int hear(void *context)
{
    (void)context;
    if (!SetConsoleCtrlHandler(answer, TRUE))
        return weft__fail_system((long)GetLastError(), "interrupt: no handler for Ctrl-C");
    return 0;
}

int weft_seam_interrupt_listen(void (*tell)(void))
{
    static weft_once once = WEFT_ONCE_INIT;
    int err = tell != NULL ? weft__once(&once, hear) : 0;
    if (err != 0)
        return err;
    weft_mutex_acquire(&lock, WEFT_FOREVER);
    listener = tell;
    weft_mutex_release(&lock);
    return 0;
}
