/* SPDX-License-Identifier: MIT */
/*
 * One connection of the HTTP server: a request, its answer, and a lingering end.
 *
 * Every wait has a deadline, so a client that says nothing, or reads nothing, holds
 * its thread for seconds and not for ever. Closing a socket while bytes of the client
 * are unread resets the connection, and the client may lose the answer: therefore the
 * rest is read first, until the client has finished or falls silent.
 */
#include "http_connection.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include <weft/caps.h>
#include <weft/error.h>
#include <weft/time.h>

#include "internal.h"

enum { HEAD_LIMIT = 8192, REPLY_SIZE = HEAD_LIMIT + 2048 };

#define REQUEST_TIME WEFT_S(10) /* for the whole head to arrive */
#define REPLY_TIME WEFT_S(10)   /* for the answer to be taken */
#define LINGER_TIME WEFT_S(10)  /* after the answer, all in all, and without a byte: */
#define SILENCE_TIME WEFT_S(1)
#define SILENCE_TIME_FULL_CLOSE WEFT_MS(250)

/* ---- the request ----------------------------------------------------------------- */

/* Whether there is an empty line from `start` on, which may be inside a line's end. */
static bool ends_with_empty_line(const char *head, size_t start, size_t length)
{
    for (size_t i = start; i < length; i++) {
        if (head[i] != '\n')
            continue;
        if (i + 1 < length && head[i + 1] == '\n')
            return true;
        if (i + 2 < length && head[i + 1] == '\r' && head[i + 2] == '\n')
            return true;
    }
    return false;
}

/* WEFT_ETOOBIG: the head is longer than the limit; WEFT_EPROTOCOL: no request begins
 * like this, so waiting for its end may be in vain (TLS on a plain port); other errors:
 * there is nobody to answer to. */
static int read_head(weft_socket *socket, char head[HEAD_LIMIT + 1], size_t *length)
{
    weft_time until = weft_in(REQUEST_TIME);
    size_t seen = 0, more = 0;
    int err = 0;

    *length = 0;
    while (!ends_with_empty_line(head, seen, *length)) {
        if (*length == HEAD_LIMIT)
            return weft__fail(WEFT_ETOOBIG, "http request: its head is over %d bytes", HEAD_LIMIT);
        seen = *length > 2 ? *length - 2 : 0;
        err = weft_socket_recv(socket, head + *length, HEAD_LIMIT - *length, &more, until);
        if (err != 0)
            return err;
        if (more == 0)
            return weft__fail(WEFT_ECLOSED, "http request: it ended after %zu bytes", *length);
        *length += more;
        if (head[0] <= ' ' || head[0] >= 127)
            return weft__fail(WEFT_EPROTOCOL, "http request: it is none");
    }
    head[*length] = '\0';
    return 0;
}

/* ---- the answer ------------------------------------------------------------------ */

static void default_page(const char *path, weft_http_reply *reply)
{
    static const char page[] = "<!DOCTYPE html>\n"
                               "<html><head><title>weft</title></head>\n"
                               "<body><h1>It works</h1>\n"
                               "<p>This page comes from a server inside the program.</p>\n"
                               "</body></html>\n";
    static const char missing[] = "<!DOCTYPE html>\n"
                                  "<html><head><title>404 Not Found</title></head>\n"
                                  "<body><h1>Not Found</h1></body></html>\n";
    bool found = strcmp(path, "/") == 0 || strncmp(path, "/?", 2) == 0;

    reply->status = found ? 200 : 404;
    reply->body = found ? page : missing;
    reply->size = (found ? sizeof(page) : sizeof(missing)) - 1;
}

static const char *phrase_of(int status)
{
    static const struct {
        int status;
        const char *phrase;
    } table[] = {
        {200, "OK"},
        {201, "Created"},
        {204, "No Content"},
        {301, "Moved Permanently"},
        {302, "Found"},
        {303, "See Other"},
        {304, "Not Modified"},
        {307, "Temporary Redirect"},
        {308, "Permanent Redirect"},
        {400, "Bad Request"},
        {403, "Forbidden"},
        {404, "Not Found"},
        {405, "Method Not Allowed"},
        {431, "Request Header Fields Too Large"},
        {500, "Internal Server Error"},
        {503, "Service Unavailable"},
        {505, "HTTP Version Not Supported"},
    };

    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
        if (table[i].status == status)
            return table[i].phrase;
    return ""; /* RFC 9112 lets it be empty */
}

