/* SPDX-License-Identifier: MIT */
/* Files by their names. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "internal.h"

int weft__path_create(const char *path, FILE **stream)
{
    int file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    FILE *made = file == -1 ? NULL : fdopen(file, "wb");
    int error = errno;

    if (!made) {
        if (file != -1)
            close(file);
        return weft__fail_system(error, "cannot write '%.80s'", path);
    }
    *stream = made;
    return 0;
}

int weft__path_replace(const char *path, const char *by)
{
    if (rename(by, path) == 0)
        return 0;
    return weft__fail_system(errno, "cannot rename to '%.80s'", path);
}

void weft__path_remove(const char *path)
{
    (void)unlink(path);
}
