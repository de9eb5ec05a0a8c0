/* SPDX-License-Identifier: MIT */
/*
 * Command lines. Windows hands a program one text, and the program splits it; nearly
 * all do it as CommandLineToArgvW does, so that is what the quotes are for. Inside
 * quotes a quote needs a backslash, and only backslashes before a quote need doubling.
 *
 * Batch files are refused: cmd.exe reads the text by rules of its own, under which an
 * argument could become a command.
 */

#include "command.h"

#include <windows.h>

#include "weft/error.h"
#include "weft/memory.h"

#include "internal.h"
#include "wide.h"

/* Of paths, PATH and command lines, with the final zero. */
enum { LONGEST = 32767 };

/* ---- the program ----------------------------------------------------------------- */

static bool is_file(const wchar_t *path)
{
    DWORD attributes = GetFileAttributesW(path);
    return attributes != INVALID_FILE_ATTRIBUTES && (attributes & FILE_ATTRIBUTE_DIRECTORY) == 0;
}

static bool is_batch(const wchar_t *path)
{
    size_t length = wcslen(path);
    return length >= 4 &&
           (_wcsicmp(path + length - 4, L".bat") == 0 || _wcsicmp(path + length - 4, L".cmd") == 0);
}

/* `folders` NULL: the name is a path. */
static bool find_as(const wchar_t *folders, const wchar_t *name, wchar_t *found)
{
    DWORD length = folders == NULL ? GetFullPathNameW(name, LONGEST, found, NULL)
                                   : SearchPathW(folders, name, L".exe", LONGEST, found, NULL);
    return length > 0 && length < LONGEST && is_file(found);
}

/* `room` has 3 parts of LONGEST: the answer, the value of PATH, the name with .exe. */
static bool find(const wchar_t *name, wchar_t *room)
{
    wchar_t *folders = room + LONGEST;
    wchar_t *longer = folders + LONGEST;
    if (wcspbrk(name, L"\\/:") != NULL) {
        folders = NULL;
    } else {
        DWORD length = GetEnvironmentVariableW(L"PATH", folders, LONGEST);
        if (length == 0 || length >= LONGEST)
            return false;
    }
    if (find_as(folders, name, room))
        return true;
    /* A dot in the name makes SearchPathW think that it has its extension. */
    size_t length = wcslen(name);
    if (length == 0 || length + 5 > LONGEST)
        return false;
    wcscpy(longer, name);
    wcscpy(longer + length, L".exe");
    return find_as(folders, longer, room);
}

int weft__program_find(const char *name, wchar_t **path)
{
    int err = WEFT_ENOMEM;
    wchar_t *wide = weft__wide(name);
    wchar_t *room = weft_alloc(3 * (size_t)LONGEST * sizeof(wchar_t));
    if (wide == NULL || room == NULL)
        goto free;
    if (!find(wide, room)) {
        err = weft__fail(WEFT_ENOTFOUND, "program %.120s: there is no such file", name);
    } else if (is_batch(room)) {
        err = weft__fail(WEFT_EPERM, "program %.120s: a batch file, for cmd.exe only", name);
    } else {
        size_t size = (wcslen(room) + 1) * sizeof(wchar_t);
        *path = weft_alloc(size);
        if (*path != NULL) {
            memcpy(*path, room, size);
            err = 0;
        }
    }

free:
    weft_free(room);
    weft_free(wide);
    return err;
}

/* ---- its arguments ---------------------------------------------------------------- */

/* Writes the argument to `end`, where twice its length + 2 fits; the new end. */
static wchar_t *quote(wchar_t *end, const wchar_t *argument)
{
    if (argument[0] != L'\0' && wcspbrk(argument, L" \t\n\v\"") == NULL) {
        size_t length = wcslen(argument);
        memcpy(end, argument, length * sizeof(wchar_t));
        return end + length;
    }
    size_t backslashes = 0; /* right before the present character */
    *end++ = L'"';
    for (; *argument != L'\0'; argument++) {
        if (*argument == L'"') {
            for (size_t i = 0; i < backslashes + 1; i++)
                *end++ = L'\\';
        }
        backslashes = *argument == L'\\' ? backslashes + 1 : 0;
        *end++ = *argument;
    }
    for (size_t i = 0; i < backslashes; i++)
        *end++ = L'\\';
    *end++ = L'"';
    return end;
}

/* The program's own name knows no backslash rule; a path has no quote in it. */
static wchar_t *quote_first(wchar_t *end, const wchar_t *name)
{
    *end++ = L'"';
    for (; *name != L'\0'; name++) {
        if (*name != L'"')
            *end++ = *name;
    }
    *end++ = L'"';
    return end;
}

int weft__command_line(const char *const *arguments, wchar_t **command)
{
    size_t room = 1;
    for (size_t i = 0; arguments[i] != NULL; i++)
        room += 2 * strlen(arguments[i]) + 3;
    wchar_t *text = weft_alloc(room * sizeof(wchar_t));
    if (text == NULL)
        return WEFT_ENOMEM;

    int err = 0;
    wchar_t *end = text;
    for (size_t i = 0; arguments[i] != NULL; i++) {
        wchar_t *wide = weft__wide(arguments[i]);
        if (wide == NULL) {
            err = WEFT_ENOMEM;
            goto free;
        }
        if (i > 0)
            *end++ = L' ';
        end = i > 0 ? quote(end, wide) : quote_first(end, wide);
        weft_free(wide);
    }
    *end = L'\0';
    if (end - text >= LONGEST) {
        err = weft__fail(WEFT_ELIMIT, "program %.120s: arguments of %zu characters are too long",
                         arguments[0], (size_t)(end - text));
        goto free;
    }
    *command = text;
    return 0;

free:
    weft_free(text);
    return err;
}
