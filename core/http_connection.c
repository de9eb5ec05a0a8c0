/* SPDX-License-Identifier: MIT */
/*
 * One connection of the HTTP server: requests, their answers, and a lingering end.
 *
 * A connection stays open for another request if the client wants that, but not for ever: for
 * so many requests and so much silence, and only while there is room for other clients. After
 * a request that is refused nobody knows where the next one begins, so that ends it.
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

#include "http_tls.h"
#include "server_private.h"

enum { HEAD_LIMIT = 8192, REPLY_SIZE = HEAD_LIMIT + 2048 };

/* Of the server's 256 connections, those that may be open while idle; and requests of each. */
enum { KEPT_CONNECTIONS = 192, KEPT_REQUESTS = 100 };

#define IDLE_TIME WEFT_S(5)     /* for the next request to begin */
#define REQUEST_TIME WEFT_S(10) /* for the whole head to arrive */
#define REPLY_TIME WEFT_S(10)   /* for the answer to be taken */
#define LINGER_TIME WEFT_S(10)  /* after the answer, all in all, and without a byte: */
#define SILENCE_TIME WEFT_S(1)
#define SILENCE_TIME_FULL_CLOSE WEFT_MS(250)

/* ---- the request ----------------------------------------------------------------- */

/* Where the head ends, with an empty line from `start` on, which may be inside a line's end; 0:
 * it does not yet. */
static size_t end_of_head(const char *head, size_t start, size_t length)
{
    for (size_t i = start; i < length; i++) {
        if (head[i] != '\n')
            continue;
        if (i + 1 < length && head[i + 1] == '\n')
            return i + 2;
        if (i + 2 < length && head[i + 1] == '\r' && head[i + 2] == '\n')
            return i + 3;
    }
    return 0;
}

/* What begins with the head of a request, and may go on with the next one. */
struct wire {
    weft_socket *socket;
    struct weft__http_tls_session *tls; /* NULL: plain */
    size_t length;                      /* of what lies in bytes; the last is a zero's place */
    char bytes[HEAD_LIMIT + 1];
};

static int wire_recv(struct wire *wire, char *buffer, size_t size, size_t *length, weft_time until)
{
    return wire->tls ? weft__http_tls_recv(wire->tls, buffer, size, length, until)
                     : weft_socket_recv(wire->socket, buffer, size, length, until);
}

static int wire_send(struct wire *wire, const char *data, size_t size, weft_time until)
{
    return wire->tls ? weft__http_tls_send(wire->tls, data, size, until)
                     : weft_socket_send(wire->socket, data, size, NULL, until);
}

/* WEFT_ETOOBIG: the head is longer than the limit; WEFT_EPROTOCOL: no request begins
 * like this, so waiting for its end may be in vain (TLS on a plain port); other errors:
 * there is nobody to answer to. */
static int read_head(struct wire *wire, size_t *head_size, weft_time begin)
{
    weft_time until = weft_in(REQUEST_TIME);
    size_t seen = 0, more = 0;
    int err = 0;

    while ((*head_size = end_of_head(wire->bytes, seen, wire->length)) == 0) {
        size_t length = wire->length;

        if (length > 0 && (wire->bytes[0] <= ' ' || wire->bytes[0] >= 127))
            return weft__fail(WEFT_EPROTOCOL, "http request: it is none");
        if (length == HEAD_LIMIT)
            return weft__fail(WEFT_ETOOBIG, "http request: its head is over %d bytes", HEAD_LIMIT);
        seen = length > 2 ? length - 2 : 0;
        err = wire_recv(wire, wire->bytes + length, HEAD_LIMIT - length, &more,
                        length > 0 || begin > until ? until : begin);
        if (err != 0)
            return err;
        if (more == 0)
            return weft__fail(WEFT_ECLOSED, "http request: it ended after %zu bytes", length);
        wire->length += more;
    }
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
static size_t write_head(weft_http_reply *reply, bool keeps, char *head, size_t size)
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
        length = snprintf(head, size,
                          "HTTP/1.1 %d %s\r\n"
                          "%s%s%s%sContent-Type: %s\r\n%sConnection: %s\r\n\r\n",
                          reply->status, phrase_of(reply->status),
                          reply->status == 405 ? "Allow: GET\r\n" : "",
                          location ? "Location: " : "", location ? location : "",
                          location ? "\r\n" : "", type, announced, keeps ? "keep-alive" : "close");
    if (length >= 0 && (size_t)length < size)
        return (size_t)length;
    *reply = (weft_http_reply){.status = 500}; /* the handler's mistake */
    return write_head(reply, keeps, head, size);
}

/* The answer in one piece if it is short, so that it travels in one packet. */
static int send_reply(struct wire *wire, weft_http_reply *reply, bool keeps)
{
    char out[REPLY_SIZE];
    size_t length = write_head(reply, keeps, out, sizeof(out)), rest = reply->size;
    weft_time until = weft_in(REPLY_TIME);
    int err = 0;

    if (rest > 0 && rest <= sizeof(out) - length) {
        memcpy(out + length, reply->body, rest);
        length += rest;
        rest = 0;
    }
    err = wire_send(wire, out, length, until);
    if (err == 0 && rest > 0)
        err = wire_send(wire, reply->body, rest, until);
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

/* Answers one request, or what came instead; true: the connection stays open. */
static bool serve_request(struct wire *wire, weft_server *server, bool may_keep, weft_time begin)
{
    struct weft__http_site *site = server->options.context;
    weft_http_reply reply = {0};
    char *path = NULL, after;
    size_t size = 0;
    bool keeps = false;
    int err = read_head(wire, &size, begin);

    if (err != 0 && err != WEFT_ETOOBIG && err != WEFT_EPROTOCOL)
        return false;
    after = wire->bytes[size]; /* of the next request */
    if (err == 0) {
        wire->bytes[size] = '\0';
        keeps = may_keep && weft__server_open(server) <= KEPT_CONNECTIONS &&
                weft__http_request_keeps(wire->bytes, size);
        reply.status = weft__http_request_parse(wire->bytes, size, &path);
    } else {
        reply.status = err == WEFT_ETOOBIG ? 431 : 400;
    }
    keeps = keeps && path;
    if (path) {
        reply.status = 0;
        if (site->handler)
            site->handler(path, &reply, site->context);
        else
            default_page(path, &reply);
    }
    /* Counted first: whoever has the answer finds it counted. */
    weft_fetch_add_u64(&site->answered, 1, WEFT_RELAXED);
    if (send_reply(wire, &reply, keeps) != 0)
        return false;
    wire->bytes[size] = after;
    wire->length -= size;
    memmove(wire->bytes, wire->bytes + size, wire->length);
    return keeps;
}

void weft__http_connection_serve(struct weft__connection *connection)
{
    struct weft__http_site *site = connection->server->options.context;
    struct wire wire = {.socket = connection->socket};
    weft_time begin = WEFT_FOREVER;
    bool open = !site->tls || weft__http_tls_accept(&wire.tls, site->tls, wire.socket,
                                                    weft_in(REQUEST_TIME)) == 0;

    for (unsigned left = KEPT_REQUESTS; open && left > 0; left--) {
        open = serve_request(&wire, connection->server, left > 1, begin);
        begin = weft_in(IDLE_TIME);
    }
    weft__http_tls_close(wire.tls);
    linger(wire.socket);
}
