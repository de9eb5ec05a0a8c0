/* SPDX-License-Identifier: MIT */
#include "check.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "weft/manager.h"

static weft_manager *manager;
static weft_shared_dict dict;
static weft_shared_list list;

static void begin(void)
{
    CU_ASSERT_EQUAL_FATAL(weft_manager_start(&manager), 0);
    CU_ASSERT_EQUAL_FATAL(weft_manager_dict(manager, &dict), 0);
    CU_ASSERT_EQUAL_FATAL(weft_manager_list(manager, &list), 0);
}

static void end(void)
{
    weft_manager_close(manager);
    manager = NULL;
}

static int set(const char *key, int value)
{
    return weft_shared_dict_set(dict, key, WEFT_TEXT, &value, sizeof(value), SOON);
}

static int get(const char *key)
{
    int value = -1;

    CHECK_OK(weft_shared_dict_get(dict, key, WEFT_TEXT, &value, sizeof(value), NULL, SOON));
    return value;
}

static size_t size(void)
{
    size_t count = SIZE_MAX;

    CHECK_OK(weft_shared_dict_size(dict, &count, SOON));
    return count;
}

static void a_dict_keeps_what_was_set_last(void)
{
    int value = 7;

    begin();
    CHECK_OK(set("ann", 1));
    CHECK_OK(set("bob", 2));
    CHECK_OK(set("ann", 3));
    CU_ASSERT_EQUAL(get("ann"), 3);
    CU_ASSERT_EQUAL(get("bob"), 2);
    CU_ASSERT_EQUAL(size(), 2);
    CU_ASSERT_EQUAL(weft_shared_dict_get(dict, "eve", 3, &value, sizeof(value), NULL, SOON),
                    WEFT_ENOTFOUND);
    CU_ASSERT_EQUAL(value, 7);
    CHECK_SENTENCE("no such key");
    CHECK_OK(weft_shared_dict_pop(dict, "ann", WEFT_TEXT, &value, sizeof(value), NULL, SOON));
    CU_ASSERT_EQUAL(value, 3);
    CHECK_OK(weft_shared_dict_remove(dict, "bob", WEFT_TEXT, SOON));
    CU_ASSERT_EQUAL(weft_shared_dict_remove(dict, "bob", WEFT_TEXT, SOON), WEFT_ENOTFOUND);
    CU_ASSERT_EQUAL(size(), 0);
    end();
}

static void a_value_of_another_size_stays(void)
{
    char text[8] = "before";
    size_t length = 0;

    begin();
    CHECK_OK(weft_shared_dict_set(dict, "k", 1, "0123456789", 10, SOON));
    CU_ASSERT_EQUAL(weft_shared_dict_pop(dict, "k", 1, text, sizeof(text), &length, SOON),
                    WEFT_ETOOBIG);
    CU_ASSERT_EQUAL(length, 10);
    CU_ASSERT_STRING_EQUAL(text, "before");
    CHECK_OK(weft_shared_dict_set(dict, "k", 1, "abc", 3, SOON));
    CU_ASSERT_EQUAL(weft_shared_dict_get(dict, "k", 1, text, sizeof(text), NULL, SOON),
                    WEFT_ETOOBIG); /* without a length the size must be right */
    CHECK_OK(weft_shared_dict_get(dict, "k", 1, text, sizeof(text), &length, SOON));
    CU_ASSERT_EQUAL(length, 3);
    CU_ASSERT_NSTRING_EQUAL(text, "abc", 3);
    CHECK_OK(weft_shared_dict_set(dict, "", 0, "", 0, SOON)); /* nothing is a key, and a value */
    CHECK_OK(weft_shared_dict_get(dict, "", 0, NULL, 0, NULL, SOON));
    end();
}

static void add_sets_only_what_is_not_there(void)
{
    int one = 1, two = 2;
    bool there = true;

    begin();
    CHECK_OK(weft_shared_dict_add(dict, "k", 1, &one, sizeof(one), &there, SOON));
    CU_ASSERT_FALSE(there);
    CHECK_OK(weft_shared_dict_add(dict, "k", 1, &two, sizeof(two), &there, SOON));
    CU_ASSERT_TRUE(there);
    CU_ASSERT_EQUAL(get("k"), 1);
    end();
}

/* The visitor's log: "a=1 b=2 ". */
static bool log_entry(const void *key, size_t key_size, const void *value, size_t value_size,
                      void *context)
{
    char *log = context;
    int number = 0;

    if (value_size == sizeof(number))
        memcpy(&number, value, sizeof(number));
    snprintf(log + strlen(log), 20, "%.*s=%d ", (int)key_size, (const char *)key, number);
    return strlen(log) < 8;
}

