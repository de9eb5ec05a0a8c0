/* SPDX-License-Identifier: MIT */
/* What weft_process_options may say, and what each backend gets of it. */
#include <string.h>

#include "process_object.h"

enum { HAND_OVER_MOST = 16 };

/* One standard stream. */
struct stream {
    const char *what;
    enum weft_stream wanted;
    const char *file;
};

static const char *complaint_of(const struct stream *stream, bool is_input, bool is_errors)
{
    bool is_file = stream->wanted == WEFT_STREAM_FILE || stream->wanted == WEFT_STREAM_APPEND;

    if ((unsigned)stream->wanted > WEFT_STREAM_OUTPUT)
        return "leads to no enum weft_stream";
    if (stream->wanted == WEFT_STREAM_OUTPUT && !is_errors)
        return "cannot be WEFT_STREAM_OUTPUT, which is for errors only";
    if (stream->wanted == WEFT_STREAM_APPEND && is_input)
        return "cannot be WEFT_STREAM_APPEND: it is read, not written";
    if (is_file && (!stream->file || stream->file[0] == '\0'))
        return "is a file, but none is named";
    if (!is_file && stream->file)
        return "has the name of a file, but is neither WEFT_STREAM_FILE nor _APPEND";
    return NULL;
}

static int check_streams(const weft_process_options *options, const char *name)
{
    const struct stream streams[] = {{"input", options->input, options->input_file},
                                     {"output", options->output, options->output_file},
                                     {"errors", options->errors, options->errors_file}};

    for (int i = 0; i < 3; i++) {
        const char *complaint = complaint_of(&streams[i], i == 0, i == 2);

        if (complaint)
            return weft__misuse(WEFT_EINVAL, "process %s: its option %s %s", name, streams[i].what,
                                complaint);
    }
    return 0;
}

static bool is_named_before(const weft_handover *all, size_t index)
{
    for (size_t i = 0; i < index; i++)
        if (strcmp(all[i].name, all[index].name) == 0)
            return true;
    return false;
}

static int check_hand_over(const weft_process_options *options, const char *name)
{
    const weft_handover *all = options->hand_over;

    if (options->hand_over_count > HAND_OVER_MOST)
        return weft__misuse(WEFT_EINVAL,
                            "process %s: %zu files and sockets to hand over, at most "
                            "%d can be",
                            name, options->hand_over_count, (int)HAND_OVER_MOST);
    if (options->hand_over_count > 0 && !all)
        return weft__misuse(WEFT_EINVAL, "process %s: hand_over is NULL, but its count is not 0",
                            name);
    for (size_t i = 0; i < options->hand_over_count; i++) {
        if (!all[i].name || all[i].name[0] == '\0' || strchr(all[i].name, '='))
            return weft__misuse(WEFT_EINVAL, "process %s: hand_over[%zu] needs a name, without '='",
                                name, i);
        if (is_named_before(all, i))
            return weft__misuse(WEFT_EINVAL, "process %s: two to hand over are named %s", name,
                                all[i].name);
        if (!all[i].socket && all[i].file < 0)
            return weft__misuse(WEFT_EINVAL,
                                "process %s: %s to hand over is neither a socket nor "
                                "an open file",
                                name, all[i].name);
    }
    return 0;
}

/* Windows keeps the folder of each drive as "=C:=C:\folder". */
static int check_environment(const char *const *environment, const char *name)
{
    for (; environment && *environment; environment++)
        if ((*environment)[0] == '\0' || !strchr(*environment + 1, '='))
            return weft__misuse(WEFT_EINVAL,
                                "process %s: \"%.80s\" in its environment is no NAME=value", name,
                                *environment);
    return 0;
}

static enum weft_stream resolve(enum weft_stream wanted, enum weft_stream otherwise)
{
    return wanted == WEFT_STREAM_DEFAULT ? otherwise : wanted;
}

int weft__process_options_check(weft_process_options *checked, const weft_process_options *options,
                                bool is_function, const char *name)
{
    static const weft_process_options defaults;
    int err;

    *checked = options ? *options : defaults;
    err = check_streams(checked, name);
    if (err == 0)
        err = check_hand_over(checked, name);
    if (err == 0)
        err = check_environment(checked->environment, name);
    if (err == 0 && checked->folder && checked->folder[0] == '\0')
        err = weft__misuse(WEFT_EINVAL, "process %s: its folder has an empty name", name);
    checked->input =
        resolve(checked->input, is_function ? WEFT_STREAM_NOTHING : WEFT_STREAM_INHERIT);
    checked->output = resolve(checked->output, WEFT_STREAM_INHERIT);
    checked->errors = resolve(checked->errors, WEFT_STREAM_INHERIT);
    return err;
}
