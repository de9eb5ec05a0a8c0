/* SPDX-License-Identifier: MIT */
/* Files by their names, which the C library would take for the code page's. */
#include <fcntl.h>
#include <io.h>
#include <stdio.h>

#include <windows.h>

#include "weft/error.h"
#include "weft/memory.h"

#include "internal.h"
#include "wide.h"

/* The handle becomes the stream's. */
static FILE *stream_of(HANDLE handle)
{
    int file = _open_osfhandle((intptr_t)handle, _O_BINARY | _O_NOINHERIT);
    FILE *stream = file == -1 ? NULL : _fdopen(file, "wb");

    if (file == -1)
        CloseHandle(handle);
    else if (stream == NULL)
        _close(file);
    return stream;
}

int weft__path_create(const char *path, FILE **stream)
{
    wchar_t *wide = weft__wide(path);
    HANDLE handle;
    long error;

    if (wide == NULL)
        return WEFT_ENOMEM;
    handle = CreateFileW(wide, GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_DELETE, NULL,
                         CREATE_ALWAYS, FILE_ATTRIBUTE_NORMAL, NULL);
    error = (long)GetLastError();
    weft_free(wide);
    if (handle == INVALID_HANDLE_VALUE)
        return weft__fail_system(error, "cannot write '%.80s'", path);
    *stream = stream_of(handle);
    if (*stream != NULL)
        return 0;
    weft__path_remove(path);
    return weft__fail(WEFT_ELIMIT, "cannot write '%.80s': the C library has no more streams", path);
}

int weft__path_replace(const char *path, const char *by)
{
    wchar_t *wide = weft__wide(path), *wide_by = weft__wide(by);
    int err = wide != NULL && wide_by != NULL ? 0 : WEFT_ENOMEM;

    if (err == 0 && !MoveFileExW(wide_by, wide, MOVEFILE_REPLACE_EXISTING))
        err = weft__fail_system((long)GetLastError(), "cannot rename to '%.80s'", path);
    weft_free(wide);
    weft_free(wide_by);
    return err;
}

void weft__path_remove(const char *path)
{
    wchar_t *wide = weft__wide(path);

    if (wide != NULL)
        (void)DeleteFileW(wide);
    weft_free(wide);
}
