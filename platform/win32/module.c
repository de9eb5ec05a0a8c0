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

/* Loads a library that this process has not loaded yet. */
static int find_module(const char *module, HMODULE *found)
{
    *found = GetModuleHandleW(NULL);
    if (module[0] != '\0') {
        wchar_t *path = weft__wide(module);
        if (path == NULL)
            return WEFT_ENOMEM;
        *found = GetModuleHandleW(path);
        if (*found == NULL) /* with the libraries that lie beside it */
            *found = LoadLibraryExW(path, NULL, LOAD_WITH_ALTERED_SEARCH_PATH);
        weft_free(path);
    }
    if (*found != NULL)
        return 0;
    weft__fail_system((long)GetLastError(), "module %s", module);
    return WEFT_ENOTFOUND;
}

int weft_seam_module_function(const char *module, uint64_t offset, weft_function **function)
{
    HMODULE found;
    int err = find_module(module, &found);
    if (err != 0)
        return err;
    uintptr_t address = (uintptr_t)found + (uintptr_t)offset;
    memcpy(function, &address, sizeof(address));
    return 0;
}

/* ---- identity --------------------------------------------------------------------- */

/* FNV-1a. */
static void mix(uint64_t *hash, const void *bytes, size_t size)
{
    const unsigned char *next = bytes;
    for (size_t i = 0; i < size; i++)
        *hash = (*hash ^ next[i]) * 0x100000001B3u;
}

/* What points the debugger to its symbols begins with "RSDS", a GUID that each build gets
 * anew, and a number that counts its changes. */
static void mix_debug(uint64_t *hash, const unsigned char *base, const IMAGE_NT_HEADERS *headers)
{
    enum { TELLING = 4 + 16 + 4 };
    const IMAGE_DATA_DIRECTORY *directory =
        &headers->OptionalHeader.DataDirectory[IMAGE_DIRECTORY_ENTRY_DEBUG];
    const IMAGE_DEBUG_DIRECTORY *entries =
        (const IMAGE_DEBUG_DIRECTORY *)(const void *)(base + directory->VirtualAddress);
    for (size_t i = 0; i < directory->Size / sizeof(entries[0]); i++) {
        if (entries[i].Type == IMAGE_DEBUG_TYPE_CODEVIEW && entries[i].SizeOfData >= TELLING &&
            entries[i].AddressOfRawData != 0)
            mix(hash, base + entries[i].AddressOfRawData, TELLING);
    }
}

/* From the headers as they lie in memory, without what the loader changes there: the
 * address. Linkers write the time or a hash of the code as TimeDateStamp; those of MinGW
 * write a sum of the whole file as CheckSum, also if they are told to leave the time out. */
int weft_seam_module_identity(const char *module, uint64_t *identity)
{
    HMODULE found;
    int err = find_module(module, &found);
    if (err != 0)
        return err;
    const unsigned char *base = (const unsigned char *)(const void *)found;
    const IMAGE_DOS_HEADER *start = (const IMAGE_DOS_HEADER *)(const void *)base;
    const IMAGE_NT_HEADERS *headers =
        (const IMAGE_NT_HEADERS *)(const void *)(base + start->e_lfanew);
    const DWORD numbers[] = {headers->FileHeader.TimeDateStamp, headers->OptionalHeader.CheckSum,
                             headers->OptionalHeader.SizeOfImage,
                             headers->OptionalHeader.SizeOfCode,
                             headers->OptionalHeader.AddressOfEntryPoint};
    uint64_t hash = 0xCBF29CE484222325u;
    mix(&hash, numbers, sizeof(numbers));
    mix(&hash, IMAGE_FIRST_SECTION(headers),
        headers->FileHeader.NumberOfSections * sizeof(IMAGE_SECTION_HEADER));
    mix_debug(&hash, base, headers);
    *identity = hash;
    return 0;
}
