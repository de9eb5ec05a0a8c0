/* SPDX-License-Identifier: MIT */
/*
 * UTF-8 to UTF-16 and back, for texts that end in zero.
 *
 * Neither direction fails over bad text: a path or an argument that is broken is
 * better shown with a U+FFFD in it than not at all. Text that people read goes
 * through text.c, which is strict where its contract says so.
 */

#include "wide.h"

#include <windows.h>

#include "weft/error.h"
#include "weft/memory.h"

#include "internal.h"

wchar_t *weft__wide(const char *utf8)
{
    int length = MultiByteToWideChar(CP_UTF8, 0, utf8, -1, NULL, 0);
    if (length <= 0) {
        weft__fail_system((long)GetLastError(), "text to UTF-16");
        return NULL;
    }
    wchar_t *wide = weft_alloc((size_t)length * sizeof(wchar_t));
    if (wide != NULL)
        MultiByteToWideChar(CP_UTF8, 0, utf8, -1, wide, length);
    return wide;
}

char *weft__utf8(const wchar_t *wide)
{
    int length = WideCharToMultiByte(CP_UTF8, 0, wide, -1, NULL, 0, NULL, NULL);
    if (length <= 0) {
        weft__fail_system((long)GetLastError(), "text to UTF-8");
        return NULL;
    }
    char *utf8 = weft_alloc((size_t)length);
    if (utf8 != NULL)
        WideCharToMultiByte(CP_UTF8, 0, wide, -1, utf8, length, NULL, NULL);
    return utf8;
}
