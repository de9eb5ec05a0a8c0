/* SPDX-License-Identifier: MIT */
/*
 * Numbers of GetLastError() and WSAGetLastError() as codes of weft, and the system's
 * words for them: English where this Windows has it, so that one fault reads the same
 * on every machine, its own language otherwise.
 *
 * Nothing is allocated: out of memory is one of the things to tell.
 */

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <winsock2.h>

#include <windows.h>

#include "weft/error.h"

#include "internal.h"

/* Sorted by our code. What is missing here is WEFT_ESYSTEM. */
static const struct {
    long system;
    int code;
} table[] = {
    {ERROR_INVALID_PARAMETER, WEFT_EINVAL},
    {ERROR_INVALID_HANDLE, WEFT_EINVAL},
    {ERROR_INVALID_NAME, WEFT_EINVAL},
    {WSAEINVAL, WEFT_EINVAL},
    {WSAEBADF, WEFT_EINVAL},
    {WSAENOTSOCK, WEFT_EINVAL},
    {WSAEFAULT, WEFT_EINVAL},
    {WSAEISCONN, WEFT_EINVAL},
    {WSAEDESTADDRREQ, WEFT_EINVAL},

    {ERROR_NOT_ENOUGH_MEMORY, WEFT_ENOMEM},
    {ERROR_OUTOFMEMORY, WEFT_ENOMEM},
    {ERROR_COMMITMENT_LIMIT, WEFT_ENOMEM},
    {ERROR_COMMITMENT_MINIMUM, WEFT_ENOMEM},
    {ERROR_DISK_FULL, WEFT_ENOMEM}, /* the page file's */
    {WSA_NOT_ENOUGH_MEMORY, WEFT_ENOMEM},
    {WSAENOBUFS, WEFT_ENOMEM},

    {WAIT_TIMEOUT, WEFT_ETIMEDOUT},
    {ERROR_TIMEOUT, WEFT_ETIMEDOUT},
    {ERROR_SEM_TIMEOUT, WEFT_ETIMEDOUT},
    {WSAETIMEDOUT, WEFT_ETIMEDOUT},
    {WSAEWOULDBLOCK, WEFT_ETIMEDOUT},

    {ERROR_BROKEN_PIPE, WEFT_ECLOSED},
    {ERROR_NO_DATA, WEFT_ECLOSED},
    {ERROR_PIPE_NOT_CONNECTED, WEFT_ECLOSED},
    {WSAESHUTDOWN, WEFT_ECLOSED},
    {WSAENOTCONN, WEFT_ECLOSED},

    {ERROR_OPERATION_ABORTED, WEFT_ECANCELED},
    {WSAECANCELLED, WEFT_ECANCELED},
    {WSAEINTR, WEFT_ECANCELED},

    {ERROR_BUSY, WEFT_EBUSY},
    {ERROR_SHARING_VIOLATION, WEFT_EBUSY},
    {ERROR_LOCK_VIOLATION, WEFT_EBUSY},
    {WSAEALREADY, WEFT_EBUSY},

    {ERROR_ACCESS_DENIED, WEFT_EPERM},
    {ERROR_PRIVILEGE_NOT_HELD, WEFT_EPERM},
    {740, WEFT_EPERM},                  /* ERROR_ELEVATION_REQUIRED, which not every SDK names */
    {ERROR_BAD_EXE_FORMAT, WEFT_EPERM}, /* a file that is no program */
    {ERROR_EXE_MACHINE_TYPE_MISMATCH, WEFT_EPERM},
    {WSAEACCES, WEFT_EPERM},

    {ERROR_NOT_SUPPORTED, WEFT_ENOTSUP},
    {ERROR_CALL_NOT_IMPLEMENTED, WEFT_ENOTSUP},
    {WSAEAFNOSUPPORT, WEFT_ENOTSUP},
    {WSAEPROTONOSUPPORT, WEFT_ENOTSUP},
    {WSAEOPNOTSUPP, WEFT_ENOTSUP},
    {WSAENOPROTOOPT, WEFT_ENOTSUP},
    {WSASYSNOTREADY, WEFT_ENOTSUP},
    {WSAVERNOTSUPPORTED, WEFT_ENOTSUP},

    {ERROR_FILE_NOT_FOUND, WEFT_ENOTFOUND},
    {ERROR_PATH_NOT_FOUND, WEFT_ENOTFOUND},
    {ERROR_MOD_NOT_FOUND, WEFT_ENOTFOUND},
    {ERROR_PROC_NOT_FOUND, WEFT_ENOTFOUND},
    {ERROR_INVALID_DRIVE, WEFT_ENOTFOUND},
    {ERROR_DIRECTORY, WEFT_ENOTFOUND},
    {ERROR_BAD_NETPATH, WEFT_ENOTFOUND},
    {WSAHOST_NOT_FOUND, WEFT_ENOTFOUND},
    {WSATRY_AGAIN, WEFT_ENOTFOUND},
    {WSANO_RECOVERY, WEFT_ENOTFOUND},
    {WSANO_DATA, WEFT_ENOTFOUND},
    {WSATYPE_NOT_FOUND, WEFT_ENOTFOUND},
    {WSAEADDRNOTAVAIL, WEFT_ENOTFOUND},

    {WSAEADDRINUSE, WEFT_EADDRINUSE},
    {WSAECONNREFUSED, WEFT_EREFUSED},

    {ERROR_NETNAME_DELETED, WEFT_ERESET},
    {WSAECONNRESET, WEFT_ERESET},
    {WSAECONNABORTED, WEFT_ERESET},
    {WSAENETRESET, WEFT_ERESET},

    {WSAEHOSTUNREACH, WEFT_EUNREACHABLE},
    {WSAENETUNREACH, WEFT_EUNREACHABLE},
    {WSAENETDOWN, WEFT_EUNREACHABLE},
    {WSAEHOSTDOWN, WEFT_EUNREACHABLE},

    {ERROR_FILENAME_EXCED_RANGE, WEFT_ETOOBIG},
    {ERROR_BUFFER_OVERFLOW, WEFT_ETOOBIG},
    {ERROR_INSUFFICIENT_BUFFER, WEFT_ETOOBIG},
    {WSAEMSGSIZE, WEFT_ETOOBIG},

    {ERROR_TOO_MANY_OPEN_FILES, WEFT_ELIMIT},
    {ERROR_NO_SYSTEM_RESOURCES, WEFT_ELIMIT},
    {ERROR_NOT_ENOUGH_QUOTA, WEFT_ELIMIT},
    {ERROR_MAX_THRDS_REACHED, WEFT_ELIMIT},
    {ERROR_NO_PROC_SLOTS, WEFT_ELIMIT},
    {ERROR_NO_MORE_ITEMS, WEFT_ELIMIT},
    {WSAEMFILE, WEFT_ELIMIT},
    {WSAEPROCLIM, WEFT_ELIMIT},

    {ERROR_NO_UNICODE_TRANSLATION, WEFT_EBADTEXT},
};

