/* SPDX-License-Identifier: MIT */
/* Unix domain sockets: paths instead of addresses. */
#include "socket_private.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "seam_socket.h"

static socklen_t to_system(const char *path, struct sockaddr_un *system)
{
    *system = (struct sockaddr_un){.sun_family = AF_UNIX};
    strncpy(system->sun_path, path, sizeof(system->sun_path) - 1);
    return sizeof(*system);
}

/* Of the socket at the path, never 0; 0: there is none. */
static uint64_t identity_of(const char *path)
{
    struct stat about;

    if (lstat(path, &about) != 0 || !S_ISSOCK(about.st_mode))
        return 0;
    return ((uint64_t)about.st_ino ^ (uint64_t)about.st_dev << 48) | UINT64_C(1) << 63;
}

int weft_seam_unix_bind(weft_seam_socket *socket, const char *path, uint64_t *identity)
{
    struct sockaddr_un system;
    socklen_t length = to_system(path, &system);

    if (bind((int)socket->handle, (struct sockaddr *)&system, length) != 0)
        return errno;
    *identity = identity_of(path);
    return 0;
}

int weft_seam_unix_connect(weft_seam_socket *socket, const char *path)
{
    struct sockaddr_un system;
    socklen_t length = to_system(path, &system);

    if (connect((int)socket->handle, (struct sockaddr *)&system, length) == 0)
        return 0;
    if (errno == EAGAIN) /* Linux: the backlog is full, and nothing tells when it no longer is */
        return WEFT_SEAM_AGAIN;
    return errno == EINPROGRESS || errno == EINTR ? WEFT_SEAM_BLOCKS : errno;
}

void weft_seam_unix_remove(const char *path, uint64_t identity)
{
    uint64_t found = identity_of(path);

    if (found != 0 && (identity == 0 || identity == found))
        unlink(path);
}
