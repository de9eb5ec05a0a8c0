/* SPDX-License-Identifier: MIT */
/*
 * Standard streams as handles, GBK by code page 936, the user's language.
 *
 * A console is written and read as UTF-16, so it shows every character whatever
 * its code page; a file or pipe gets and gives bytes as they are. The callers
 * hold locks: one thread writes, one reads.
 */
#include "seam.h"

#include <string.h>
#include <windows.h>

#include "internal.h"
#include "utf8.h"

enum {
    CONSOLE_PIECE = 4096,    /* UTF-16 units for the console in one call; it refuses 32 K */
    FILE_PIECE = 0x40000000, /* bytes; a DWORD could hold four times as many */
    END_OF_INPUT = 0x1A,     /* Ctrl-Z */
    GBK_CODE_PAGE = 936
};

static HANDLE handle_of(enum weft_seam_stream stream)
{
    static const DWORD ids[] = {STD_INPUT_HANDLE, STD_OUTPUT_HANDLE, STD_ERROR_HANDLE};

    return GetStdHandle(ids[stream]);
}

static bool is_console(HANDLE handle)
{
    DWORD mode = 0;

    return GetConsoleMode(handle, &mode) != 0;
}

static size_t put_utf16(uint32_t scalar, wchar_t *units)
{
    if (scalar < 0x10000) {
        units[0] = (wchar_t)scalar;
        return 1;
    }
    units[0] = (wchar_t)(0xD800 + ((scalar - 0x10000) >> 10));
    units[1] = (wchar_t)(0xDC00 + ((scalar - 0x10000) & 0x3FF));
    return 2;
}

/* As much of the text as fits, whole characters, bad bytes as U+FFFD; how many bytes
 * were taken. */
static size_t to_utf16(const char *text, size_t length, wchar_t *units, DWORD *count)
{
    size_t at = 0;

    *count = 0;
    while (at < length && *count + 2 <= CONSOLE_PIECE) {
        uint32_t scalar = 0;
        at += weft__utf8_next(text + at, length - at, &scalar);
        if (scalar == WEFT__UTF8_BAD)
            scalar = WEFT__UTF8_REPLACEMENT;
        *count += (DWORD)put_utf16(scalar, units + *count);
    }
    return at;
}

static BOOL write_to_console(HANDLE console, const wchar_t *units, DWORD count)
{
    DWORD written = 0;

    for (DWORD at = 0; at < count; at += written)
        if (!WriteConsoleW(console, units + at, count - at, &written, NULL))
            return FALSE;
    return TRUE;
}

int weft_seam_text_write(enum weft_seam_stream stream, const char *text, size_t length)
{
    HANDLE handle = handle_of(stream);
    bool console = is_console(handle);
    BOOL good = TRUE;

    while (length > 0 && good) {
        size_t taken = 0;
        DWORD count = 0;
        if (console) {
            wchar_t units[CONSOLE_PIECE];
            taken = to_utf16(text, length, units, &count);
            good = write_to_console(handle, units, count);
        } else {
            DWORD piece = length < FILE_PIECE ? (DWORD)length : FILE_PIECE;
            good = WriteFile(handle, text, piece, &count, NULL);
            taken = count;
        }
        text += taken;
        length -= taken;
    }
    if (!good)
        return weft__fail_system((long)GetLastError(), "standard %s: write",
                                 stream == WEFT_SEAM_OUTPUT ? "output" : "error");
    return 0;
}

/* What is left of the console's last answer; the reader's lock guards both. */
static wchar_t high_surrogate; /* its second half comes with the next read; 0: none */
static bool inside_line;       /* the answer did not end in a new line */

/* One line at most, or part of it. *count 0: end of input. */
static int read_console(HANDLE console, wchar_t *units, DWORD size, DWORD *count)
{
    do {
        SetLastError(0);
        if (!ReadConsoleW(console, units, size, count, NULL))
            return weft__fail_system((long)GetLastError(), "standard input: read");
        /* Ctrl-C ends the read empty; it is the handler's to end the program. */
    } while (*count == 0 && GetLastError() == ERROR_OPERATION_ABORTED);
    if (*count > 0 && units[0] == END_OF_INPUT && !inside_line)
        *count = 0;
    inside_line = *count > 0 && units[*count - 1] != L'\n';
    return 0;
}

