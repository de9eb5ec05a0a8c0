/* SPDX-License-Identifier: MIT */
/*
 * What the head of a HTTP request says, after RFC 9112: one request line, then header
 * lines, of which those matter to a server that answers GET that say how the connection
 * goes on. Lines may end
 * in "\n" alone (section 2.2); folded lines and control characters are refused, so no
 * byte of them reaches a handler.
 */
#include "http_connection.h"

#include <stdbool.h>
#include <string.h>

#include <curl/curl.h> /* comparing without regard to case */

/* RFC 9110, section 5.6.2 */
static bool is_token(const char *text, size_t length)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                  "0123456789!#$%&'*+-.^_`|~";

    for (size_t i = 0; i < length; i++)
        if (text[i] == '\0' || !strchr(allowed, text[i]))
            return false;
    return length > 0;
}

static bool has_control(const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if (((unsigned char)text[i] < ' ' && text[i] != '\t') || text[i] == 127)
            return true;
    return false;
}

/* The length of the line at `text` without its end; *next is where the next begins. */
static size_t cut_line(const char *text, const char *end, const char **next)
{
    const char *feed = memchr(text, '\n', (size_t)(end - text));
    size_t length = (size_t)((feed ? feed : end) - text);

    *next = feed ? feed + 1 : end;
    return length > 0 && text[length - 1] == '\r' ? length - 1 : length;
}

/* "name: value" on every line until the empty one. */
static bool headers_are_sound(const char *line, const char *end)
{
    const char *next = line;

    for (; line < end; line = next) {
        size_t length = cut_line(line, end, &next);
        const char *colon = memchr(line, ':', length);

        if (length == 0)
            return true;
        if (!colon || !is_token(line, (size_t)(colon - line)) || has_control(line, length))
            return false;
    }
    return false; /* no empty line */
}

/* "GET /path HTTP/1.1" */
static int parse_line(char *line, size_t length, char **path)
{
    char *target = memchr(line, ' ', length);
    char *end = line + length, *version, *tab;

    if (has_control(line, length) || !target || !is_token(line, (size_t)(target - line)))
        return 400;
    target++;
    version = memchr(target, ' ', (size_t)(end - target));
    tab = memchr(line, '\t', length);
    if (!version || tab || end - version != 9 || strncmp(version, " HTTP/", 6) != 0)
        return 400;
    if (version[6] != '1' || version[7] != '.')
        return version[6] >= '0' && version[6] <= '9' ? 505 : 400;
    if (target - line != 4 || strncmp(line, "GET", 3) != 0)
        return 405;
    if (*target != '/')
        return 400;
    *version = '\0';
    *path = target;
    return 200;
}

int weft__http_request_parse(char *head, size_t length, char **path)
{
    const char *rest;
    size_t line_length = cut_line(head, head + length, &rest);

    if (!headers_are_sound(rest, head + length))
        return 400;
    return parse_line(head, line_length, path);
}

/* ---- does the connection go on ----------------------------------------------------- */

/* The line is "name: ..."; its value, without blanks around it, is *value, of *length bytes. */
static bool is_header(const char *line, size_t size, const char *name, const char **value,
                      size_t *length)
{
    size_t skipped = strlen(name);

    if (size <= skipped || line[skipped] != ':' || !curl_strnequal(line, name, skipped))
        return false;
    skipped++;
    while (skipped < size && (line[skipped] == ' ' || line[skipped] == '\t'))
        skipped++;
    while (size > skipped && (line[size - 1] == ' ' || line[size - 1] == '\t'))
        size--;
    *value = line + skipped;
    *length = size - skipped;
    return true;
}

/* "a, b, word", without regard to case. */
static bool has_word(const char *list, size_t length, const char *word)
{
    size_t size = strlen(word);

    for (size_t i = 0; i + size <= length; i++) {
        bool begins = i == 0 || strchr(", \t", list[i - 1]);
        bool ends = i + size == length || strchr(", \t", list[i + size]);

        if (begins && ends && curl_strnequal(list + i, word, size))
            return true;
    }
    return false;
}

bool weft__http_request_keeps(const char *head, size_t length)
{
    const char *end = head + length, *line = head, *next, *value;
    size_t size = cut_line(line, end, &next), value_length;
    bool keeps = size >= 8 && strncmp(line + size - 8, "HTTP/1.1", 8) == 0;

    for (line = next; line < end && (size = cut_line(line, end, &next)) > 0; line = next) {
        if (is_header(line, size, "Transfer-Encoding", &value, &value_length) ||
            (is_header(line, size, "Content-Length", &value, &value_length) &&
             (value_length != 1 || *value != '0')))
            return false;
        if (!is_header(line, size, "Connection", &value, &value_length))
            continue;
        if (has_word(value, value_length, "close"))
            return false;
        keeps = keeps || has_word(value, value_length, "keep-alive");
    }
    return keeps;
}
