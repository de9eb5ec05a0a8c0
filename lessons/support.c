/* SPDX-License-Identifier: MIT */
/*
 * What lessons call instead of writing it: checks, the server to fetch from,
 * Python's way to print some values, GBK.
 *
 * Threads: the checks come from any thread; `leaving` makes the first of them
 * the one that prints. What is returned as text is the calling thread's own.
 * `server` belongs to the main thread.
 */
#include "support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TEXT_SIZE 6000
#define GBK_SHOWN 1024 /* bytes of GBK that are shown at most */

static weft_atomic_u32 leaving;  /* 1: some thread prints why, and leaves */
static weft_http_server *server; /* of lesson_serve(); NULL: none */

/* Not one for each thread: a thousand would pay for what one of them uses. */
static char bytes_text[TEXT_SIZE];
static char address_text[WEFT_ADDRESS_TEXT + 32];
static char list_text[TEXT_SIZE];
static char gbk_text[4 * 3 * GBK_SHOWN + 1];

void lesson_leave(int code)
{
    fflush(stdout);
    _Exit(code); /* exit() would tidy up under the feet of other threads */
}

/* Of several threads that fail at once, one says so. */
static void be_the_one_that_leaves(void)
{
    if (weft_exchange_u32(&leaving, 1, WEFT_ACQ_REL) != 0) {
        for (;;)
            weft_sleep(WEFT_S(3600));
    }
}

void lesson_on_misuse(int code, const char *sentence)
{
    (void)code;
    be_the_one_that_leaves();
    weft_print_error("misuse: %s\n", sentence);
    lesson_leave(1);
}

void lesson_on_failure(const char *task_name, int code, const char *sentence)
{
    be_the_one_that_leaves();
    weft_print_error("%s: %s\n", task_name,
                     *sentence != '\0' ? sentence : weft_strerror(code));
    lesson_leave(1);
}

static void leave_with(const char *sentence, const char *call, const char *file,
                       int line)
{
    for (const char *c = file; *c != '\0'; c++) {
        if (*c == '/' || *c == '\\')
            file = c + 1;
    }
    be_the_one_that_leaves();
    weft_print_error("%s:%d: %.*s(...): %s\n", file, line,
                     (int)strcspn(call, "("), call, sentence);
    lesson_leave(1);
}

void lesson_check(int err, const char *call, const char *file, int line)
{
    if (err != 0)
        leave_with(weft_last_error(), call, file, line);
}

void *lesson_checked(void *made, const char *call, const char *file, int line)
{
    if (!made)
        leave_with(weft_last_error(), call, file, line);
    return made;
}

int lesson_nothing(weft_task *task)
{
    (void)task;
    return 0;
}

void lesson_join(weft_process *process)
{
    weft_process_status status;
    char how[64];

    CHECK(weft_process_join(process, WEFT_FOREVER));
    weft_process_status_get(process, &status);
    if (status.signal != 0)
        snprintf(how, sizeof(how), "ended by signal %d", status.signal);
    else
        snprintf(how, sizeof(how), "exit code %d", status.code);
    if (status.signal != 0 || status.code != 0)
        lesson_on_failure(weft_process_name(process), status.error,
                          *status.sentence != '\0' ? status.sentence : how);
    weft_process_close(process);
}

/* "/3" is 3; whatever is no such page, "/" too, is 0. */
static int numbered(const char *path)
{
    if (strlen(path) != 2 || path[1] < '1' || path[1] > '9')
        return 0;
    return path[1] - '0';
}

static void answer(const char *path, weft_http_reply *reply, void *context)
{
    static const char page[] = "<!doctype html><title>weft</title>\n";
    static const char lines[] = "<p>warp</p>\n<p>weft</p>\n<p>warp</p>\n";
    int number = numbered(path);

    (void)context;
    weft_sleep(number > 0 ? WEFT_MS(100 * number) : WEFT_MS(10));
    if (number > 3) {
        reply->status = 404;
    } else if (number > 0) {
        reply->body = lines;
        reply->size = (size_t)number * (sizeof(lines) - 1) / 3;
    } else {
        reply->body = page;
        reply->size = sizeof(page) - 1;
    }
}

