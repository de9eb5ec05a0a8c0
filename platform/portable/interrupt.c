/* SPDX-License-Identifier: MIT */
/*
 * Ctrl-C as a request of a token.
 *
 * The seam calls tell() in a thread of its own. The first call requests the token, the second
 * ends the process: its children see their life-lines break, and end too. `setting` keeps
 * calls of weft_cancel_on_interrupt() apart; tell() takes no lock of this file, so that
 * nothing holds up the second Ctrl-C.
 */
#include "internal.h"
#include "seam.h"
#include "weft/cancel.h"
#include "weft/mutex.h"

enum { INTERRUPTED = 130 }; /* exit code: 128 and the number of SIGINT */

static weft_mutex setting = WEFT_MUTEX_INIT;
static weft_atomic_pointer token;  /* NULL: a late tell() does nothing. Release, acquire */
static weft_atomic_u32 interrupts; /* since a token was set. Raised before it is requested */

static void tell(void)
{
    weft_cancel *cancel = weft_load_pointer(&token, WEFT_ACQUIRE);

    if (!cancel)
        return;
    if (weft_fetch_add_u32(&interrupts, 1, WEFT_ACQ_REL) > 0)
        weft_seam_process_exit(INTERRUPTED);
    weft_cancel_request(cancel);
}

static int listen(weft_cancel *cancel)
{
    weft_cancel *before = weft_load_pointer(&token, WEFT_RELAXED);
    int err = weft_fault_point("interrupt.listen");

    if (err != 0)
        return weft__fail(err, "interrupt: refused by a test");
    weft_store_u32(&interrupts, 0, WEFT_RELAXED);
    weft_store_pointer(&token, cancel, WEFT_RELEASE);
    err = weft_seam_interrupt_listen(tell);
    if (err != 0)
        weft_store_pointer(&token, before, WEFT_RELEASE);
    return err;
}

int weft_cancel_on_interrupt(weft_cancel *cancel)
{
    int err;

    weft_mutex_acquire(&setting, WEFT_FOREVER);
    if (cancel) {
        err = listen(cancel);
    } else {
        err = weft_seam_interrupt_listen(NULL);
        weft_store_pointer(&token, NULL, WEFT_RELEASE);
    }
    weft_mutex_release(&setting);
    return err;
}

bool weft_interrupted(void)
{
    return weft_load_u32(&interrupts, WEFT_ACQUIRE) > 0;
}
