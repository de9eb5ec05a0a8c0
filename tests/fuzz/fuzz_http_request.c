/* SPDX-License-Identifier: MIT */
/* The head of a HTTP request: it has one of four statuses, and what a handler sees of it is
 * a part of it without a control character. */
#include <stdlib.h>
#include <string.h>

#include "http_connection.h"
#include "fuzz.h"

enum { MOST = 9000 };

const char *const fuzz_name = "http_request";

void fuzz_prepare(void)
{
}

static void check_path(const char *head, size_t length, const char *path)
{
    REQUIRE(path > head && path < head + length);
    REQUIRE(path[0] == '/' && strncmp(head, "GET ", 4) == 0 && path == head + 4);
    REQUIRE(path + strlen(path) < head + length);
    for (; *path; path++)
        REQUIRE((unsigned char)*path > ' ' && *path != 127);
}

void fuzz(struct input *in)
{
    size_t length = in->left < MOST ? in->left : MOST;
    char *head = malloc(length + 1), *before = malloc(length + 1), *path = NULL;
    int status;

    REQUIRE(head && before);
    if (length > 0)
        memcpy(head, in->next, length);
    head[length] = '\0';
    memcpy(before, head, length + 1);
    status = weft__http_request_parse(head, length, &path);
    REQUIRE(status == 200 || status == 400 || status == 405 || status == 505);
    REQUIRE(head[length] == '\0');
    if (status == 200) {
        check_path(head, length, path);
        REQUIRE(strncmp(before, head, 4 + strlen(path)) == 0);
    } else {
        REQUIRE(memcmp(head, before, length) == 0);
    }
    free(before);
    free(head);
}
