/* SPDX-License-Identifier: ISC */
#ifndef TW_MODEL_USM_H
#define TW_MODEL_USM_H
/*
 * The words of SNMPv3's user-based security: protocols and levels, as a configuration names them.
 */

/* RFC 3414 (MD5, SHA), RFC 7860. */
enum tw_usm_auth {
    TW_AUTH_NONE,
    TW_AUTH_MD5,
    TW_AUTH_SHA,
    TW_AUTH_SHA224,
    TW_AUTH_SHA256,
    TW_AUTH_SHA384,
    TW_AUTH_SHA512,
    TW_AUTHS
};

/* RFC 3414 (DES), RFC 3826 (AES). Longer keys are in no RFC; there are two ways to make one of a hash that is
 * too short for it: draft-blumenthal-aes-usm-04 (plain), draft-reeder-snmpv3-usm-3desede (…-C, as Cisco). */
enum tw_usm_priv {
    TW_PRIV_NONE,
    TW_PRIV_DES,
    TW_PRIV_AES,
    TW_PRIV_AES192,
    TW_PRIV_AES256,
    TW_PRIV_AES192_C,
    TW_PRIV_AES256_C,
    TW_PRIVS
};

/* By their number, from 1 on; NULL ends. */
extern const char *const tw_usm_auth_names[];
extern const char *const tw_usm_priv_names[];
/* noAuthNoPriv, authNoPriv, authPriv: TW_SECURITY_NO_AUTH_NO_PRIV and the next two. */
extern const char *const tw_usm_level_names[];

#endif
