/* SPDX-License-Identifier: MIT */
/*
 * What a child inherits: standard streams, and files and sockets that are handed over.
 *
 * Each is a handle that is inheritable, has the same number in the child, and stands in a
 * list: CreateProcess passes on what is in the list and nothing else. Handles of this
 * process that live longer than the launch are never made inheritable themselves, copies
 * are: another library here might start a process without a list just then.
 */

#include "launch.h"

#include "weft/error.h"
#include "weft/memory.h"

#include "internal.h"
#include "wide.h"

enum { PIPE_BYTES = 65536 };

/* The handle, which is inheritable, is the launch's. */
static void add(weft__launch *launch, HANDLE heir)
{
    launch->heirs[launch->count++] = heir;
}

int weft__launch_share(weft__launch *launch, HANDLE handle, DWORD access, HANDLE *copy)
{
    HANDLE self = GetCurrentProcess();
    DWORD options = access == 0 ? DUPLICATE_SAME_ACCESS : 0;
    if (!DuplicateHandle(self, handle, self, copy, access, TRUE, options))
        return weft__fail_system((long)GetLastError(), "handle for a child process");
    add(launch, *copy);
    return 0;
}

/* ---- standard streams ------------------------------------------------------------- */

/* This process's own stream. What it does not have, the child does not have. */
static void share_own(weft__launch *launch, int stream)
{
    static const DWORD numbers[] = {STD_INPUT_HANDLE, STD_OUTPUT_HANDLE, STD_ERROR_HANDLE};
    HANDLE own = GetStdHandle(numbers[stream]);
    HANDLE self = GetCurrentProcess();
    HANDLE copy = NULL;
    if (own == NULL || own == INVALID_HANDLE_VALUE)
        return;
    if (!DuplicateHandle(self, own, self, &copy, 0, TRUE, DUPLICATE_SAME_ACCESS))
        return; /* closed behind Windows' back */
    add(launch, copy);
    launch->streams[stream] = copy;
}

static int share_pipe(weft__launch *launch, int stream)
{
    HANDLE reader, writer;
    if (!CreatePipe(&reader, &writer, NULL, PIPE_BYTES))
        return weft__fail_system((long)GetLastError(), "pipe to a child process");
    HANDLE heir = stream == 0 ? reader : writer;
    launch->ends[stream] = stream == 0 ? writer : reader;
    launch->streams[stream] = heir;
    add(launch, heir);
    if (!SetHandleInformation(heir, HANDLE_FLAG_INHERIT, HANDLE_FLAG_INHERIT))
        return weft__fail_system((long)GetLastError(), "pipe to a child process");
    return 0;
}

/* Opened as C's fopen() opens "r", "w" and "a"; `path` NULL: the device that is empty. */
static int share_file(weft__launch *launch, int stream, enum weft_stream how, const char *path)
{
    const DWORD others = FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE;
    SECURITY_ATTRIBUTES inheritable = {.nLength = sizeof(inheritable), .bInheritHandle = TRUE};
    wchar_t *wide = path != NULL ? weft__wide(path) : NULL;
    if (path != NULL && wide == NULL)
        return WEFT_ENOMEM;

    DWORD access = stream == 0 ? GENERIC_READ : GENERIC_WRITE;
    DWORD creation = stream == 0 || path == NULL ? OPEN_EXISTING : CREATE_ALWAYS;
    if (how == WEFT_STREAM_APPEND) {
        access = FILE_APPEND_DATA | SYNCHRONIZE; /* each write goes to the end then */
        creation = OPEN_ALWAYS;
    }
    HANDLE file = CreateFileW(path != NULL ? wide : L"NUL", access, others, &inheritable, creation,
                              FILE_ATTRIBUTE_NORMAL, NULL);
    DWORD error = GetLastError();
    weft_free(wide);
    if (file == INVALID_HANDLE_VALUE)
        return weft__fail_system((long)error, "file %.200s", path != NULL ? path : "NUL");
    add(launch, file);
    launch->streams[stream] = file;
    return 0;
}

static int share_stream(weft__launch *launch, int stream, enum weft_stream how, const char *path)
{
    switch (how) {
    case WEFT_STREAM_NOTHING:
        return share_file(launch, stream, how, NULL);
    case WEFT_STREAM_PIPE:
        return share_pipe(launch, stream);
    case WEFT_STREAM_FILE:
    case WEFT_STREAM_APPEND:
        return share_file(launch, stream, how, path);
    case WEFT_STREAM_OUTPUT:
        launch->streams[stream] = launch->streams[1];
        return 0;
    case WEFT_STREAM_DEFAULT:
    case WEFT_STREAM_INHERIT:
        break;
    }
    share_own(launch, stream);
    return 0;
}

int weft__launch_streams(weft__launch *launch, const weft_process_options *options)
{
    int err = share_stream(launch, 0, options->input, options->input_file);
    if (err == 0)
        err = share_stream(launch, 1, options->output, options->output_file);
    if (err == 0)
        err = share_stream(launch, 2, options->errors, options->errors_file);
    return err;
}

/* ---- what is handed over ---------------------------------------------------------- */

int weft__launch_hand_over(weft__launch *launch, const weft_process_options *options)
{
    for (size_t i = 0; i < options->hand_over_count; i++) {
        const weft_handover *given = &options->hand_over[i];
        uintptr_t handle = 0;
        int err = given->socket != NULL ? weft__socket_hand_over(given->socket, &handle)
                                        : weft_seam_file_handle(given->file, &handle);
        if (err == 0)
            err = weft__launch_share(launch, (HANDLE)handle, 0, &launch->handed[i]);
        if (err != 0)
            return weft__fail(err, "%s to hand over: %s", given->name, weft_last_error());
    }
    return 0;
}
