/* How the program ends: one meaning a status; stagecraft(1) lists them. */
#ifndef LIB_EXIT_H
#define LIB_EXIT_H

enum exit_status {
	EXIT_DONE = 0,
	EXIT_MACHINE = 1,     /* the machine failed us: I/O, no ssh */
	EXIT_DIFFERENCE = 2,  /* difference or drift found */
	EXIT_INVALID = 3,     /* invalid config or host list */
	EXIT_HOST_FAILED = 4, /* one or more hosts failed */
	EXIT_USAGE_ERROR = 64,
	EXIT_INTERRUPTED = 130,
};

#endif
