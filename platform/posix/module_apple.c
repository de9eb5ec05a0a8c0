/* SPDX-License-Identifier: MIT */
/* Modules by dyld (macOS): image 0 is the program itself. */
#include <dlfcn.h>
#include <mach-o/dyld.h>
#include <mach-o/loader.h>
#include <stdio.h>
#include <string.h>

#include "internal.h"
#include "seam.h"

int weft_seam_module_of(weft_function *function, char *module, size_t size, uint64_t *offset)
{
    uintptr_t address;
    Dl_info info;

    memcpy(&address, &function, sizeof(address));
    if (dladdr((const void *)address, &info) == 0)
        return weft__fail(WEFT_ENOTFOUND, "function at %#llx: in no loaded module",
                          (unsigned long long)address);
    const char *name =
        info.dli_fbase == (const void *)_dyld_get_image_header(0) ? "" : info.dli_fname;
    if ((size_t)snprintf(module, size, "%s", name) >= size)
        return weft__fail(WEFT_ENOTFOUND, "function at %#llx: its module's name is too long",
                          (unsigned long long)address);
    *offset = address - (uintptr_t)info.dli_fbase;
    return 0;
}

/* Where an image is loaded; 0: it is not. */
static uintptr_t base_of(const char *module)
{
    if (module[0] == '\0')
        return (uintptr_t)_dyld_get_image_header(0);
    for (uint32_t i = 0; i < _dyld_image_count(); i++) {
        const char *name = _dyld_get_image_name(i);

        if (name && strcmp(name, module) == 0)
            return (uintptr_t)_dyld_get_image_header(i);
    }
    return 0;
}

int weft_seam_module_function(const char *module, uint64_t offset, weft_function **function)
{
    uintptr_t base = base_of(module);

    if (base == 0 && dlopen(module, RTLD_NOW))
        base = base_of(module);
    if (base == 0)
        return weft__fail(WEFT_ENOTFOUND, "module %s: not loaded in this process", module);
    base += (uintptr_t)offset;
    memcpy(function, &base, sizeof(base));
    return 0;
}

/* The linker's UUID, as two halves in one. It is the third of the load commands or so. */
int weft_seam_module_identity(const char *module, uint64_t *identity)
{
    uintptr_t base = base_of(module);
    const struct mach_header_64 *header = (const struct mach_header_64 *)base;
    const char *next = (const char *)(header + 1);

    if (base == 0)
        return weft__fail(WEFT_ENOTFOUND, "module %s: not loaded in this process", module);
    *identity = header->sizeofcmds; /* of one that has no UUID */
    for (uint32_t i = 0; i < header->ncmds; i++) {
        struct uuid_command command;
        uint64_t halves[2];

        memcpy(&command, next, sizeof(struct load_command));
        if (command.cmd == LC_UUID) {
            memcpy(&command, next, sizeof(command));
            memcpy(halves, command.uuid, sizeof(halves));
            *identity = halves[0] ^ (halves[1] << 1 | halves[1] >> 63);
        }
        next += command.cmdsize;
    }
    return 0;
}
