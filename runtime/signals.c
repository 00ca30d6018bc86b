#include "runtime/signals.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <unistd.h>

#include "lib/file.h"
#include "lib/spawn.h"

static const int handled[] = {SIGINT, SIGTERM, SIGHUP, SIGCHLD, SIGWINCH, SIGPIPE};
enum { HANDLED = sizeof handled / sizeof *handled };

static int ends[2] = {-1, -1};
static struct sigaction before[HANDLED];
static sigset_t mask_before;

static void on_signal(int signal)
{
	int saved = errno;
	char byte = (char)signal;
	/* A full pipe has woken us already. */
	ssize_t n = write(ends[1], &byte, 1);

	(void)n;
	errno = saved;
}

int signals_open(int *fd)
{
	int error = spawn_pipe(ends);
	sigset_t set;

	if (error)
		return error;
	for (int i = 0; i < 2; i++)
		fcntl(ends[i], F_SETFL, fcntl(ends[i], F_GETFL) | O_NONBLOCK);
	sigemptyset(&set);
	for (size_t i = 0; i < HANDLED; i++) {
		struct sigaction action = {.sa_handler = handled[i] == SIGPIPE ? SIG_IGN : on_signal,
					   .sa_flags = SA_RESTART};

		sigemptyset(&action.sa_mask);
		sigaction(handled[i], NULL, &before[i]);
		/* Under nohup(1) a hang-up stays ignored, and a Ctrl-C in the background of a script. */
		if ((handled[i] == SIGHUP || handled[i] == SIGINT) && before[i].sa_handler == SIG_IGN)
			continue;
		sigaction(handled[i], &action, NULL);
		sigaddset(&set, handled[i]);
	}
	sigprocmask(SIG_UNBLOCK, &set, &mask_before);
	*fd = ends[0];
	return 0;
}

int signals_take(bool *resized)
{
	int asked_to_end = 0;
	char bytes[256];
	ssize_t n;

	while ((n = read(ends[0], bytes, sizeof bytes)) > 0) {
		for (ssize_t i = 0; i < n; i++) {
			*resized = *resized || bytes[i] == SIGWINCH;
			asked_to_end += bytes[i] == SIGINT || bytes[i] == SIGTERM || bytes[i] == SIGHUP;
		}
	}
	return asked_to_end;
}

void signals_close(void)
{
	sigprocmask(SIG_SETMASK, &mask_before, NULL);
	for (size_t i = 0; i < HANDLED; i++)
		sigaction(handled[i], &before[i], NULL);
	file_close(&ends[0]);
	file_close(&ends[1]);
}
