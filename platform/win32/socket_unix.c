/* SPDX-License-Identifier: MIT */
/* Unix domain sockets, which Windows has since version 10.0.17134. Their files are reparse
 * points that only know that they are sockets, not which. */
#include "socket_private.h"

#include <windows.h>

#include <afunix.h>
#include <string.h>

#include "weft/memory.h"

#include "wide.h"

static int to_system(const char *path, SOCKADDR_UN *system)
{
    *system = (SOCKADDR_UN){.sun_family = AF_UNIX};
    strncpy(system->sun_path, path, sizeof(system->sun_path) - 1);
    return (int)sizeof(*system);
}

int weft_seam_unix_bind(weft_seam_socket *socket, const char *path, uint64_t *identity)
{
    SOCKADDR_UN system;
    int length = to_system(path, &system);

    if (bind(socket->handle, (struct sockaddr *)&system, length) != 0)
        return WSAGetLastError();
    *identity = 1;
    return 0;
}

int weft_seam_unix_connect(weft_seam_socket *socket, const char *path)
{
    SOCKADDR_UN system;
    int length = to_system(path, &system);

    if (connect(socket->handle, (struct sockaddr *)&system, length) == 0)
        return 0;
    return WSAGetLastError() == WSAEWOULDBLOCK ? WEFT_SEAM_BLOCKS : WSAGetLastError();
}

void weft_seam_unix_remove(const char *path, uint64_t identity)
{
    wchar_t *wide = weft__wide(path);
    DWORD attributes = wide != NULL ? GetFileAttributesW(wide) : INVALID_FILE_ATTRIBUTES;

    (void)identity;
    if (attributes != INVALID_FILE_ATTRIBUTES && (attributes & FILE_ATTRIBUTE_REPARSE_POINT) != 0)
        DeleteFileW(wide);
    weft_free(wide);
}
