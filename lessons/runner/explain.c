/* SPDX-License-Identifier: MIT */
/* What to look for in each lesson; the pages in its folder say it at length. */
#include "list.h"

#include <stdio.h>
#include <string.h>

#include <weft/text.h>

#include "words.h"

struct explanation {
    struct words look;
    const char *attempt; /* options to try; NULL: none */
};

static const struct explanation explanations[LESSON_COUNT] = {
    {{"The main thread does not wait: its line comes first, the other two\n"
      "seconds later. C has to join the thread, Python does so at the end.",
      "主线程不等待：它的那一行先出现，另一行两秒后才出现。\n"
      "C 要自己 join，Python 在程序结束时自动等待。"},
     "--seconds 0.5"},
    {{"Each thread gets its own copy of the argument. All sleep at the same\n"
      "time; in which order they wake is the schedule's.",
      "每个线程得到参数的一份拷贝。大家同时睡眠，\n"
      "醒来的顺序由调度决定。"},
     "--threads 20 --seconds 0"},
    {{"A thousand sleeps of one second take little more than one second. The\n"
      "numbers are mixed; join waits until the last one has come.",
      "一千个线程各睡一秒，总共只要一秒多。\n"
      "数字次序是乱的；join 等到最后一个出现。"},
     "--threads 5000"},
    {{"All sleep at once, but only the holder of the lock prints. What is\n"
      "acquired must be released, on every way out.",
      "大家同时睡眠，但只有持锁者能打印。\n"
      "获取了就要释放，无论从哪里离开。"},
     "--threads 20 --seconds 0"},
    {{"No release is written: leaving the block releases, also by return or\n"
      "break. WEFT_WITH does in C what with does in Python.",
      "不用写释放：离开这个块就释放，return 和 break 也一样。\n"
      "C 里的 WEFT_WITH 相当于 Python 的 with。"},
     "--threads 20 --seconds 0"},
    {{"Get never waits here: Empty ends the loop. The course wrote\n"
      "target=get_baidu(), which calls it at once, in the main thread;\n"
      "--wrong shows that: the same output, but one page after another.",
      "这里的 get 不等待，队列空了循环就结束。课程写成了\n"
      "target=get_baidu()，当场就在主线程里调用了它；\n"
      "--wrong 演示这个错误：输出一样，但网页是一个接一个取的。"},
     "--wrong"},
    {{"Five processes, five pids. They share no variable; the lock lives in\n"
      "memory that all of them see, so no line is broken by another.",
      "五个进程，五个 pid。它们不共享变量；锁放在大家都能看到的\n"
      "内存里，所以一行不会被另一行打断。"},
     "--count 20"},
    {{"The queue is in memory that the processes share, and each takes from "
      "it\n"
      "until it is empty. --wrong shows the course's target=get_baidu().",
      "队列在各进程共享的内存里，每个进程一直取到它空为止。\n"
      "--wrong 演示课程里 target=get_baidu() 的错误。"},
     "--wrong"},
    {{"Four processes: four lines at a time. apply_async returns at once, "
      "close\n"
      "and join wait for all hundred tasks.",
      "四个进程：每次出现四行。apply_async 立刻返回，\n"
      "close 和 join 等待一百个任务全部完成。"},
     "--workers 20"},
    {{"Ten half seconds in five processes take one second, and whoever is "
      "ready\n"
      "first, the squares come back in the order of the numbers.",
      "五个进程做十个半秒的任务只要一秒；不管谁先算完，\n"
      "平方按数字原来的顺序返回。"},
     "--workers 10"},
    {{"Four threads share a hundred fetches. The course wrote\n"
      "submit(get_baidu()), which fetches in the main thread; see --wrong.",
      "四个线程分担一百次请求。课程写成了 submit(get_baidu())，\n"
      "结果是主线程自己去取；请看 --wrong。"},
     "--wrong"},
    {{"The same interface, with processes instead of threads. Without a "
      "number\n"
      "of workers there is one for each CPU: that is the last line.",
      "接口相同，线程换成了进程。不写数目时，\n"
      "每个 CPU 一个进程：就是最后一行。"},
     "--workers 8"},
    {{"The server first, then clients. It serves one client after another, "
      "for\n"
      "ever, and puts Echo=> in front of what it receives. The client may be\n"
      "Python's: both speak the same.",
      "先启动服务端，再启动客户端。它一个接一个地服务客户端，永不结束，\n"
      "并在收到的内容前加上 Echo=>。客户端也可以用 Python 的。"},
     "--port 8080"},
    {{"Nobody connects: the sender's address comes with the datagram, and the\n"
      "answer goes there. Without a server sending succeeds all the same.",
      "没有连接：数据报自带发送者的地址，回答就发到那里。\n"
      "没有服务端时，发送照样成功。"},
     "--port 8080"},
    {{"A thread prints what comes in while you type; it is a daemon, so exit\n"
      "does not wait for it. Text is GBK on the wire: the other one may be "
      "the\n"
      "course's Python program.",
      "你输入的时候，另一个线程打印收到的消息；它是守护线程，\n"
      "所以 exit 不等它。线上的文字是 GBK：对方可以是课程里的 Python 程序。"},
     "--port 8081"},
    {{"Three threads wait for what never comes; one request ends all three\n"
      "waits, and nobody is killed. The crawl has one instant for all of its\n"
      "pages; --wrong gives it to each page anew, and never runs out of time.",
      "三个线程在等永远不会来的东西；一次请求就让三处等待都结束，谁也没有\n"
      "被杀掉。抓取网页只有一个截止时刻；--wrong 给每个网页重新计时，\n"
      "于是永远不会超时。"},
     "--wrong"},
    {{"Each length is printed as soon as its page is there, the slow one "
      "last.\n"
      "Page 4 is missing: len never runs for it, and the error goes down the\n"
      "chain to whoever asks at its end. --wrong asks for the slowest first.",
      "哪个网页先到，就先打印它的长度，慢的最后。第 4 页不存在：它的 len\n"
      "不会运行，错误沿着链条一直传到末端提问的地方。--wrong 先问慢的那个。"},
     "--wrong"},
    {{"Task 3 crashes its process. Its future tells so, and nobody else\n"
      "notices: the pool replaces the worker. Python's executor is broken.",
      "任务 3 让它的进程崩溃了。只有它的 future 得知此事，别的任务毫无察觉：\n"
      "进程池换上新的工作进程。Python 的执行器则整个坏掉。"},
     "--help"},
    {{"A process dies between two lines of a transfer, with the lock held.\n"
      "The next owner is told that it inherits, and mends the accounts.",
      "一个进程持着锁，在转账的两行之间死去。\n"
      "下一个持锁者得知自己是接手的，于是修好账目。"},
     "--help"},
    {{"Messages, whole, both ways. The child leaves after three: for the\n"
      "fourth question the pipe tells of the end, not of a time-out.",
      "双向传递完整的消息。子进程答完三个就离开了：\n"
      "问第四个时，管道报告的是到头了，而不是超时。"},
     "--help"},
    {{"Client 0 was connected first and says nothing; the others have their\n"
      "echo meanwhile. The handler is called for what has arrived, and has no\n"
      "loop: lessons 22 and 23 use the same one.",
      "0 号客户端最先连上却不说话，别人照样得到回显。处理函数每收到一段\n"
      "数据被调用一次，里面没有循环：第 22、23 课用的是同一个。"},
     "--clients 200"},
    {{"Two threads serve five clients, and one would do: a thread is needed "
      "for\n"
      "a request, not for a connection. With one worker Python's twin waits "
      "for\n"
      "the silent client, for ever.",
      "两个线程服务五个客户端，一个也够：线程是给请求用的，不是给连接用的。\n"
      "只有一个线程时，Python 对照程序会永远等着那个沉默的客户端。"},
     "--workers 1"},
    {{"One thread for all: it waits for whoever sends first, answers, and "
      "waits\n"
      "again. A handler that blocks would stop all clients.",
      "一个线程服务所有人：谁先发来数据就回答谁，然后接着等。\n"
      "处理函数要是阻塞，所有客户端就都停了。"},
     "--clients 1000"},
    {{"Three pings get no answer: two questions were lost, and one answer. "
      "Only\n"
      "the server knows which. Some answers come twice; --wrong takes "
      "whatever\n"
      "comes for the answer, and is wrong from then on.",
      "三个 ping 没有得到回答：丢了两个问题和一个回答，哪个是哪个，只有\n"
      "服务端知道。有的回答会来两次；--wrong 把来的任何东西都当作回答，\n"
      "从此就一直是错的。"},
     "--wrong"},
    {{"All hundred are asked for before the first has come, and no thread of\n"
      "ours waits for any. Compare the time with lesson 11.",
      "第一个到达之前，一百个请求就全提出去了，我们没有哪个线程在等。\n"
      "时间可以和第 11 课比一比。"},
     "--count 10"},
};