static void serve(lesson_url *url, bool tls)
{
    if (url->text[0] != '\0')
        return;
    CHECK(weft_http_server_start(
        &server, &(weft_http_server_options){.handler = answer, .tls = tls}));
    snprintf(url->text, sizeof(url->text), "%s", weft_http_server_url(server));
}

void lesson_serve(lesson_url *url)
{
    serve(url, false);
}

void lesson_serve_https(lesson_url *url)
{
    serve(url, true);
}

int lesson_fetch(weft_task *task, const lesson_url *url, int number)
{
    weft_http_response r = {0};
    lesson_url page;
    int err;

    snprintf(page.text, sizeof(page.text), "%.500s%d", url->text, number);
    err = weft_http_get(&r, page.text, NULL, weft_in(WEFT_S(60)));
    if (err == 0 && r.status != 200)
        err = weft_task_fail(task, WEFT_EFAILED, "HTTP Error %d", r.status);
    if (err == 0)
        err = weft_task_return(task, r.body, r.size);
    weft_http_response_close(&r);
    return err;
}

int lesson_end(void)
{
    weft_http_server_close(server);
    server = NULL;
    return 0;
}

void lesson_tell_port(weft_socket *socket, int asked)
{
    weft_address own;

    if (asked != 0)
        return;
    CHECK(weft_socket_address(socket, &own));
    weft_print("port %d\n", own.port);
}

/* Appends one byte as Python's repr shows it; at most 4 characters. */
static char *put_byte(char *end, unsigned char byte, char quote)
{
    static const char digits[] = "0123456789abcdef";
    static const char named[] = "\t\n\r\\", names[] = "tnr\\";
    const char *found = byte != '\0' ? strchr(named, byte) : NULL;

    if (found || byte == (unsigned char)quote) {
        *end++ = '\\';
        *end++ = found ? names[found - named] : quote;
    } else if (byte < ' ' || byte > '~') {
        *end++ = '\\';
        *end++ = 'x';
        *end++ = digits[byte >> 4];
        *end++ = digits[byte & 15];
    } else {
        *end++ = (char)byte;
    }
    return end;
}

const char *lesson_bytes(const void *data, size_t length)
{
    const unsigned char *byte = data;
    char quote =
        memchr(data, '\'', length) && !memchr(data, '"', length) ? '"' : '\'';
    char *end = bytes_text;

    *end++ = 'b';
    *end++ = quote;
    for (; length > 0 && end < bytes_text + TEXT_SIZE - 8; length--)
        end = put_byte(end, *byte++, quote);
    *end++ = quote;
    *end = '\0';
    return bytes_text;
}

const char *lesson_address(const weft_address *address)
{
    char ip[WEFT_ADDRESS_TEXT];

    weft_address_ip(address, ip, sizeof(ip));
    if (address->family == WEFT_IPV6)
        snprintf(address_text, sizeof(address_text), "('%s', %d, 0, %u)", ip,
                 address->port, (unsigned)address->scope);
    else
        snprintf(address_text, sizeof(address_text), "('%s', %d)", ip,
                 address->port);
    return address_text;
}

const char *lesson_list(const int *numbers, size_t count)
{
    size_t used = 1;

    list_text[0] = '[';
    for (size_t i = 0; i < count && used < TEXT_SIZE - 16; i++)
        used += (size_t)snprintf(list_text + used, TEXT_SIZE - used, "%s%d",
                                 i > 0 ? ", " : "", numbers[i]);
    list_text[used] = ']';
    list_text[used + 1] = '\0';
    return list_text;
}

size_t lesson_to_gbk(char gbk[LESSON_LINE], const char *text)
{
    size_t length = 0;
    int err = weft_encode(WEFT_GBK, WEFT_REPLACE, text, strlen(text), gbk,
                          LESSON_LINE, &length, NULL);

    if (err != WEFT_ETRUNCATED)
        CHECK(err);
    return length;
}

const char *lesson_from_gbk(const void *gbk, size_t length)
{
    char text[3 * GBK_SHOWN];
    size_t text_length = 0;

    CHECK(weft_decode(WEFT_GBK, WEFT_REPLACE, gbk,
                      length < GBK_SHOWN ? length : GBK_SHOWN, text,
                      sizeof(text), &text_length, NULL));
    return weft_text_printable(text, text_length, gbk_text, sizeof(gbk_text));
}
