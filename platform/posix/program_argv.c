/* SPDX-License-Identifier: MIT */
/* Programs on plain POSIX, as a shell finds them; this one by main's argv[0]. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "spawn.h"

static char *program_path; /* written once, by weft_main, before there are other threads */

const char *weft__program_path(void)
{
    return program_path;
}

int weft__program_find(const char *name, char path[WEFT__PATH_SIZE])
{
    const char *folders = getenv("PATH");
    int error = ENOENT;

    if (strchr(name, '/'))
        return snprintf(path, WEFT__PATH_SIZE, "%s", name) < WEFT__PATH_SIZE ? 0 : ENAMETOOLONG;
    while (folders && *folders) {
        int length = (int)strcspn(folders, ":");

        snprintf(path, WEFT__PATH_SIZE, "%.*s/%s", length > 0 ? length : 1,
                 length > 0 ? folders : ".", name);
        if (access(path, X_OK) == 0)
            return 0;
        if (errno == EACCES)
            error = EACCES; /* it is there, but no program: what exec would say */
        folders += length;
        folders += *folders == ':';
    }
    return error;
}

void weft__program_begin(const char *name)
{
    char path[WEFT__PATH_SIZE];

    if (!program_path && name && weft__program_find(name, path) == 0)
        program_path = realpath(path, NULL);
}
