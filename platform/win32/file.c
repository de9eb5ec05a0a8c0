/* SPDX-License-Identifier: MIT */
/* Descriptors of the C library, which keeps a table of its own over Windows' handles. */

#include <errno.h>
#include <fcntl.h>
#include <io.h>

#include "weft/error.h"

#include "internal.h"
#include "seam.h"

int weft_seam_file_handle(int file, uintptr_t *handle)
{
    /* -2: a standard stream that leads nowhere. */
    intptr_t found = file >= 0 ? _get_osfhandle(file) : -1;
    if (found == -1 || found == -2)
        return weft__fail(WEFT_EINVAL, "file %d: no open descriptor", file);
    *handle = (uintptr_t)found;
    return 0;
}

int weft_seam_file_adopt(uintptr_t handle, int *file)
{
    int made = _open_osfhandle((intptr_t)handle, _O_BINARY | _O_NOINHERIT);
    if (made == -1)
        return weft__fail(errno == EMFILE ? WEFT_ELIMIT : WEFT_EINVAL,
                          "file: the C library takes no descriptor for handle %llu",
                          (unsigned long long)handle);
    *file = made;
    return 0;
}
