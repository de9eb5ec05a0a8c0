/* SPDX-License-Identifier: MIT */
/*
 * What is a good value of an option, or answer to a question. Each function
 * takes the option's name (NULL: it was asked for) and the text, and returns
 * the value or refuses it: hosts that cannot be resolved too, before a lesson
 * begins.
 */
#include "support.h"

#include <stdio.h>

#define RESOLVE_WITHIN weft_in(WEFT_S(10))

/* A whole number without sign; -1: it is none, or far too large. */
static long whole_number(const char *value)
{
    long number = 0;

    if (*value == '\0')
        return -1;
    for (; *value != '\0'; value++) {
        if (*value < '0' || *value > '9' || number > 99999999)
            return -1;
        number = number * 10 + (*value - '0');
    }
    return number;
}

int lesson_read_number(const char *name, const char *value, int least, int most)
{
    long number = whole_number(value);
    char reason[80];

    snprintf(reason, sizeof(reason), "must be a whole number, %d to %d", least,
             most);
    if (number < least || number > most)
        lesson_refuse(name, value, reason);
    return (int)number;
}

int lesson_read_port(const char *name, const char *value, int least)
{
    long number = whole_number(value);

    if (number < least || number > 65535)
        lesson_refuse(name, value,
                      least == 0 ? "must be a port, 0 to 65535"
                                 : "must be a port, 1 to 65535");
    return (int)number;
}

/* Digits with at most one point among them. */
weft_time lesson_read_seconds(const char *name, const char *value)
{
    weft_time whole = 0, part = 0, unit = WEFT_S(1);
    const char *c = value;

    for (; *c >= '0' && *c <= '9' && whole <= WEFT_S(3600); c++)
        whole = whole * 10 + WEFT_S(*c - '0');
    if (*c == '.') {
        for (c++; *c >= '0' && *c <= '9'; c++) {
            unit /= 10;
            part += unit * (*c - '0');
        }
    }
    if (*c != '\0' || strpbrk(value, "0123456789") == NULL ||
        whole + part > WEFT_S(3600))
        lesson_refuse(name, value, "must be seconds, 0 to 3600, such as 0.5");
    return whole + part;
}

const char *lesson_read_host(const char *name, const char *value)
{
    weft_address address;

    if (*value == '\0')
        lesson_refuse(name, value, "a host must not be empty");
    if (weft_address_resolve(&address, value, 1, WEFT_FAMILY_NONE,
                             RESOLVE_WITHIN) != 0)
        lesson_refuse(name, NULL, weft_last_error());
    return value;
}

/* The host between "//" and port, path or query, without a user before '@'. */
static void host_of(const char *url, char *host, size_t size)
{
    const char *start = strstr(url, "//");
    const char *end, *user;

    start = start ? start + 2 : url;
    end = start + strcspn(start, "/?#");
    for (user = start; user < end; user++) {
        if (*user == '@')
            start = user + 1;
    }
    if (*start == '[')
        end = start + strcspn(start, "]") + 1;
    else if (start + strcspn(start, ":") < end)
        end = start + strcspn(start, ":");
    snprintf(host, size, "%.*s", (int)(end - start), start);
}

/* Behind a proxy only the proxy can resolve names: what cannot be resolved here
 * is refused only if fetching it fails for the same reason. */
static void check_host_of(const char *name, const char *url)
{
    weft_http_response response = {0};
    weft_address address;
    char host[sizeof(lesson_url)];
    int err;

    host_of(url, host, sizeof(host));
    err = weft_address_resolve(&address, host, 1, WEFT_FAMILY_NONE,
                               RESOLVE_WITHIN);
    if (err != WEFT_ENOTFOUND && err != WEFT_EINVAL)
        return;
    err = weft_http_get(&response, url, NULL, RESOLVE_WITHIN);
    weft_http_response_close(&response);
    if (err == WEFT_ENOTFOUND || err == WEFT_EINVAL)
        lesson_refuse(name, NULL, weft_last_error());
}

void lesson_read_url(const char *name, const char *value, lesson_url *url)
{
    if (strlen(value) >= sizeof(url->text))
        lesson_refuse(name, value, "is longer than 511 bytes");
    if (weft_http_url_check(value) != 0)
        lesson_refuse(name, NULL, weft_last_error());
    check_host_of(name, value);
    memcpy(url->text, value, strlen(value) + 1);
}

const char *lesson_read_text(const char *name, const char *value)
{
    if (*value == '\0' || strlen(value) > 1000)
        lesson_refuse(name, NULL, "must be 1 to 1000 bytes");
    return value;
}
