/* `stagecraft help config`: every key of stagecraft.yml and of hosts.yml, by the tables that read them. */
#ifndef CLI_REFERENCE_H
#define CLI_REFERENCE_H

/* Prints it on standard output. */
void reference_print(void);

#endif
