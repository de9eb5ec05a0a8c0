/* SPDX-License-Identifier: MIT */
/*
 * Modules by dl_iterate_phdr (Linux, the BSDs): the object one of whose segments holds
 * the function; the first object is the program itself.
 */
#include <dlfcn.h>
#include <link.h>
#include <stdio.h>
#include <string.h>

#include "internal.h"
#include "seam.h"

struct search {
    uintptr_t address;  /* looked for, or 0 */
    const char *module; /* looked for, or NULL */
    uintptr_t base;     /* found */
    const char *found;  /* name of what was found, "" for the program; NULL: not yet */
    int index;
    uint64_t *identity; /* receives that of what is found; NULL: nobody asks */
};

static bool holds(const struct dl_phdr_info *info, uintptr_t address)
{
    for (int i = 0; i < info->dlpi_phnum; i++) {
        uintptr_t start = info->dlpi_addr + info->dlpi_phdr[i].p_vaddr;

        if (info->dlpi_phdr[i].p_type == PT_LOAD && address >= start &&
            address - start < info->dlpi_phdr[i].p_memsz)
            return true;
    }
    return false;
}

/* FNV-1a of words of four bytes; what is behind the last whole one does not count. */
static uint64_t hash(uint64_t so_far, const void *bytes, size_t size)
{
    const char *next = bytes;
    uint32_t word;

    for (; size >= sizeof(word); size -= sizeof(word), next += sizeof(word)) {
        memcpy(&word, next, sizeof(word));
        so_far = (so_far ^ word) * 0x100000001b3u;
        so_far ^= so_far >> 32;
    }
    return so_far;
}

static size_t padded(uint32_t size)
{
    return ((size_t)size + 3) / 4 * 4;
}

/* The notes of one segment: the linker's build id, a hash of all that it wrote, is one. */
static uint64_t hash_build_id(uint64_t so_far, const char *notes, size_t size)
{
    while (size >= sizeof(ElfW(Nhdr))) {
        ElfW(Nhdr) note;
        size_t whole;

        memcpy(&note, notes, sizeof(note));
        whole = sizeof(note) + padded(note.n_namesz) + padded(note.n_descsz);
        if (whole > size)
            break;
        if (note.n_type == NT_GNU_BUILD_ID && note.n_namesz == 4 &&
            memcmp(notes + sizeof(note), "GNU", 4) == 0)
            so_far = hash(so_far, notes + sizeof(note) + padded(note.n_namesz), note.n_descsz);
        notes += whole;
        size -= whole;
    }
    return so_far;
}

/* Where its segments are in the file and in memory, and the build id if it has one. */
static uint64_t identity_of(const struct dl_phdr_info *info)
{
    uint64_t so_far =
        hash(0xcbf29ce484222325u, info->dlpi_phdr, info->dlpi_phnum * sizeof(info->dlpi_phdr[0]));

    for (int i = 0; i < info->dlpi_phnum; i++)
        if (info->dlpi_phdr[i].p_type == PT_NOTE)
            so_far =
                hash_build_id(so_far, (const char *)(info->dlpi_addr + info->dlpi_phdr[i].p_vaddr),
                              info->dlpi_phdr[i].p_memsz);
    return so_far;
}

static int look(struct dl_phdr_info *info, size_t size, void *context)
{
    struct search *search = context;
    const char *name = search->index++ == 0 ? "" : info->dlpi_name;

    (void)size;
    if (search->module ? strcmp(search->module, name) != 0 : !holds(info, search->address))
        return 0;
    search->base = info->dlpi_addr;
    search->found = name;
    if (search->identity)
        *search->identity = identity_of(info);
    return 1;
}

/* ISO C has no cast between functions and numbers; POSIX promises that it works. */
static uintptr_t address_of(weft_function *function)
{
    uintptr_t address;

    memcpy(&address, &function, sizeof(address));
    return address;
}

int weft_seam_module_of(weft_function *function, char *module, size_t size, uint64_t *offset)
{
    struct search search = {.address = address_of(function)};

    dl_iterate_phdr(look, &search);
    if (!search.found || (size_t)snprintf(module, size, "%s", search.found) >= size)
        return weft__fail(WEFT_ENOTFOUND, "function at %#llx: in no loaded module",
                          (unsigned long long)search.address);
    *offset = search.address - search.base;
    return 0;
}

int weft_seam_module_function(const char *module, uint64_t offset, weft_function **function)
{
    struct search search = {.module = module};

    dl_iterate_phdr(look, &search);
    if (!search.found && dlopen(module, RTLD_NOW)) {
        search.index = 0;
        dl_iterate_phdr(look, &search);
    }
    if (!search.found)
        return weft__fail(WEFT_ENOTFOUND, "module %s: not loaded in this process", module);
    uintptr_t address = search.base + (uintptr_t)offset;
    memcpy(function, &address, sizeof(address));
    return 0;
}

int weft_seam_module_identity(const char *module, uint64_t *identity)
{
    struct search search = {.module = module, .identity = identity};

    dl_iterate_phdr(look, &search);
    if (search.found)
        return 0;
    return weft__fail(WEFT_ENOTFOUND, "module %s: not loaded in this process", module);
}
