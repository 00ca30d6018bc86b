/* dotenv files, as far as their readers agree.
 *
 * There is no standard. This is the part that docker compose (compose-go's dotenv), godotenv, node's dotenv
 * and python-dotenv read alike, which tests/property measures with the real ones:
 *
 *   [export] NAME=value    NAME: letters, digits, _ and . ; no digit first
 *   NAME=plain text        to the end of the line, blanks around it dropped; no # $ ` \
 *   NAME='text'            as it stands, over several lines too; no quote, no two backslashes in a row, none
 *                          at its end, no ${ (python-dotenv expands it everywhere)
 *   NAME="text"            \n and \r mean line ends; no other backslash, no $, no double quote
 *   # comment              on a line of its own or behind a quoted value
 *
 * with LF or CR LF behind lines. Anything else is reported with its line and column: as an error where
 * readers don't even agree on where a value ends, else as the trouble of that entry. */
#ifndef PROVIDERS_SECRETS_DOTENV_H
#define PROVIDERS_SECRETS_DOTENV_H

#include "providers/secrets/doc.h"

extern const struct secret_format dotenv_format;

/* Whether TEXT may be a name: see above; at most 255 bytes. */
bool dotenv_is_name(const char *text, size_t len);

#endif
