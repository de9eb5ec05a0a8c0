/* SPDX-License-Identifier: MIT */
/*
 * This program on Linux: also when its file was replaced or deleted meanwhile.
 *
 * /proc/self/exe is always it, but takes some 20 us longer to start from than the file's
 * own name. So that is used as long as it leads to the same file: device, inode, and the
 * time of its last change, for inodes are used again. A file that is running cannot be
 * written to.
 */
#include <sys/stat.h>
#include <unistd.h>

#include "spawn.h"
#include "weft/mutex.h"

static const char always[] = "/proc/self/exe";

static weft_mutex lock = WEFT_MUTEX_INIT;
static char path[WEFT__PATH_SIZE]; /* these two are guarded by lock until `known` is set, and */
static struct stat file;           /* then stay; an empty path: it is not to be found */
static bool known;

static bool is_it(const struct stat *other)
{
    return file.st_dev == other->st_dev && file.st_ino == other->st_ino &&
           file.st_ctim.tv_sec == other->st_ctim.tv_sec &&
           file.st_ctim.tv_nsec == other->st_ctim.tv_nsec;
}

static void find_path(void)
{
    ssize_t length = readlink(always, path, sizeof(path) - 1);

    path[length > 0 ? length : 0] = '\0';
    if (stat(always, &file) != 0)
        path[0] = '\0';
}

const char *weft__program_path(void)
{
    struct stat now;

    weft_mutex_acquire(&lock, WEFT_FOREVER);
    if (!known)
        find_path();
    known = true;
    weft_mutex_release(&lock);
    return path[0] == '/' && stat(path, &now) == 0 && is_it(&now) ? path : always;
}

void weft__program_begin(const char *name)
{
    (void)name;
}
