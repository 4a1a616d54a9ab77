/* SPDX-License-Identifier: ISC */
#include "nsca.h"

#include "base/err.h"
#include "plugin.h"

#include <openssl/evp.h>
#include <string.h>

/* Where its parts stand; everything is big-endian. */
enum {
    VERSION_AT = 0,
    CRC_AT = 4,
    TIME_AT = 8,
    CODE_AT = 12,
    HOST_AT = 14,
    SERVICE_AT = 78,
    OUTPUT_AT = 206
};
enum { VERSION = 3, OUTPUT_MAX = 4095, KEY_MAX = 32 };

static void put_be16(uint8_t *p, int n)
{
    uint16_t be = htobe16((uint16_t)n);
    memcpy(p, &be, sizeof be);
}

/* The CRC of Ethernet and zip. */
static uint32_t crc32(const uint8_t *p, size_t n)
{
    uint32_t crc = UINT32_MAX;
    for (size_t i = 0; i < n; i++) {
        crc ^= p[i];
        for (int bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ (UINT32_C(0xEDB88320) & (0 - (crc & 1)));
    }
    return ~crc;
}

static void mix(uint8_t *p, const uint8_t *with, size_t n)
{
    for (size_t i = 0; n > 0 && i < TW_NSCA_PACKET; i++)
        p[i] ^= with[i % n];
}

/* As mcrypt does it: feedback of single bytes, the longest key, filled up with zeros. */
static void encrypt(uint8_t *p, const EVP_CIPHER *cipher, const uint8_t *vector, struct tw_str password)
{
    uint8_t key[KEY_MAX] = {0};
    size_t room = (size_t)EVP_CIPHER_get_key_length(cipher);
    int n = 0;
    EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
    TW_ASSERT(c != NULL && room <= sizeof key);
    memcpy(key, password.p, password.n < room ? password.n : room);
    TW_ASSERT(EVP_EncryptInit_ex2(c, cipher, key, vector, NULL) == 1 &&
              EVP_EncryptUpdate(c, p, &n, p, TW_NSCA_PACKET) == 1 && n == TW_NSCA_PACKET);
    EVP_CIPHER_CTX_free(c);
    explicit_bzero(key, sizeof key);
}

static void fill(uint8_t *packet, const uint8_t *init, const struct tw_states_view *state, bool perf)
{
    struct tw_buf output = {0};
    memset(packet, 0, TW_NSCA_PACKET);
    put_be16(packet + VERSION_AT, VERSION);
    memcpy(packet + TIME_AT, init + TW_NSCA_VECTOR, 4);
    put_be16(packet + CODE_AT, tw_states_exit(state));
    memcpy(packet + HOST_AT, state->host.p, state->host.n);
    memcpy(packet + SERVICE_AT, state->service.p, state->service.n);
    tw_plugin_output(&output, state, perf, OUTPUT_MAX, TW_PLUGIN_RAW); /* the daemon escapes it */
    memcpy(packet + OUTPUT_AT, output.p, output.n);
    tw_buf_finish(&output);
    uint32_t crc = htobe32(crc32(packet, TW_NSCA_PACKET));
    memcpy(packet + CRC_AT, &crc, sizeof crc);
}

const char *tw_nsca_packet(uint8_t packet[static TW_NSCA_PACKET], const uint8_t init[static TW_NSCA_INIT],
                           enum tw_nsca_method method, struct tw_str password,
                           const struct tw_states_view *state, bool perf)
{
    if (state->host.n > TW_NSCA_HOST_MAX)
        return "the host's name is longer than 63 bytes";
    if (state->service.n > TW_NSCA_SERVICE_MAX)
        return "the service's name is longer than 127 bytes";
    fill(packet, init, state, perf);
    switch (method) {
    case TW_NSCA_NONE: break;
    case TW_NSCA_XOR:
        mix(packet, init, TW_NSCA_VECTOR);
        mix(packet, (const uint8_t *)password.p, password.n);
        break;
    case TW_NSCA_3DES: encrypt(packet, EVP_des_ede3_cfb8(), init, password); break;
    case TW_NSCA_AES: encrypt(packet, EVP_aes_256_cfb8(), init, password); break;
    }
    return NULL;
}
