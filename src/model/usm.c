/* SPDX-License-Identifier: ISC */
#include "model/usm.h"

#include <stddef.h>

/* not covered: a table */
const char *const tw_usm_auth_names[] = {"MD5", "SHA", "SHA-224", "SHA-256", "SHA-384", "SHA-512", NULL};
const char *const tw_usm_priv_names[] = {"DES", "AES", "AES-192", "AES-256", "AES-192-C", "AES-256-C", NULL};
const char *const tw_usm_level_names[] = {"noAuthNoPriv", "authNoPriv", "authPriv", NULL};
_Static_assert(sizeof tw_usm_auth_names / sizeof *tw_usm_auth_names == TW_AUTHS, "a name for each, and NULL");
_Static_assert(sizeof tw_usm_priv_names / sizeof *tw_usm_priv_names == TW_PRIVS, "a name for each, and NULL");
