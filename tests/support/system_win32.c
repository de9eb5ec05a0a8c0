/* SPDX-License-Identifier: MIT */
#include "system.h"

#include <windows.h>

const char *const no_fork = "Windows has no fork()";
const char *const no_descriptors = "what weft needs is in no descriptor on Windows";
const char *const no_urgent = "no client of the system's own on Windows";

bool are_urgent_bytes_passed_over(int port, void (*ready)(void))
{
    (void)port;
    (void)ready;
    return false;
}

const char *any_certificate_passes(void)
{
    HMODULE ntdll = GetModuleHandleA("ntdll.dll");

    return ntdll && GetProcAddress(ntdll, "wine_get_version")
               ? "Wine's Schannel verifies no certificates by itself"
               : NULL;
}

int run_forked(int (*function)(void))
{
    (void)function;
    return -1;
}

void ignore_children(bool ignore)
{
    (void)ignore;
}

void collect_child(int code)
{
    (void)code;
}

int descriptor_of(FILE *file)
{
    return _fileno(file);
}

FILE *file_of(int descriptor, const char *mode)
{
    return _fdopen(descriptor, mode);
}

void close_descriptors(int first, int last)
{
    (void)first;
    (void)last;
}

FILE *open_terminal(char *path, size_t size)
{
    (void)path;
    (void)size;
    return NULL;
}
