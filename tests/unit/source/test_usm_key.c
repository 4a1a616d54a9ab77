/* SPDX-License-Identifier: ISC */
/* Keys: the examples of RFC 3414 A.3, the same passphrase and engine under RFC 7860's hashes (computed with
 * another implementation), and the two ways to longer keys. */
#include "usm/key.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

static const struct tw_str engine = {"\0\0\0\0\0\0\0\0\0\0\0\2", 12};
static struct usm_crypto crypto;

static const char *hex(const uint8_t *p, size_t n)
{
    static char text[2 * USM_KEY_MAX + 1];
    for (size_t i = 0; i < n; i++)
        (void)snprintf(text + 2 * i, 3, "%02x", p[i]);
    return text;
}

static void passphrases_to_keys(void **state)
{
    static const struct {
        enum tw_usm_auth auth;
        const char *ku, *kul;
    } rows[] = {
        {TW_AUTH_MD5, "9faf3283884e92834ebc9847d8edd963", "526f5eed9fcce26f8964c2930787d82b"},
        {TW_AUTH_SHA, "9fb5cc0381497b3793528939ff788d5d79145211", "6695febc9288e36282235fc7151f128497b38f3f"},
        {TW_AUTH_SHA224, "282a5867ee9aac639ad59df9572c7d3ac0fbc13a905b6df07dbbf00b",
         "0bd8827c6e29f8065e08e09237f177e410f69b90e1782be682075674"},
        {TW_AUTH_SHA256, "ab51014d1e077f6017df2b12bee5f5aa72993177e9bb569c4dff5a4ca0b4afac",
         "8982e0e549e866db361a6b625d84cccc11162d453ee8ce3a6445c2d6776f0f8b"},
        {TW_AUTH_SHA384,
         "e06eccdf2c68a06ed034723c9c26e0db3b669e1e2efed49150b55377a2e98f383c86fb836857444654b287c93f51ff64",
         "3b298f16164a11184279d5432bf169e2d2a48307de02b3d3f7e2b4f36eb6f0455a53689a3937eea07319a633d2ccba78"},
        {TW_AUTH_SHA512,
         "7e4396de5aadc77be853819b98c9406265b3a9c37cc3176569847a4e4f6fba63dd3a73d04924d31a63f95a601f9385af6be"
         "4e"
         "d1b37f87d040f7c6ed6f8d38a91",
         "22a5a36cedfcc085807a128d7bc6c2382167ad6c0dbc5fdff856740f3d84c099ad1ea87a8db096714d9788bd544047c9021"
         "e4"
         "229ce27e4c0a69250adfcffbb0b"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct tw_usm_user u = {.auth = rows[i].auth};
        uint8_t kul[USM_KEY_MAX];
        assert_true(tw_usm_user_keys(&u, TW_STR("maplesyrup"), (struct tw_str){0}));
        size_t n = usm_localise(crypto.digests[u.auth], u.ku_auth, engine, kul);
        assert_string_equal(hex(u.ku_auth, n), rows[i].ku);
        assert_string_equal(hex(kul, n), rows[i].kul);
        tw_usm_users_finish(&u, 1);
        static const uint8_t nothing[TW_USM_KU_MAX];
        assert_memory_equal(u.ku_auth, nothing, sizeof nothing);
    }
}

static void longer_keys(void **state)
{
    static const struct {
        enum tw_usm_auth auth;
        bool reeder;
        const char *key;
    } rows[] = {
        {TW_AUTH_MD5, false, "526f5eed9fcce26f8964c2930787d82bfa24a92467426c2f4b09192be10dfaec"},
        {TW_AUTH_MD5, true, "526f5eed9fcce26f8964c2930787d82b79eff44a90650ee0a3a40abfac5acc12"},
        {TW_AUTH_SHA, false, "6695febc9288e36282235fc7151f128497b38f3f505e07eb9af25568fa1f5dbe"},
        {TW_AUTH_SHA, true, "6695febc9288e36282235fc7151f128497b38f3f9b8b6d78936ba6e7d19dfd9c"},
        {TW_AUTH_SHA224, false, "0bd8827c6e29f8065e08e09237f177e410f69b90e1782be682075674e82d9bf0"},
        {TW_AUTH_SHA224, true, "0bd8827c6e29f8065e08e09237f177e410f69b90e1782be68207567422c34be4"},
        {TW_AUTH_SHA256, true, "8982e0e549e866db361a6b625d84cccc11162d453ee8ce3a6445c2d6776f0f8b"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct tw_usm_user u = {.auth = rows[i].auth};
        uint8_t key[2 * USM_KEY_MAX];
        assert_true(tw_usm_user_keys(&u, TW_STR("maplesyrup"), (struct tw_str){0}));
        const EVP_MD *md = crypto.digests[u.auth];
        size_t n = usm_localise(md, u.ku_auth, engine, key);
        usm_extend(md, rows[i].reeder, engine, key, n, 32);
        assert_string_equal(hex(key, 32), rows[i].key);
    }
}

/* What is encrypted is decrypted, of any length; DES fills the last block up. */
static void there_and_back(void **state)
{
    static const uint8_t salt[USM_SALT] = {1, 2, 3, 4, 5, 6, 7, 8};
    char plain[100];
    (void)state;
    memset(plain, 0x5a, sizeof plain);
    for (int p = TW_PRIV_DES; p < TW_PRIVS; p++) {
        struct tw_usm_user u = {.auth = TW_AUTH_SHA, .priv = (enum tw_usm_priv)p};
        struct usm_key k;
        assert_true(tw_usm_user_keys(&u, TW_STR("authentic"), TW_STR("maplesyrup")));
        usm_key_auth(&k, &crypto, &u, engine);
        usm_key_priv(&k, &crypto, &u, engine);
        for (size_t n = 1; n <= sizeof plain; n++) {
            uint8_t there[sizeof plain + 16], back[sizeof there + 16];
            size_t got = usm_encrypt(&k, 7, 8, salt, tw_str_of(plain, n), there);
            assert_int_equal(got, p == TW_PRIV_DES ? (n + 7) / 8 * 8 : n);
            struct tw_str in = tw_str_of((const char *)there, got);
            assert_true(usm_decrypt(&k, 7, 8, tw_str_of((const char *)salt, sizeof salt), in, back));
            assert_memory_equal(back, plain, n);
            assert_false(usm_decrypt(&k, 7, 8, tw_str_of((const char *)salt, 7), in, back));
            if (p == TW_PRIV_DES)
                assert_false(
                    usm_decrypt(&k, 7, 8, tw_str_of((const char *)salt, 8), tw_str_cut(in, got - 1), back));
        }
        usm_key_finish(&k);
    }
}

static int setup(void **state)
{
    (void)state;
    usm_crypto_init(&crypto);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    usm_crypto_finish(&crypto);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(passphrases_to_keys),
        cmocka_unit_test(longer_keys),
        cmocka_unit_test(there_and_back),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
