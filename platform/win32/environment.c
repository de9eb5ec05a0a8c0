/* SPDX-License-Identifier: MIT */
/*
 * Where a child works: its folder and its environment.
 *
 * Windows wants the environment as one block of texts, sorted by their names without
 * regard to case. The texts are collected one behind the other in the order of
 * precedence: what is handed over, the variables, and last SystemRoot, without which no
 * program of Windows can open a socket. Sorting keeps that order among equal names, and
 * only the first of them goes into the block.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "launch.h"

#include "weft/error.h"
#include "weft/memory.h"

#include "internal.h"
#include "wide.h"

/* ---- folder ----------------------------------------------------------------------- */

int weft__folder(const char *folder, wchar_t **path)
{
    int err = WEFT_ENOMEM;
    wchar_t *full = NULL;
    wchar_t *wide = weft__wide(folder);
    if (wide == NULL)
        return err;
    DWORD attributes = GetFileAttributesW(wide);
    DWORD length =
        attributes != INVALID_FILE_ATTRIBUTES ? GetFullPathNameW(wide, 0, NULL, NULL) : 0;
    if (length == 0) {
        err = weft__fail_system((long)GetLastError(), "folder %.200s", folder);
        goto free;
    }
    if ((attributes & FILE_ATTRIBUTE_DIRECTORY) == 0) {
        err = weft__fail(WEFT_ENOTFOUND, "folder %.200s: this is a file", folder);
        goto free;
    }
    full = weft_alloc(length * sizeof(wchar_t));
    if (full == NULL)
        goto free;
    GetFullPathNameW(wide, length, full, NULL);
    *path = full;
    err = 0;

free:
    weft_free(wide);
    return err;
}

/* ---- environment ------------------------------------------------------------------ */

enum { NUMBER = 24, LONGEST_ROOT = 300 }; /* units: "=", a handle; "SystemRoot=", a path */

/* Texts "NAME=value", one behind the other; the entries point to them. */
struct texts {
    wchar_t *room, *end;
    size_t units; /* that the room holds */
    wchar_t **entries;
    size_t count;
};

/* Some names of Windows' own begin with '='. */
static int name_length(const wchar_t *text)
{
    const wchar_t *equals = wcschr(text + 1, L'=');
    return equals != NULL ? (int)(equals - text) : (int)wcslen(text);
}

static int compare_names(const wchar_t *a, const wchar_t *b)
{
    return CompareStringOrdinal(a, name_length(a), b, name_length(b), TRUE) - CSTR_EQUAL;
}

/* For qsort(): among equal names, the one that was added first. */
static int compare(const void *a, const void *b)
{
    const wchar_t *first = *(wchar_t *const *)a;
    const wchar_t *second = *(wchar_t *const *)b;
    int order = compare_names(first, second);
    if (order == 0)
        order = first < second ? -1 : first > second;
    return order;
}

static void append(struct texts *texts, const char *text)
{
    int left = (int)(texts->units - (size_t)(texts->end - texts->room));
    int length = MultiByteToWideChar(CP_UTF8, 0, text, -1, texts->end, left);
    if (length > 0)
        texts->end += length - 1;
}

/* The text ends here. Empty, it would end the block. */
static void finish(struct texts *texts, wchar_t *start)
{
    if (texts->end == start)
        return;
    *texts->end++ = L'\0';
    texts->entries[texts->count++] = start;
}

static void add(struct texts *texts, const char *text, const char *rest)
{
    wchar_t *start = texts->end;
    append(texts, text);
    append(texts, rest);
    finish(texts, start);
}

static void add_wide(struct texts *texts, const wchar_t *text)
{
    wchar_t *start = texts->end;
    size_t length = wcslen(text);
    memcpy(start, text, length * sizeof(wchar_t));
    texts->end += length;
    finish(texts, start);
}

static void add_root(struct texts *texts)
{
    wchar_t text[LONGEST_ROOT] = L"SystemRoot=";
    size_t length = wcslen(text);
    DWORD room = (DWORD)(LONGEST_ROOT - length);
    DWORD found = GetEnvironmentVariableW(L"SystemRoot", text + length, room);
    if (found > 0 && found < room)
        add_wide(texts, text);
}

/* Room for all that fill() adds. */
static int make_room(struct texts *texts, const weft_process_options *options, const wchar_t *own)
{
    size_t entries = options->hand_over_count + 1;
    size_t units = LONGEST_ROOT;
    for (size_t i = 0; i < options->hand_over_count; i++)
        units += strlen(options->hand_over[i].name) + NUMBER;
    for (size_t i = 0; options->environment != NULL && options->environment[i] != NULL; i++) {
        units += strlen(options->environment[i]) + 1;
        entries++;
    }
    for (const wchar_t *text = own; text != NULL && *text != L'\0'; text += wcslen(text) + 1) {
        units += wcslen(text) + 1;
        entries++;
    }
    texts->units = units;
    texts->room = texts->end = weft_alloc(units * sizeof(wchar_t));
    texts->entries = weft_alloc(entries * sizeof(wchar_t *));
    return texts->room != NULL && texts->entries != NULL ? 0 : WEFT_ENOMEM;
}

static void fill(struct texts *texts, const weft_process_options *options, const HANDLE *handed,
                 const wchar_t *own)
{
    char number[NUMBER];
    for (size_t i = 0; handed != NULL && i < options->hand_over_count; i++) {
        snprintf(number, sizeof(number), "=%llu", (unsigned long long)(uintptr_t)handed[i]);
        add(texts, options->hand_over[i].name, number);
    }
    for (size_t i = 0; options->environment != NULL && options->environment[i] != NULL; i++)
        add(texts, options->environment[i], "");
    for (const wchar_t *text = own; text != NULL && *text != L'\0'; text += wcslen(text) + 1)
        add_wide(texts, text);
    add_root(texts);
    qsort(texts->entries, texts->count, sizeof(texts->entries[0]), compare);
}

static void write_block(const struct texts *texts, wchar_t *end)
{
    for (size_t i = 0; i < texts->count; i++) {
        const wchar_t *text = texts->entries[i];
        if (i > 0 && compare_names(texts->entries[i - 1], text) == 0)
            continue;
        size_t length = wcslen(text) + 1;
        memcpy(end, text, length * sizeof(wchar_t));
        end += length;
    }
    *end = L'\0';
}

int weft__environment(const weft_process_options *options, const HANDLE *handed, wchar_t **block)
{
    struct texts texts = {0};
    wchar_t *own = options->environment == NULL ? GetEnvironmentStringsW() : NULL;
    int err = make_room(&texts, options, own);
    if (err == 0) {
        fill(&texts, options, handed, own);
        *block = weft_alloc(((size_t)(texts.end - texts.room) + 1) * sizeof(wchar_t));
        if (*block != NULL)
            write_block(&texts, *block);
        else
            err = WEFT_ENOMEM;
    }
    weft_free(texts.entries);
    weft_free(texts.room);
    if (own != NULL)
        FreeEnvironmentStringsW(own);
    return err;
}
