/* SPDX-License-Identifier: MIT */
#include "spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "internal.h"

/* Children get numbers below this one; ours are above, so that moving one to its place
 * in a child never treads on another. */
enum { OUT_OF_THE_WAY = 10 };

int weft__out_of_the_way(int *descriptor)
{
    int moved = fcntl(*descriptor, F_DUPFD_CLOEXEC, OUT_OF_THE_WAY);
    int error = errno;

    close(*descriptor);
    if (moved == -1)
        return weft__fail_system(error, "process: no descriptor left");
    *descriptor = moved;
    return 0;
}

int weft__pipe_pair(int ends[2])
{
    int err;

    /* Between pipe and F_DUPFD_CLOEXEC a child that another thread starts could inherit
     * them; every start closes what is not its own, so it does not matter. */
    if (pipe(ends) == -1)
        return weft__fail_system(errno, "process: no pipe");
    err = weft__out_of_the_way(&ends[0]);
    if (err != 0) {
        close(ends[1]);
        return err;
    }
    err = weft__out_of_the_way(&ends[1]);
    if (err != 0)
        close(ends[0]);
    return err;
}