/* A text that can stand in a header line; NULL can. */
static bool is_clean(const char *text)
{
    for (; text && *text; text++)
        if ((unsigned char)*text < ' ' || *text == 127)
            return false;
    return true;
}

/* Writes the head of the answer; what it says is put right if HTTP does not have it. */
static size_t write_head(weft_http_reply *reply, char *head, size_t size)
{
    const char *type = reply->content_type ? reply->content_type : "text/html; charset=utf-8";
    const char *location = reply->location;
    char announced[48] = "";
    int length = -1;

    if (reply->status == 0)
        reply->status = 200;
    if (!reply->body || reply->status == 204 || reply->status == 304)
        reply->size = 0;
    if (reply->status != 204 && reply->status != 304) /* these have no body to announce */
        snprintf(announced, sizeof(announced), "Content-Length: %zu\r\n", reply->size);
    if (reply->status >= 200 && reply->status <= 599 && is_clean(type) && is_clean(location))
        length =
            snprintf(head, size,
                     "HTTP/1.1 %d %s\r\n"
                     "%s%s%s%sContent-Type: %s\r\n%sConnection: close\r\n\r\n",
                     reply->status, phrase_of(reply->status),
                     reply->status == 405 ? "Allow: GET\r\n" : "", location ? "Location: " : "",
                     location ? location : "", location ? "\r\n" : "", type, announced);
    if (length >= 0 && (size_t)length < size)
        return (size_t)length;
    *reply = (weft_http_reply){.status = 500}; /* the handler's mistake */
    return write_head(reply, head, size);
}

/* The answer in one piece if it is short, so that it travels in one packet. */
static int send_reply(weft_socket *socket, weft_http_reply *reply)
{
    char out[REPLY_SIZE];
    size_t length = write_head(reply, out, sizeof(out)), rest = reply->size;
    weft_time until = weft_in(REPLY_TIME);
    int err = 0;

    if (rest > 0 && rest <= sizeof(out) - length) {
        memcpy(out + length, reply->body, rest);
        length += rest;
        rest = 0;
    }
    err = weft_socket_send(socket, out, length, NULL, until);
    if (err == 0 && rest > 0)
        err = weft_socket_send(socket, reply->body, rest, NULL, until);
    return err;
}

static void linger(weft_socket *socket)
{
    /* Who cannot close one direction must not let a client wait long that reads until
     * the end; most go by Content-Length, and close first. */
    bool half = weft_caps()->shutdown_write;
    weft_time until = weft_in(LINGER_TIME);
    char dropped[4096];
    size_t length = 1;
    int err = half ? weft_socket_shutdown(socket, WEFT_SHUTDOWN_WRITE) : 0;

    while (err == 0 && length > 0)
        err = weft_socket_recv(socket, dropped, sizeof(dropped), &length,
                               weft__slice(until, half ? SILENCE_TIME : SILENCE_TIME_FULL_CLOSE));
}

void weft__http_connection_serve(weft_socket *socket, struct weft__http_site *site)
{
    weft_http_reply reply = {0};
    char head[HEAD_LIMIT + 1], *path = NULL;
    size_t length = 0;
    int err = read_head(socket, head, &length);

    if (err == WEFT_ETOOBIG)
        reply.status = 431;
    else if (err == WEFT_EPROTOCOL)
        reply.status = 400;
    else if (err == 0)
        reply.status = weft__http_request_parse(head, length, &path);
    else
        return;
    if (path) {
        reply.status = 0;
        if (site->handler)
            site->handler(path, &reply, site->context);
        else
            default_page(path, &reply);
    }
    /* Counted first: whoever has the answer finds it counted. */
    weft_fetch_add_u64(&site->answered, 1, WEFT_RELAXED);
    if (send_reply(socket, &reply) == 0)
        linger(socket);
}
