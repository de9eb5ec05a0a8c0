/* SPDX-License-Identifier: MIT */
/*
 * Functions as module + offset, because Windows loads one program at different
 * addresses in different processes. A module is known by its full path, so that a
 * library which this process loaded by hand is found, and loaded, in the other one.
 */

#include <string.h>

#include <windows.h>

#include "weft/error.h"
#include "weft/memory.h"

#include "internal.h"
#include "seam.h"
#include "wide.h"

/* Paths can be this long, with the final zero. */
enum { LONGEST_PATH = 32768 };

/* The module's path in UTF-8, from weft_alloc(). */
static int path_of(HMODULE module, char **path)
{
    int err = WEFT_ENOMEM;
    wchar_t *wide = weft_alloc(LONGEST_PATH * sizeof(wchar_t));
    if (wide == NULL)
        return err;
    DWORD length = GetModuleFileNameW(module, wide, LONGEST_PATH);
    if (length == 0 || length == LONGEST_PATH) {
        err = weft__fail_system((long)GetLastError(), "path of the module at %p", (void *)module);
    } else {
        *path = weft__utf8(wide);
        err = *path != NULL ? 0 : WEFT_ENOMEM;
    }
    weft_free(wide);
    return err;
}

int weft_seam_module_of(weft_function *function, char *module, size_t size, uint64_t *offset)
{
    uintptr_t address = 0;
    memcpy(&address, &function, sizeof(address)); /* ISO C has no cast for it */
    HMODULE found = NULL;
    DWORD flags =
        GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS | GET_MODULE_HANDLE_EX_FLAG_UNCHANGED_REFCOUNT;
    if (!GetModuleHandleExW(flags, (LPCWSTR)address, &found))
        return weft__fail(WEFT_ENOTFOUND, "function at 0x%llx: belongs to no loaded module",
                          (unsigned long long)address);

    *offset = address - (uintptr_t)found;
    module[0] = '\0';
    if (found == GetModuleHandleW(NULL))
        return 0;

    char *path = NULL;
    int err = path_of(found, &path);
    if (err != 0)
        return err;
    if (strlen(path) < size)
        memcpy(module, path, strlen(path) + 1);
    else
        err = weft__fail(WEFT_ETOOBIG, "function at 0x%llx: its module's path is too long: %s",
                         (unsigned long long)address, path);
    weft_free(path);
    return err;
}

int weft_seam_module_function(const char *module, uint64_t offset, weft_function **function)
{
    HMODULE found = GetModuleHandleW(NULL);
    if (module[0] != '\0') {
        wchar_t *path = weft__wide(module);
        if (path == NULL)
            return WEFT_ENOMEM;
        found = GetModuleHandleW(path);
        if (found == NULL) /* with the libraries that lie beside it */
            found = LoadLibraryExW(path, NULL, LOAD_WITH_ALTERED_SEARCH_PATH);
        weft_free(path);
    }
    if (found == NULL) {
        weft__fail_system((long)GetLastError(), "module %s", module);
        return WEFT_ENOTFOUND;
    }
    uintptr_t address = (uintptr_t)found + (uintptr_t)offset;
    memcpy(function, &address, sizeof(address));
    return 0;
}
