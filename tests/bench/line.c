/* SPDX-License-Identifier: MIT */
/* Reads the one line that a measurement prints: {"name": number or "text", ...}. */
#include "line.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

double sample_field(const struct sample *sample, const char *name)
{
    for (unsigned i = 0; i < sample->field_count; i++) {
        if (strcmp(sample->fields[i].name, name) == 0)
            return sample->fields[i].value;
    }
    return NAN;
}

static const char *skip_blanks(const char *text)
{
    return text + strspn(text, " \t\r\n");
}

/* "text" without escapes, which nobody prints; NULL: it is none. */
static const char *read_text(const char *from, char *text, size_t size)
{
    const char *end;

    if (*from != '"' || (end = strchr(from + 1, '"')) == NULL)
        return NULL;
    snprintf(text, size, "%.*s", (int)(end - from - 1), from + 1);
    return end + 1;
}

static const char *read_value(const char *from, const char *name, struct sample *sample)
{
    char *end;

    if (*from == '"') {
        if (strcmp(name, "skip") == 0)
            sample->state = SAMPLE_SKIPPED;
        else if (strcmp(name, "unit") == 0)
            sample->state = SAMPLE_GOOD;
        return read_text(from, sample->text, sizeof(sample->text));
    }
    if (sample->field_count < sizeof(sample->fields) / sizeof(sample->fields[0])) {
        struct field *field = &sample->fields[sample->field_count++];
        snprintf(field->name, sizeof(field->name), "%s", name);
        field->value = strtod(from, &end);
        return end == from ? NULL : end;
    }
    return NULL;
}

bool line_read(const char *line, struct sample *sample)
{
    const char *at = skip_blanks(line);
    char name[16];

    sample->state = SAMPLE_WRONG;
    sample->text[0] = '\0';
    sample->field_count = 0;
    if (*at++ != '{')
        return false;
    for (;;) {
        at = read_text(skip_blanks(at), name, sizeof(name));
        if (at == NULL || *(at = skip_blanks(at)) != ':')
            return false;
        at = read_value(skip_blanks(at + 1), name, sample);
        if (at == NULL)
            return false;
        at = skip_blanks(at);
        if (*at == '}')
            return true;
        if (*at++ != ',')
            return false;
    }
}
