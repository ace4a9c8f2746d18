/* SPDX-License-Identifier: MIT */
#include "cli/message.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static bool quiet;
static bool line_shown;

void jj_message_quiet(bool on)
{
    quiet = on;
}

static void erase_line(void)
{
    if (line_shown)
        fputs("\r\033[K", stderr);
    line_shown = false;
}

static void print(const char *prefix, const char *format, va_list arguments)
{
    char text[2048];
    vsnprintf(text, sizeof text, format, arguments);
    pthread_mutex_lock(&lock);
    erase_line();
    fprintf(stderr, "%s%s\n", prefix, text);
    pthread_mutex_unlock(&lock);
}

void jj_say(const char *format, ...)
{
    va_list arguments;
    if (quiet)
        return;
    va_start(arguments, format);
    print("", format, arguments);
    va_end(arguments);
}

void jj_warn(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    print("Warning: ", format, arguments);
    va_end(arguments);
}

void jj_error(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    print("Error: ", format, arguments);
    va_end(arguments);
}

void jj_message_line(const char *text)
{
    pthread_mutex_lock(&lock);
    erase_line();
    fprintf(stderr, "%.*s", (int)jj_terminal_width(STDERR_FILENO) - 1, text);
    fflush(stderr);
    line_shown = *text != 0;
    pthread_mutex_unlock(&lock);
}

unsigned jj_terminal_width(int fd)
{
    struct winsize size;
    if (ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col >= 20)
        return size.ws_col;
    return 80;
}