static void each_goes_through_the_keys_in_their_order(void)
{
    char log[100] = "";

    begin();
    CHECK_OK(set("b", 1));
    CHECK_OK(set("a", 2));
    CHECK_OK(weft_shared_dict_each(dict, log_entry, log, SOON));
    CU_ASSERT_STRING_EQUAL(log, "b=1 a=2 ");
    CHECK_OK(set("c", 3));
    CHECK_OK(weft_shared_dict_remove(dict, "b", 1, SOON));
    CHECK_OK(set("b", 4));
    log[0] = '\0';
    CHECK_OK(weft_shared_dict_each(dict, log_entry, log, SOON));
    CU_ASSERT_STRING_EQUAL(log, "a=2 c=3 "); /* the visitor had enough */
    CHECK_OK(weft_shared_dict_clear(dict, SOON));
    log[0] = '\0';
    CHECK_OK(weft_shared_dict_each(dict, log_entry, log, SOON));
    CU_ASSERT_STRING_EQUAL(log, "");
    end();
}

/* More keys than one table holds, in and out again. */
static void a_thousand_keys_come_and_go(void)
{
    char key[16];

    begin();
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < 1000; i++) {
            snprintf(key, sizeof(key), "key %d", i);
            CHECK_OK(set(key, i));
        }
        for (int i = 0; i < 1000; i += 3) {
            snprintf(key, sizeof(key), "key %d", i);
            CHECK_OK(weft_shared_dict_remove(dict, key, WEFT_TEXT, SOON));
        }
        CU_ASSERT_EQUAL(size(), 666);
        for (int i = 1; i < 1000; i += 3) {
            snprintf(key, sizeof(key), "key %d", i);
            CU_ASSERT_EQUAL(get(key), i);
        }
    }
    end();
}

static int item(int64_t index)
{
    int value = -1;

    CHECK_OK(weft_shared_list_get(list, index, &value, sizeof(value), NULL, SOON));
    return value;
}

static void a_list_is_indexed_as_in_python(void)
{
    int value;
    size_t count = 0;

    begin();
    for (value = 0; value < 20; value++)
        CHECK_OK(weft_shared_list_append(list, &value, sizeof(value), SOON));
    CHECK_OK(weft_shared_list_insert(list, 0, &value, sizeof(value), SOON));         /* 20, 0.. */
    CHECK_OK(weft_shared_list_insert(list, WEFT_LAST, &value, sizeof(value), SOON)); /* .. 20, 19 */
    CHECK_OK(weft_shared_list_insert(list, -100, &value, sizeof(value), SOON));
    CU_ASSERT_EQUAL(item(0), 20);
    CU_ASSERT_EQUAL(item(1), 20);
    CU_ASSERT_EQUAL(item(2), 0);
    CU_ASSERT_EQUAL(item(WEFT_LAST), 19);
    CU_ASSERT_EQUAL(item(-2), 20);
    value = 5;
    CHECK_OK(weft_shared_list_set(list, -2, &value, sizeof(value), SOON));
    CU_ASSERT_EQUAL(item(-2), 5);
    CHECK_OK(weft_shared_list_pop(list, 0, &value, sizeof(value), NULL, SOON));
    CU_ASSERT_EQUAL(value, 20);
    CHECK_OK(weft_shared_list_size(list, &count, SOON));
    CU_ASSERT_EQUAL(count, 22);
    CU_ASSERT_EQUAL(weft_shared_list_get(list, 22, &value, sizeof(value), NULL, SOON),
                    WEFT_ENOTFOUND);
    CU_ASSERT_EQUAL(weft_shared_list_get(list, -23, &value, sizeof(value), NULL, SOON),
                    WEFT_ENOTFOUND);
    CHECK_OK(weft_shared_list_clear(list, SOON));
    CHECK_OK(weft_shared_list_size(list, &count, SOON));
    CU_ASSERT_EQUAL(count, 0);
    end();
}

static bool add_up(size_t index, const void *bytes, size_t length, void *context)
{
    int value = 0;

    if (length == sizeof(value))
        memcpy(&value, bytes, sizeof(value));
    *(int *)context += (int)(index + 1) * value;
    return true;
}

static void each_goes_through_a_list(void)
{
    int sum = 0;

    begin();
    for (int i = 1; i <= 3; i++)
        CHECK_OK(weft_shared_list_append(list, &i, sizeof(i), SOON));
    CHECK_OK(weft_shared_list_each(list, add_up, &sum, SOON));
    CU_ASSERT_EQUAL(sum, 1 * 1 + 2 * 2 + 3 * 3);
    end();
}

const char *const suite_name = "manager";
CU_TestInfo suite_cases[] = {
    {"a_dict_keeps_what_was_set_last", a_dict_keeps_what_was_set_last},
    {"a_value_of_another_size_stays", a_value_of_another_size_stays},
    {"add_sets_only_what_is_not_there", add_sets_only_what_is_not_there},
    {"each_goes_through_the_keys_in_their_order", each_goes_through_the_keys_in_their_order},
    {"a_thousand_keys_come_and_go", a_thousand_keys_come_and_go},
    {"a_list_is_indexed_as_in_python", a_list_is_indexed_as_in_python},
    {"each_goes_through_a_list", each_goes_through_a_list},
    CU_TEST_INFO_NULL,
};