/* A unit as UTF-8, joined with the high surrogate before it; how many bytes. */
static size_t put_unit(wchar_t unit, char *bytes)
{
    bool is_low = unit >= 0xDC00 && unit <= 0xDFFF;
    uint32_t scalar = unit;
    size_t length = 0;

    if (high_surrogate != 0 && is_low)
        scalar = 0x10000 + ((uint32_t)(high_surrogate - 0xD800) << 10) + (unit - 0xDC00u);
    else if (high_surrogate != 0)
        length = weft__utf8_put(WEFT__UTF8_REPLACEMENT, bytes);
    else if (is_low)
        scalar = WEFT__UTF8_REPLACEMENT;
    high_surrogate = 0;
    if (unit >= 0xD800 && unit <= 0xDBFF) {
        high_surrogate = unit;
        return length;
    }
    return length + weft__utf8_put(scalar, bytes + length);
}

static int read_characters(HANDLE console, char *buffer, size_t size, size_t *length)
{
    wchar_t units[512];
    DWORD count = 1;
    /* A unit makes three bytes at most, and so does a surrogate left from before. */
    size_t room = size / 3 - 1;
    DWORD wanted = room < 512 ? (DWORD)room : 512;

    for (*length = 0; *length == 0 && count > 0;) {
        int err = read_console(console, units, wanted, &count);
        if (err != 0)
            return err;
        for (DWORD i = 0; i < count; i++)
            *length += put_unit(units[i], buffer + *length);
    }
    return 0;
}

static int read_bytes(HANDLE file, char *buffer, size_t size, size_t *length)
{
    DWORD wanted = size < FILE_PIECE ? (DWORD)size : FILE_PIECE, got = 0;

    *length = 0;
    if (ReadFile(file, buffer, wanted, &got, NULL)) {
        *length = got;
        return 0;
    }
    switch (GetLastError()) {
    case ERROR_BROKEN_PIPE: /* all who could write have closed it */
    case ERROR_HANDLE_EOF:
    case ERROR_INVALID_HANDLE: /* started without an input */
        return 0;
    default:
        return weft__fail_system((long)GetLastError(), "standard input: read");
    }
}

int weft_seam_text_read(char *buffer, size_t size, size_t *length)
{
    HANDLE input = handle_of(WEFT_SEAM_INPUT);

    if (is_console(input))
        return read_characters(input, buffer, size, length);
    return read_bytes(input, buffer, size, length);
}

int weft_seam_gbk_ready(void)
{
    if (!IsValidCodePage(GBK_CODE_PAGE))
        return weft__fail(WEFT_ENOTSUP, "code page 936 (GBK) is not installed");
    return 0;
}

uint32_t weft_seam_gbk_to_unicode(uint8_t lead, uint8_t trail)
{
    char pair[2] = {(char)lead, (char)trail};
    wchar_t units[4];

    /* Two units are no pair of surrogates here: code page 936 has none. */
    if (MultiByteToWideChar(GBK_CODE_PAGE, MB_ERR_INVALID_CHARS, pair, 2, units, 4) != 1)
        return 0;
    return units[0];
}

void weft_seam_text_locale(char *name, size_t size)
{
    static const char *const variables[] = {"LC_ALL", "LC_MESSAGES", "LANG"};
    wchar_t locale[LOCALE_NAME_MAX_LENGTH] = L"";
    LCID language = MAKELCID(GetUserDefaultUILanguage(), SORT_DEFAULT);

    /* Windows itself sets none of them; whoever does means it. */
    for (size_t i = 0; i < sizeof(variables) / sizeof(variables[0]); i++) {
        DWORD length = GetEnvironmentVariableA(variables[i], name, (DWORD)size);
        if (length > 0 && length < size)
            return;
    }
    name[0] = '\0';
    if (LCIDToLocaleName(language, locale, LOCALE_NAME_MAX_LENGTH, 0) > 0)
        WideCharToMultiByte(CP_UTF8, 0, locale, -1, name, (int)size, NULL, NULL);
    name[size - 1] = '\0';
}