/* Each line of the text, indented. */
static void show_indented(const char *text)
{
    while (*text != '\0') {
        size_t length = strcspn(text, "\n");

        weft_print("    %.*s\n", (int)length, text);
        text += length + (text[length] == '\n');
    }
}

static void explain(const struct lesson *lesson)
{
    const struct explanation *explanation = &explanations[lesson - lessons];
    bool is_pair = lesson->number == 13 || lesson->number == 14;

    weft_print("%s: %s (%s)\n", lesson->name, say_words(lesson->idea),
               lesson->python);
    show_indented(say_words(explanation->look));
    show("  try    weft-lessons run %d\n", "  运行   weft-lessons run %d\n",
         lesson->number);
    weft_print("         lesson-%s%s %s\n", lesson->name,
               is_pair ? "-server" : "", explanation->attempt);
    if (is_pair)
        weft_print("         lesson-%s-client %s\n", lesson->name,
                   explanation->attempt);
    show("  read   lessons/%s: README.md, %s\n",
         "  阅读   lessons/%s：README.zh-CN.md，%s\n", lesson->name,
         is_pair ? "server.c, client.c, server.py, client.py"
                 : "lesson.c, lesson.py");
}

int explain_lessons(const struct arguments *arguments)
{
    for (int i = 0; i < arguments->count; i++) {
        if (i > 0)
            weft_print("\n");
        explain(arguments->chosen[i]);
    }
    return 0;
}
