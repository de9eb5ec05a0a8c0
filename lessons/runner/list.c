/* SPDX-License-Identifier: MIT */
#include "list.h"

#include <weft/text.h>

#include "words.h"

int list_lessons(void)
{
    show("Twenty-five lessons, each a C program beside its Python twin:\n\n",
         "二十五课，每一课都是 C 程序，旁边是 Python 对照程序：\n\n");
    for (int i = 0; i < LESSON_COUNT; i++) {
        weft_print("%4d  ", lessons[i].number);
        show_padded(lessons[i].name, 26);
        show_padded(lessons[i].python, 23);
        weft_print("%s\n", say_words(lessons[i].idea));
    }
    show(
        "\nrun one: weft-lessons run 3    all: weft-lessons run --all    "
        "about one: weft-lessons explain 3\n",
        "\n运行一课：weft-lessons run 3    运行全部：weft-lessons run --all    "
        "解释一课：weft-lessons explain 3\n");
    return 0;
}