static int code_of(long system)
{
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        if (table[i].system == system)
            return table[i].code;
    }
    return WEFT_ESYSTEM;
}

/* What the system says to the number, in UTF-8, without its full stop and line end. */
static void words_of(long system, char *words, int size)
{
    wchar_t wide[300];
    const DWORD flags = FORMAT_MESSAGE_FROM_SYSTEM | FORMAT_MESSAGE_IGNORE_INSERTS;
    const DWORD capacity = sizeof(wide) / sizeof(wide[0]);
    DWORD length =
        FormatMessageW(flags, NULL, (DWORD)system, MAKELANGID(LANG_ENGLISH, SUBLANG_ENGLISH_US),
                       wide, capacity, NULL);
    if (length == 0)
        length = FormatMessageW(flags, NULL, (DWORD)system, 0, wide, capacity, NULL);
    while (length > 0 && (wide[length - 1] <= L' ' || wide[length - 1] == L'.'))
        length--;

    int bytes = 0;
    if (length > 0)
        bytes = WideCharToMultiByte(CP_UTF8, 0, wide, (int)length, words, size - 1, NULL, NULL);
    words[bytes] = '\0';
    char *blank = strstr(words, "%1"); /* "%1 is not a valid application": the sentence names it */
    if (blank != NULL)
        memcpy(blank, "it", 2);
}

int weft__fail_system(long system_error, const char *format, ...)
{
    char sentence[512];
    char words[900]; /* three bytes for each unit of UTF-16 */
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(sentence, sizeof(sentence), format, arguments);
    va_end(arguments);
    words_of(system_error, words, (int)sizeof(words));
    int code = code_of(system_error);
    const char *reason = words;
    if (words[0] == '\0') /* "WEFT_EPERM: not permitted", from the blank on */
        reason = strchr(weft_strerror(code), ' ') + 1;
    return weft__fail(code, "%s: %s (error %ld)", sentence, reason, system_error);
}
