/* SPDX-License-Identifier: MIT */
/* errno as weft's codes. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "internal.h"

static const struct mapping {
    int system;
    int code;
} table[] = {
    {EINVAL, WEFT_EINVAL},
    {ENAMETOOLONG, WEFT_EINVAL},
    {EDOM, WEFT_EINVAL},
    {EBADF, WEFT_EINVAL},
    {ENOMEM, WEFT_ENOMEM},
    {ENOBUFS, WEFT_ENOMEM},
    {ENOSPC, WEFT_ENOMEM},
    {ETIMEDOUT, WEFT_ETIMEDOUT},
    {EBUSY, WEFT_EBUSY},
    {EACCES, WEFT_EPERM},
    {EPERM, WEFT_EPERM},
    {ENOEXEC, WEFT_EPERM},
    {EISDIR, WEFT_EPERM},
    {EROFS, WEFT_EPERM},
    {EDEADLK, WEFT_EDEADLK},
    {EAFNOSUPPORT, WEFT_ENOTSUP},
    {ENOSYS, WEFT_ENOTSUP},
    {ENOTSUP, WEFT_ENOTSUP},
    {EPROTONOSUPPORT, WEFT_ENOTSUP},
    {ENOENT, WEFT_ENOTFOUND},
    {ENOTDIR, WEFT_ENOTFOUND},
    {EADDRNOTAVAIL, WEFT_ENOTFOUND},
    {EADDRINUSE, WEFT_EADDRINUSE},
    {ECONNREFUSED, WEFT_EREFUSED},
    {ECONNABORTED, WEFT_ERESET},
    {ECONNRESET, WEFT_ERESET},
    {EPIPE, WEFT_ERESET},
    {EHOSTUNREACH, WEFT_EUNREACHABLE},
    {ENETDOWN, WEFT_EUNREACHABLE},
    {ENETUNREACH, WEFT_EUNREACHABLE},
    {E2BIG, WEFT_ETOOBIG},
    {EFBIG, WEFT_ETOOBIG},
    {EMSGSIZE, WEFT_ETOOBIG},
    {EAGAIN, WEFT_ELIMIT}, /* of pthread_create, posix_spawn and fcntl locks */
    {EMFILE, WEFT_ELIMIT},
    {ENFILE, WEFT_ELIMIT},
};

static int code_of(int system)
{
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
        if (table[i].system == system)
            return table[i].code;
    return WEFT_ESYSTEM;
}

int weft__fail_system(long system_error, const char *format, ...)
{
    char what[256], reason[128];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(what, sizeof(what), format, arguments);
    va_end(arguments);
    /* POSIX's strerror_r (0 is success) and GNU's (a text) share a name: strerror is safe
     * enough here, for every system that weft knows keeps a text per thread. */
    snprintf(reason, sizeof(reason), "%s", strerror((int)system_error));
    return weft__fail(code_of((int)system_error), "%s: %s (errno %ld)", what, reason, system_error);
}
