/* SPDX-License-Identifier: MIT */
/*
 * Linux sends a signal of our choice when something happens to a pipe: SIGKILL, when the
 * last one closes the other end of the life line. That costs a child no thread, and unlike
 * PR_SET_PDEATHSIG it is the parent's end that counts, not that of the thread in it that
 * started us.
 *
 * The wish for the signal lives as long as our end of the line, of which the program may
 * close our descriptor together with all others that it has. So the parent keeps one, too.
 * Its system closes that after the other end: the one of the higher number goes first.
 */
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include "spawn.h"

const bool weft__parent_keeps_both_ends = true;

int weft__watch_parent(int life)
{
    struct pollfd line = {.fd = life, .events = POLLIN};

    if (fcntl(life, F_SETSIG, SIGKILL) == -1 || fcntl(life, F_SETOWN, getpid()) == -1 ||
        fcntl(life, F_SETFL, O_ASYNC) == -1)
        return weft__watch_by_thread(life); /* such a system only looks like Linux */
    /* It may have happened before anyone asked. */
    if (poll(&line, 1, 0) == 1)
        _exit(1);
    return 0;
}
