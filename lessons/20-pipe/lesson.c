/* SPDX-License-Identifier: MIT */
/* A pipe between two processes: questions there, answers back.
 * Watch: the child answers three of four and ends; main meets the end. */
#include <ctype.h>

#include "lesson.h"

static int answer(weft_task *task)
{
    weft_shared_pipe pipe = WEFT_ARG(task, weft_shared_pipe);
    char question[100];
    size_t length;

    for (int i = 0; i < 3; i++) {
        CHECK(weft_shared_pipe_receive(pipe, question, sizeof(question),
                                       &length, WEFT_FOREVER));
        for (size_t j = 0; j < length; j++) /* question.upper() */
            question[j] = (char)toupper((unsigned char)question[j]);
        CHECK(weft_shared_pipe_send(pipe, question, length, WEFT_FOREVER));
    }
    return 0; /* the process ends, and so does its end of the pipe */
}

int main(int argc, char **argv)
{
    const char *const words[] = {"warp", "weft", "loom", "shuttle"};
    weft_shared_pipe here, there;
    char reply[100];
    size_t length;
    weft_process *p;
    const lesson_option options[] = {{0}};

    lesson_begin(&argc, &argv, "A pipe between two processes.", options);
    CHECK(weft_shared_pipe_create(&here, &there, 0)); /* Pipe() */
    CHECK(weft_process_start(&p, answer, &there, sizeof(there)));

    for (int i = 0; i < 4; i++) {
        int err = weft_shared_pipe_send(here, words[i], strlen(words[i]),
                                        WEFT_FOREVER);
        if (err == 0)
            err = weft_shared_pipe_receive(here, reply, sizeof(reply), &length,
                                           WEFT_FOREVER);
        if (err == 0)
            weft_print("%s: %.*s\n", words[i], (int)length, reply);
        else
            weft_print("%s: %s\n", words[i],
                       err == WEFT_ECLOSED ? "end of file" : weft_last_error());
    }
    lesson_join(p);
    weft_shared_pipe_close(here);
    weft_shared_pipe_close(there);
    return 0;
}
