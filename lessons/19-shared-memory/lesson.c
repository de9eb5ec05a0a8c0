/* SPDX-License-Identifier: MIT */
/* Shared memory, and a lock whose holder dies in the middle of a transfer.
 * Watch: the next one is told, counts what is there, and mends it. */
#include <stdlib.h>

#include "lesson.h"

WEFT_TYPED_SHARED(accounts, int); /* Array("i", 2): memory and its lock */

static int transfer(weft_task *task)
{
    accounts a = WEFT_ARG(task, accounts);

    weft_shared_mutex_acquire(a.lock, WEFT_FOREVER); /* with a.get_lock(): */
    accounts_at(a)[0] -= 30;
    abort(); /* before the other half: 30 are nowhere now */
}

int main(int argc, char **argv)
{
    weft_process_status how;
    weft_process *p;
    accounts a;
    int *money, err;
    const lesson_option options[] = {{0}};

    lesson_begin(&argc, &argv, "A lock whose holder dies.", options);
    CHECK(accounts_create(&a, 2));
    money = accounts_at(a); /* the same bytes as in the child */
    money[0] = money[1] = 100;
    weft_print("before: %d + %d\n", money[0], money[1]);

    CHECK(weft_process_start(&p, transfer, &a, sizeof(a)));
    CHECK(weft_process_join(p, WEFT_FOREVER));
    weft_process_status_get(p, &how);
    weft_process_close(p);
    weft_print("the child ended by signal %d\n", how.signal);

    err = weft_shared_mutex_acquire(a.lock, weft_in(WEFT_S(5)));
    weft_print("lock: %s\n", err == 0 ? "acquired" : weft_strerror(err));
    weft_print("found: %d + %d\n", money[0], money[1]);
    if (err == WEFT_EOWNERDEAD) {
        money[0] = 200 - money[1]; /* together they are always 200 */
        CHECK(weft_shared_mutex_consistent(a.lock));
    }
    weft_shared_mutex_release(a.lock);
    weft_print("after: %d + %d\n", money[0], money[1]);
    err = weft_shared_mutex_acquire(a.lock, weft_in(WEFT_S(5)));
    weft_print("lock: %s\n", err == 0 ? "acquired" : weft_strerror(err));
    weft_shared_mutex_release(a.lock);
    accounts_close(a);
    return 0;
}
