/* A clock that nobody sets. */
#ifndef LIB_CLOCK_H
#define LIB_CLOCK_H

/* Milliseconds since some moment in the past; never goes back. */
long long clock_ms(void);

#endif
