#include "cli/pager.h"

#include "cli/terminal.h"
#include "lib/mem.h"
#include "lib/spawn.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

/* TEXT's words as an argv, which points into TEXT; malloc'ed. Returns how many. */
static size_t split(char *text, char ***argv)
{
	static const char blanks[] = " \t\n";
	size_t count = 0;
	char *rest;

	*argv = NULL;
	for (char *word = strtok_r(text, blanks, &rest); word; word = strtok_r(NULL, blanks, &rest)) {
		*argv = mem_more(*argv, count, sizeof **argv);
		(*argv)[count++] = word;
	}
	*argv = mem_more(*argv, count, sizeof **argv);
	(*argv)[count] = NULL;
	return count;
}

static void start(struct pager *p, char *const *argv, bool asked_for)
{
	const struct sigaction ignore = {.sa_handler = SIG_IGN};
	char *program = spawn_find(argv[0]);
	int in = -1, error = program ? 0 : ENOENT;

	setenv("LESS", "FRX", false);
	setenv("LV", "-c", false);
	if (!error)
		error = spawn_reader(&p->pid, &in, program, argv, environ);
	free(program);
	if (error) {
		p->pid = 0;
		if (asked_for)
			warn("cannot start the pager %s: %s", argv[0], strerror(error));
		return;
	}
	p->to = fdopen(in, "w");
	if (!p->to)
		mem_failed();
	sigaction(SIGINT, &ignore, &p->interrupt);
	sigaction(SIGQUIT, &ignore, &p->quit);
}

void pager_open(struct pager *p)
{
	const char *wanted = getenv("PAGER");
	char *words = mem_strndup(wanted ? wanted : "less", strlen(wanted ? wanted : "less")), **argv;
	size_t count = split(words, &argv);

	*p = (struct pager){.to = stdout};
	if (isatty(STDOUT_FILENO) && count && strcmp(argv[0], "cat") != 0)
		start(p, argv, wanted != NULL);
	free(argv);
	free(words);
}

void pager_close(struct pager *p)
{
	if (!p->pid)
		return;
	fclose(p->to);
	while (waitpid(p->pid, NULL, 0) < 0 && errno == EINTR)
		;
	sigaction(SIGINT, &p->interrupt, NULL);
	sigaction(SIGQUIT, &p->quit, NULL);
	*p = (struct pager){.to = stdout};
}
