/* SPDX-License-Identifier: ISC */
#include "holder.h"

#include "base/err.h"
#include "plat/clock.h"

#include <event2/event.h>
#include <stdio.h>

enum { REFRESHES = 3, OK_MS = 15 * 60 * 1000 };
enum { NOTHING, ITEM, ALIVE_SIGN, ROUND };

static void post_object(struct tw_holder *h, int what, size_t at)
{
    struct tw_states_view state = {0};
    tw_states_look(&h->known, at, &state);
    h->under_way = what;
    h->post(&h->sink, at, &state);
    tw_buf_finish(&state.text);
}

static void post_alive(struct tw_holder *h)
{
    struct tw_states_view state = {.open = h->known.alerts_n};
    size_t at = tw_str_find(h->alive, '!', 0);
    state.host = tw_str_cut(h->alive, at);
    state.service = tw_str_from(h->alive, at + 1);
    tw_buf_fmt(&state.text, "trunkwatch %s is alive, open alerts: %zu",
               h->sink.env.version != NULL ? h->sink.env.version : "", state.open);
    h->alive_due = false;
    h->under_way = ALIVE_SIGN;
    h->post(&h->sink, SIZE_MAX, &state);
    tw_buf_finish(&state.text);
}

static void post_next(struct tw_holder *h)
{
    h->known.silenced = h->sink.env.silenced;
    if (h->item != NULL)
        post_object(h, ITEM, tw_states_take(&h->known, &h->item->t, tw_clock_mono_ms() + OK_MS));
    else if (h->alive_due)
        post_alive(h);
    else if (h->left > 0 && h->known.objects_n > 0)
        post_object(h, ROUND, h->at % h->known.objects_n);
    else
        h->round = false;
}

/* A post may end at once: then the next one begins here, not in it. */
static void go_on(struct tw_holder *h)
{
    if (h->going)
        return;
    h->going = true;
    while (h->under_way == NOTHING && (h->item != NULL || h->alive_due || h->round))
        post_next(h);
    h->going = false;
}

static void on_tick(evutil_socket_t fd, short what, void *ctx)
{
    struct tw_holder *h = ctx;
    struct timeval tv = {h->ttl_s / REFRESHES, 0};
    (void)fd;
    (void)what;
    (void)event_add(h->tick, &tv);
    h->alive_due = h->alive.n > 0;
    if (!h->round) {
        tw_states_forget(&h->known, tw_clock_mono_ms());
        h->left = h->known.objects_n;
        h->round = true;
    }
    go_on(h);
}

void tw_holder_posted(struct tw_holder *h, enum tw_sent sent, const char *why)
{
    int was = h->under_way;
    TW_ASSERT(was != NOTHING);
    h->under_way = NOTHING;
    if (was == ITEM) {
        h->item = NULL;
        tw_sink_done(&h->sink, sent == TW_SENT_OK, sent, sent == TW_SENT_OK ? NULL : why);
    } else if (was == ALIVE_SIGN || sent != TW_SENT_REFUSED) {
        /* That it takes no state of an object was told with its transition. */
        tw_sink_health(&h->sink, sent == TW_SENT_OK ? NULL : why);
    }
    if (was == ROUND) {
        h->at = (h->at + 1) % h->known.objects_n;
        h->left--;
        h->round = sent != TW_SENT_AGAIN;
    }
    go_on(h);
}

void tw_holder_send(struct tw_sink *s, const struct tw_item *const *items, size_t n)
{
    struct tw_holder *h = (struct tw_holder *)s;
    (void)n;
    h->item = items[0];
    go_on(h);
}

bool tw_holder_set(struct tw_holder *h, const struct tw_setting_value *rows, const char *banned,
                   const char *banned_values, char why[static TW_SINK_WHY])
{
    h->known.host = rows[TW_HOLDER_HOST].text;
    h->known.service = rows[TW_HOLDER_SERVICE].text;
    h->known.banned = banned;
    h->known.banned_values = banned_values;
    h->alive = rows[TW_HOLDER_ALIVE].text;
    h->ttl_s = rows[TW_HOLDER_TTL].number / 1000000000;
    const char *what = "host", *wrong = tw_states_check_template(h->known.host, banned);
    if (wrong == NULL) {
        what = "service";
        wrong = tw_states_check_template(h->known.service, banned);
    }
    size_t at = tw_str_find(h->alive, '!', 0);
    if (wrong == NULL && rows[TW_HOLDER_ALIVE].given &&
        (at == SIZE_MAX || at == 0 || at + 1 == h->alive.n ||
         tw_states_check_template(tw_str_cut(h->alive, at), banned) != NULL ||
         tw_states_check_template(tw_str_from(h->alive, at + 1), banned) != NULL)) {
        what = "alive";
        wrong = "expected HOST!SERVICE";
    }
    if (wrong != NULL)
        (void)snprintf(why, TW_SINK_WHY, "%s: %s", what, wrong);
    return wrong == NULL;
}

struct tw_sink *tw_holder_start(struct tw_holder *h, struct event_base *base,
                                void (*post)(struct tw_sink *s, size_t object,
                                             const struct tw_states_view *state))
{
    static const struct timeval at_once = {0, 0};
    h->post = post;
    h->tick = evtimer_new(base, on_tick, h);
    TW_ASSERT(h->tick != NULL);
    (void)event_add(h->tick, &at_once);
    return &h->sink;
}

void tw_holder_finish(struct tw_holder *h)
{
    if (h->tick != NULL)
        event_free(h->tick);
    tw_states_finish(&h->known);
}
