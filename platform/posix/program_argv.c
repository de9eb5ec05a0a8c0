/* SPDX-License-Identifier: MIT */
/* This program on plain POSIX: argv[0], as a shell would have found it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "spawn.h"

static char *path; /* written once, by weft_main, before there are other threads */

const char *weft__program_path(void)
{
    return path;
}

static char *find_in(const char *folders, const char *name)
{
    char candidate[4096];

    while (folders && *folders) {
        int length = (int)strcspn(folders, ":");

        snprintf(candidate, sizeof(candidate), "%.*s/%s", length > 0 ? length : 1,
                 length > 0 ? folders : ".", name);
        if (access(candidate, X_OK) == 0)
            return realpath(candidate, NULL);
        folders += length;
        folders += *folders == ':';
    }
    return NULL;
}

void weft__program_begin(const char *name)
{
    if (!path && name)
        path = strchr(name, '/') ? realpath(name, NULL) : find_in(getenv("PATH"), name);
}
