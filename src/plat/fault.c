/* SPDX-License-Identifier: ISC */
#include "plat/fault.h"

#include "base/err.h"
#include "base/str.h"

#include <signal.h>
#include <unistd.h>

static const char *name = "";

/* Only what a signal handler may do: nothing is allocated or formatted. */
static void say(const char *text)
{
    ssize_t n = write(STDERR_FILENO, text, strlen(text));
    (void)n;
}

static void say_number(int number)
{
    char text[16], *p = text + sizeof text - 1;
    *p = '\0';
    do {
        *--p = (char)('0' + number % 10);
        number /= 10;
    } while (number > 0);
    say(p);
}

static void tell(int signal_number)
{
    (void)signal_number;
    const char *file = tw_assert_failed.file, *at = file != NULL ? strstr(file, "src/") : NULL;
    say(name);
    if (file == NULL) {
        say(": ends by an error inside a library\n");
        return;
    }
    say(": ends by an error of its own, or without memory: ");
    say(tw_assert_failed.expr);
    say(" at ");
    say(at != NULL ? at : file);
    say(":");
    say_number(tw_assert_failed.line);
    say("\n");
}

void tw_fault_tell(const char *program)
{
    /* Back in abort() the signal ends the program as it does without us. */
    struct sigaction a = {.sa_handler = tell, .sa_flags = (int)SA_RESETHAND};
    name = program;
    (void)sigaction(SIGABRT, &a, NULL);
}
