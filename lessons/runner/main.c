/* SPDX-License-Identifier: MIT */
/*
 * weft-lessons: lists, runs and explains the lessons.
 *
 * Lessons are programs of their own, beside this one. Exit code 0: all that ran
 * passed; 1: not; 2: the command line is wrong.
 */
#include <weft/process.h>
#include <weft/text.h>

#include "arguments.h"
#include "list.h"
#include "program.h"
#include "run.h"
#include "words.h"

static int show_help(void)
{
    show("usage: weft-lessons [list]\n"
         "       weft-lessons run LESSON ... | --all [options]\n"
         "       weft-lessons explain LESSON ...\n\n"
         "A LESSON is its number or its name: 3, 03-thousand-threads.\n\n"
         "  --fast        lessons hardly sleep\n"
         "  --full        they sleep as long as in the course: lesson 9 takes "
         "half a minute\n"
         "  --limit ...   seconds that one lesson may take (60)\n"
         "  --url ...     what lessons 6, 8, 11 and 12 fetch, 100 times each; "
         "otherwise a page of\n"
         "                a small server inside this program\n"
         "  --lang ...    zh or en\n"
         "  --help        this text\n\n"
         "Exit code: 0 all passed, 1 some failed, 2 wrong usage.\n",
         "用法：weft-lessons [list]\n"
         "      weft-lessons run 课程 ... | --all [选项]\n"
         "      weft-lessons explain 课程 ...\n\n"
         "课程写编号或名字：3，03-thousand-threads。\n\n"
         "  --fast        几乎不睡眠\n"
         "  --full        睡眠时间与课程相同：第 9 课要半分钟\n"
         "  --limit ...   每一课最多运行多少秒 (60)\n"
         "  --url ...     第 6、8、11、12 课请求的网址，各请求 100 次；"
         "不写则请求本程序内置的小服务器\n"
         "  --lang ...    zh 或 en\n"
         "  --help        显示本说明\n\n"
         "退出码：0 全部通过，1 有未通过的，2 用法错误。\n");
    return 0;
}

int main(int argc, char **argv)
{
    struct arguments arguments;

    weft_main(&argc, &argv);
    programs_begin(argc > 0 ? argv[0] : "");
    if (!read_arguments(&arguments, argc > 0 ? argv + 1 : argv))
        return 2;
    switch (arguments.command) {
    case COMMAND_RUN:
        return run_chosen(&arguments);
    case COMMAND_EXPLAIN:
        return explain_lessons(&arguments);
    case COMMAND_HELP:
        return show_help();
    case COMMAND_LIST:
        break;
    }
    return list_lessons();
}
